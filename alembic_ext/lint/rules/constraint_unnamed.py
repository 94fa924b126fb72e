"""A constraint has no name of its own.

PostgreSQL gives it one, which is another where the name is taken already: it may differ from database to database. A
downgrade, or a later revision, cannot name it: ``op.drop_constraint(None, …)`` fails.

Instead give it a name, or give ``MetaData`` a ``naming_convention``, which names all of them.

Names that PostgreSQL gives are the same mostly, and so it is only said where it is asked for.

https://www.postgresql.org/docs/current/ddl-constraints.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed
from alembic_ext.sqltext.parsetree import Node

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email text)"
_WORDS = {
    "CONSTR_CHECK": "a CHECK", "CONSTR_PRIMARY": "a primary key", "CONSTR_UNIQUE": "a unique constraint",
    "CONSTR_EXCLUSION": "an exclusion constraint", "CONSTR_FOREIGN": "a foreign key",
}  # fmt: skip


class ConstraintUnnamed(Rule):
    """A constraint without a name."""

    id, slug, group = "LB134", "constraint-unnamed", "project"
    severity = "note"
    default = False
    examples = (
        Example('op.create_unique_constraint(None, "account", ["email"])  # <-', TABLE,
                also=("unique-not-concurrent", "unique-may-fail")),
        Example('op.create_table("t", sa.Column("a", sa.Integer, primary_key=True),  # <-\n'
                '    sa.CheckConstraint("a > 0"))'),
        Example('op.create_table("t", sa.Column("a", sa.Integer, nullable=False),\n'
                '    sa.CheckConstraint("a > 0", name="k"))'),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        found = list(dict.fromkeys(_WORDS[one["contype"]] for one in _constraints(at) if not one.get("conname")))
        if found:
            yield Hit(
                at,
                f"{listed(found)} {'has' if len(found) == 1 else 'have'} no name: PostgreSQL gives one, which may "
                "differ from database to database",
                "name it, or give MetaData a naming_convention",
                verdict="static",
            )


def _constraints(at: Moment) -> Iterator[Node]:
    elements = [one.get("def", {}) for kind, one in at.commands if kind in ("AT_AddColumn", "AT_AddConstraint")]
    elements += at.tree.get("tableElts", ()) if at.node == "CreateStmt" else ()
    for element in elements:
        for one in (element, *element.get("ColumnDef", {}).get("constraints", ())):
            if one.get("Constraint", {}).get("contype") in _WORDS:
                yield one["Constraint"]


RULE = ConstraintUnnamed()
