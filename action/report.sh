#!/usr/bin/env bash
# For action.yml: the report of a checkout, as text and annotations in the log, as a summary of the job, and in a folder
# that is kept as an artifact. Ends with the exit code of alembic-ext.
set -uo pipefail

read -ra program <<<"${AX_PROGRAM:-alembic-ext}"
folder=${AX_FOLDER:?}
words=(report)
[ -n "${AX_BASE:-}" ] && words+=("--base=$AX_BASE")
[ -n "${AX_CONFIG:-}" ] && words+=("--config=$AX_CONFIG")
[ -n "${AX_DEV_URL:-}" ] && words+=("--dev-url=$AX_DEV_URL")
[ -n "${AX_FAIL_ON:-}" ] && words+=("--fail-on=$AX_FAIL_ON")
while IFS= read -r glob; do
  [ -n "$glob" ] && words+=("--project=$glob")
done <<<"${AX_PROJECTS:-}"

mkdir -p "$folder" || exit 2
"${program[@]}" "${words[@]}" --comment "$folder/comment.md" \
  --format "json=$folder/report.json" --format "sarif=$folder/report.sarif" --format "markdown=$folder/report.md" \
  --format text --format github
code=$?

case ${AX_NUMBER:-} in
  '' | *[!0-9]*) ;;
  *) printf '%s\n' "$AX_NUMBER" >"$folder/number" ;;
esac
if [ -f "$folder/comment.md" ] && [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  cat "$folder/comment.md" >>"$GITHUB_STEP_SUMMARY"
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  printf 'exit-code=%d\n' "$code" >>"$GITHUB_OUTPUT"
fi
exit "$code"
