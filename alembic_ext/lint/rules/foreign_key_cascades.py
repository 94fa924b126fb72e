"""A foreign key deletes or changes rows by itself.

With ON DELETE CASCADE one DELETE takes along all rows that reference what it deletes, and those that reference these:
without a word, in one transaction, and without an index on their columns by reading whole tables. ON UPDATE CASCADE
changes them so.

Instead delete in the application, in batches, and let the foreign key refuse what is left over.

It is what many want, and so it is only said where it is asked for.

https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title
from alembic_ext.sqltext.pgquery import parse

TABLES = "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (parent_id int)"
ADD = 'op.create_foreign_key("fk", "child", "parent", ["parent_id"], ["id"], postgresql_not_valid=True'


class ForeignKeyCascades(Rule):
    """ON DELETE CASCADE or ON UPDATE CASCADE."""

    id, slug, group = "LB135", "foreign-key-cascades", "data loss"
    severity = "note"
    default = False
    examples = (
        Example(f'{ADD}, ondelete="CASCADE")  # <-', TABLES),
        Example(f'{ADD}, onupdate="CASCADE")  # <-', TABLES),
        Example(f'{ADD}, ondelete="RESTRICT")', TABLES),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, key in at.added:
            if key.type != "f" or key.oid not in at.did.definitions:
                continue
            tree = parse(f"ALTER TABLE t ADD {at.did.definitions[key.oid]}")[0]["stmt"]["AlterTableStmt"]
            words = tree["cmds"][0]["AlterTableCmd"]["def"]["Constraint"]
            doing = [
                verb for verb, name in (("a DELETE", "fk_del_action"), ("an UPDATE", "fk_upd_action"))
                if words.get(name) == "c"
            ]  # fmt: skip
            if doing:
                yield Hit(
                    at,
                    f"{key.name}: {doing[0]} in the referenced table goes on to rows of {title(table)}",
                    "let the foreign key refuse, and do it in the application, in batches",
                    object=title(table),
                    table=table.oid,
                    verdict="static",
                )


RULE = ForeignKeyCascades()
