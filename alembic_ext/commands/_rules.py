"""What can be found, by all commands: the names that ``severity`` in the configuration may say."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from alembic_ext.errors import AlembicExtError, meant
from alembic_ext.findings import Rule

_PLACES = (
    "check.history", "check.models", "check.offline", "check.played", "commands.status", "commands.test", "drift",
    "drift.invalid",
)  # fmt: skip
"""The modules with rules, beside the linter's; by name, for the commands stand on this."""


def all_rules() -> list[Rule]:
    """The rules of all commands."""
    from alembic_ext.lint.told import all_described

    found: dict[str, Rule] = {}
    for module in (import_module(f"alembic_ext.{place}") for place in _PLACES):
        for value in (*vars(module).values(), *getattr(module, "RULES", {}).values()):
            some = value if isinstance(value, tuple) else (value,)
            found |= {one.id: one for one in some if isinstance(one, Rule)}
    return [*found.values(), *all_described()]


def check(names: Iterable[str], where: str) -> None:
    """Refuse what no rule is called.

    Raises:
        AlembicExtError: there is no rule of a name.
    """
    wanted = list(names)
    if not wanted:
        return
    known = sorted({name for rule in all_rules() for name in (rule.id, rule.slug, rule.group, *rule.aliases) if name})
    lower = {name.lower() for name in known}
    for name in wanted:
        if name.lower() not in lower:
            there = "docs/pipeline.md, testing.md and drift.md list them, and alembic-ext lint --explain"
            raise AlembicExtError(
                f"severity in [tool.alembic-ext]: there is no rule {name!r}",
                where=where,
                help=meant(name, known, there),
            )
