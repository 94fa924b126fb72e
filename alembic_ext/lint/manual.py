"""What is said of the rules: `alembic-ext lint --explain`, and docs/lint-rules.md. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from alembic_ext import findings
from alembic_ext.errors import AlembicExtError
from alembic_ext.lint.rule import Example, rules, unknown_rule
from alembic_ext.lint.told import all_described, meant_by
from alembic_ext.sqltext import split

_GROUPS = {
    "blocking": "Blocking",
    "data loss": "Data loss",
    "compatibility": "Compatibility with the code that is still running",
    "transaction": "Transactions, timeouts and rows",
    "types": "Types",
    "project": "The project",
}


def listed() -> str:
    """All rules, one on a line."""
    some = all_described()
    width = max(len(rule.slug) for rule in some)
    return "\n".join(
        f"{rule.id}  {rule.slug.ljust(width)}  {('off' if _is_off(rule) else rule.severity).ljust(7)}  {rule.title}"
        for rule in some
    )


def explained(name: str) -> str:
    """The page of each rule that an id, a slug, an alias or a group means.

    Raises:
        AlembicExtError: there is none.
    """
    ids = meant_by(name)
    if not ids:
        raise AlembicExtError(f"there is no rule {name!r}", help=unknown_rule(name))
    pages = ["\n".join(_page(rule)) for rule in all_described() if rule.id in ids]
    return f"\n\n{'-' * 80}\n\n".join(pages)


def _is_off(rule: findings.Rule) -> bool:
    return rule.id in rules() and not rules()[rule.id].default


def _about(rule: findings.Rule) -> str:
    also = f"; also called {', '.join(rule.aliases)}" if rule.aliases else ""
    sized = "; graded by the size of the table where statistics are given" if _sized(rule) else ""
    off = "; off unless it is switched on" if _is_off(rule) else ""
    return f"{rule.group}, {rule.severity}{sized}{off}{also}"


def _sized(rule: findings.Rule) -> bool:
    return rule.id in rules() and rules()[rule.id].sized


def _page(rule: findings.Rule) -> Iterator[str]:
    yield f"{rule.id} {rule.slug} ({_about(rule)})"
    yield ""
    yield rule.manual.replace("``", "`")
    for title, _, text in _shown(rule):
        yield ""
        yield f"{title}:"
        yield ""
        yield textwrap.indent(text, "    ")


def _shown(rule: findings.Rule) -> Iterator[tuple[str, str, str]]:
    """The first example that is bad, and the first that is not: a title, the language, the text.

    Where only what was there before tells them apart, that too.
    """
    examples = rules()[rule.id].examples if rule.id in rules() else ()
    both = [next((one for one in examples if one.is_bad == is_bad), None) for is_bad in (True, False)]
    same = len({_text(one) for one in both if one}) < len([one for one in both if one])
    for title, found in zip(("It is found here", "and not here"), both, strict=True):
        if found is not None and same:
            yield f"{title}, where this was run before", "sql", _setup(found)
            yield "and now", "python", _text(found)
        elif found is not None:
            yield title, "python", _text(found)


def _setup(example: Example) -> str:
    return "\n".join(f"{one.text};" for one in split(example.setup))


def _text(example: Example) -> str:
    return "\n".join(line.removesuffix("# <-").rstrip() for line in example.upgrade.splitlines())


def document() -> str:
    """docs/lint-rules.md."""
    return "\n".join([*_document(), ""])


def _document() -> Iterator[str]:
    some = all_described()
    yield "# Rules of the linter"
    yield ""
    yield "<!-- written by: python -m alembic_ext.lint > docs/lint-rules.md -->"
    yield ""
    yield "What each says of a migration, and what to do instead. [How to use the linter](lint.md) is another page;"
    yield "`alembic-ext lint --explain RULE` shows one rule in a terminal. A rule may be called by its id, its slug, or"
    yield "what other linters call it."
    for group, title in _GROUPS.items():
        if any(rule.group == group for rule in some):
            yield from ("", f"**{title}**", "", "| | | severity | |", "|---|---|---|---|")
        for rule in some:
            if rule.group == group:
                severity = "off" if _is_off(rule) else rule.severity
                anchor = f"#{rule.id.lower()}-{rule.slug}"
                yield f"| [{rule.id}]({anchor}) | `{rule.slug}` | {severity} | {rule.title} |"
    for rule in some:
        yield from ("", f"## {rule.id} {rule.slug}", "", f"_{_about(rule)}_", "")
        yield rule.manual.replace("``", "`")
        for title, language, text in _shown(rule):
            yield from ("", f"{title}:", "", f"```{language}", text, "```")
