"""What can be found, by all commands: the names that ``severity`` in the configuration may say."""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.errors import AlembicExtError, meant
from alembic_ext.findings import Rule


def all_rules() -> list[Rule]:
    """The rules of all commands."""
    from alembic_ext import drift
    from alembic_ext.check import history, models, offline, played
    from alembic_ext.commands import status, test
    from alembic_ext.drift import invalid
    from alembic_ext.lint.told import all_described

    modules = (history, models, offline, played, status, drift, invalid)
    own = {one.id: one for module in modules for one in vars(module).values() if isinstance(one, Rule)}
    own |= {rule.id: rule for rule, *_ in test.RULES.values()}
    return [*own.values(), *all_described()]


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
