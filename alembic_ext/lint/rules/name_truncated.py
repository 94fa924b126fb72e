"""A name is longer than PostgreSQL keeps, and is cut.

Names have at most 63 bytes. What is longer is cut with a NOTICE that nobody reads: the object has another name than the
models say, and two long names may become the same.

Instead choose a shorter name.

It does not matter where nothing refers to the object by its name. The rule is off unless it is switched on.

https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.sqltext.pgquery import ParseError, tokens

LONG = "a" * 70


class NameTruncated(Rule):
    """A name of more than 63 bytes."""

    id, slug, group = "LY110", "name-truncated", "types"
    severity = "warning"
    default = False
    examples = (
        Example(f'op.execute("CREATE TABLE {LONG} (a int)")  # <-'),
        Example(f"op.execute('CREATE TABLE t (\"{LONG}\" int)')  # <-"),
        Example(f"op.execute(\"CREATE TABLE t (a text DEFAULT '{LONG}')\")"),
        Example(f'op.execute("CREATE TABLE {LONG[:63]} (a int)")'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for name in _names(at.did.sql):
            if len(name.encode()) > 63:
                yield Hit(
                    at,
                    f"the name {name} has {len(name.encode())} bytes, and is cut after the 63rd",
                    "choose a shorter name",
                )
                return


def _names(sql: str) -> list[str]:
    """The names that are not keywords."""
    try:
        found = tokens(sql)
    except ParseError:
        return []
    content = sql.encode()
    names = [content[one.start : one.end].decode() for one in found if one.is_name and not one.keyword]
    return [name[1:-1].replace('""', '"') if name.startswith('"') else name for name in names]


RULE = NameTruncated()
