#!/usr/bin/env bash
# For action.yml, in a workflow of its own (workflow_run) that has a token and runs nothing of the pull request: write
# the report of its artifact into the pull request, in one comment that is kept up to date.
#
# Whoever made the artifact may have been an attacker. So the number is believed only if that pull request is at the
# commit that was looked at, and the page is rendered here, from the report's values, by the program installed here.
set -euo pipefail

read -ra program <<<"${AX_PROGRAM:-alembic-ext}"
folder=${AX_FOLDER:?} repository=${GITHUB_REPOSITORY:?} key=${AX_KEY:-default}

stop() {
  printf '%s\n' "$1" >&2
  exit "$2"
}

[ -f "$folder/number" ] || stop "the artifact names no pull request: nothing to do" 0
number=$(head -c 12 "$folder/number" | tr -d '\n')
[[ $number =~ ^[1-9][0-9]{0,9}$ ]] || stop "the artifact names no pull request that could be one" 2
[[ $key =~ ^[A-Za-z0-9_-]+$ ]] || stop "a key has letters, digits, _ and - only" 2

head=$(gh api "repos/$repository/pulls/$number" --jq .head.sha)
[ "$head" = "${AX_HEAD:?}" ] || stop "the pull request is at another commit by now: nothing to do" 0

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"${program[@]}" render "$folder/report.json" --comment "$place/page.md" \
  --rest "The whole of it is an artifact of the run ${AX_RUN:-}" >"$place/text" || [ -s "$place/page.md" ] || stop "there is no report" 2
marker="<!-- alembic-ext $key -->"
{
  printf '%s\n' "$marker"
  cat "$place/page.md"
} >"$place/body"

mine=".[] | select(.user.type == \"Bot\" and (.body | startswith(\"$marker\"))) | .id"
comment=$(gh api --paginate "repos/$repository/issues/$number/comments" --jq "$mine" | head -n 1)
if [ -n "$comment" ]; then
  gh api --silent --method PATCH "repos/$repository/issues/comments/$comment" --field "body=@$place/body"
else
  gh api --silent --method POST "repos/$repository/issues/$number/comments" --field "body=@$place/body"
fi
