"""A domain with a constraint is created, which is hard to change later.

To create it harms nobody. But what comes after does: a column of such a domain cannot be added without writing every
row, and to change its CHECK reads all tables that use it while nobody can write to them.

Instead use the type itself, with a CHECK constraint on the tables, which can be validated while others write.

It does not matter for rules that are fixed for good. The rule is off unless it is switched on.

https://www.postgresql.org/docs/current/sql-createdomain.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import strings


class DomainType(Rule):
    """CREATE DOMAIN with a CHECK or NOT NULL."""

    id, slug, group = "LY113", "domain-type", "types"
    severity = "note"
    default = False
    aliases = ("ban-create-domain-with-constraint",)
    examples = (
        Example('op.execute("CREATE DOMAIN share AS int CHECK (VALUE BETWEEN 0 AND 100)")  # <-'),
        Example('op.execute("CREATE DOMAIN share AS int DEFAULT 0")'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node == "CreateDomainStmt" and any(
            one["Constraint"]["contype"] in ("CONSTR_CHECK", "CONSTR_NOTNULL") for one in at.tree.get("constraints", ())
        ):
            name = f"domain {ident(*strings(at.tree['domainname']))}"
            yield Hit(
                at,
                f"{name} has a constraint: to change it later reads all tables that use it",
                "use the type itself, and a CHECK constraint on the tables",
                object=name,
            )


RULE = DomainType()
