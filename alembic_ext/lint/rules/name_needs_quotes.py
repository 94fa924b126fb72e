"""A name has to be quoted wherever it is used.

A name with capitals, blanks or other signs, or one that is a reserved word, means something else, or is an error, when
somebody writes it without quotes.

Instead use lower case letters, digits and underscores, and no reserved word.

It does not matter where all SQL is written by SQLAlchemy. The rule is off unless it is switched on.

https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed
from alembic_ext.sqltext import ident


class NameNeedsQuotes(Rule):
    """A new relation, column or constraint whose name is no plain one."""

    id, slug, group = "LY111", "name-needs-quotes", "types"
    severity = "note"
    default = False
    examples = (
        Example('op.create_table("userAccount", sa.Column("a", sa.Integer))  # <-'),
        Example('op.create_table("t", sa.Column("order", sa.Integer))  # <-'),
        Example('op.create_table("user_account", sa.Column("a_1", sa.Integer))'),
        Example('op.add_column("Old", sa.Column("b", sa.Integer))', 'CREATE TABLE "Old" ("A" int)'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        found: list[str] = []
        for oid, now in at.changed:
            then = at.before.get(oid)
            new = [] if then is not None and then.name == now.name else [now.name]
            new += [one for one in now.columns if then is None or one not in then.columns]
            new += [one for one in now.constraints if then is None or one not in then.constraints]
            found += [one for one in new if ident(one) != one]
        if found:
            names = listed(list(dict.fromkeys(found)))
            yield Hit(at, f"it has to be quoted wherever it is used: {names}", "use lower case, and no reserved word")


RULE = NameNeedsQuotes()
