"""A foreign key is added and checked while writes to both tables wait.

ADD FOREIGN KEY takes a SHARE ROW EXCLUSIVE lock on the table and on the one that it references, and then reads both to
check every row: INSERT, UPDATE and DELETE on either of them wait until that is done, and until the transaction ends.

Instead add it NOT VALID, which holds the locks for a moment only and applies to all that is written from then on, and
check the old rows with VALIDATE CONSTRAINT in a transaction of its own: that lets others write.

It does not matter for tables that the same revision creates, nor for those with few rows. A partitioned table takes
NOT VALID from PostgreSQL 18 on; before that add the foreign key to its partitions so, validate it there, and then add
it to the table, which reads nothing any more.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import foreign_key
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Constraint, Relation
from alembic_ext.lint.rule import Example, Hit, Rule, effects
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import Step, checked_later, columns_of, revisions

TABLES = "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY, parent_id int)"


class ForeignKeyValidated(Rule):
    """ADD FOREIGN KEY without NOT VALID on a table that is in use."""

    id, slug, group = "LB121", "foreign-key-validated", "blocking"
    severity = "error"
    sized = True
    aliases = ("PG306", "adding-foreign-key-constraint")
    examples = (
        Example('op.create_foreign_key("fk", "child", "parent", ["parent_id"], ["id"], ondelete="SET NULL")  # <-',
                TABLES),
        Example('op.add_column("child", sa.Column("other", sa.Integer, sa.ForeignKey("parent.id")))  # <-', TABLES,
                also=("locks-gathered",)),
        Example('op.execute("ALTER TABLE child ADD FOREIGN KEY (parent_id) REFERENCES child")  # <-', TABLES),
        Example(
            'op.create_foreign_key("fk", "child", "parent", ["id"], ["id"])  # <-',
            "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int) PARTITION BY LIST (id); "
            "CREATE TABLE child_1 PARTITION OF child FOR VALUES IN (1)",
        ),
        Example(
            'op.create_foreign_key("fk", "child", "parent", ["parent_id"], ["id"], postgresql_not_valid=True)',
            TABLES,
        ),
        Example('op.execute("ALTER TABLE child VALIDATE CONSTRAINT fk")', f"{TABLES}; "
                "ALTER TABLE child ADD CONSTRAINT fk FOREIGN KEY (parent_id) REFERENCES parent NOT VALID"),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, key in at.declared:
            if key.type != "f" or not key.validated or not at.is_old(table):
                continue
            if not set(table.names(key.columns)) <= at.before[table.oid].columns.keys():
                continue  # another rule's
            if table.kind == "p" and at.course.trace.counting and not at.scanned:
                continue  # its partitions have it, and it is valid there
            parent = at.old.get(key.references)
            here = lock(at, table.oid, expected="ShareRowExclusive")
            if parent and parent.oid != table.oid:
                there = lock(at, parent.oid, expected="ShareRowExclusive")
                same = at.lock_on(parent.oid) == at.lock_on(table.oid)
                here += f" to it and to {title(parent)}" if same else f", and a {there},"
            yield Hit(
                at,
                f"{here} while every row is checked",
                "add it NOT VALID, and validate it in a transaction of its own",
                in_two_steps(at, table, key, *columns_of(at, table, key)),
                title(table),
                table.oid,
                effects(at, "scan", "lock"),
                "observed" if at.scanned else "static",
            )


def in_two_steps(at: Moment, table: Relation, key: Constraint, *first: Step) -> str:
    """The foreign key as NOT VALID, and its validation; ``first`` is done before it."""
    definition = at.did.definitions[key.oid]
    add, last = [foreign_key(table, key, definition, postgresql_not_valid=True)], list[Step]()
    tables = [table]
    if table.kind == "p" and at.course.trace.version < 180000:
        tables = [at.after[oid] for oid in at.parts(table.oid) if at.after[oid].kind == "r"]
        add = [foreign_key(one, key, definition, postgresql_not_valid=True) for one in tables]
        last = [("no row is read for this", [foreign_key(table, key, definition)])]
    return revisions(*first, *checked_later(add, tables, key.name), *last)


RULE = ForeignKeyValidated()
