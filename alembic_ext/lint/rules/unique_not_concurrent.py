"""A unique constraint builds its index while nobody can use the table.

ADD UNIQUE, and ADD COLUMN … UNIQUE, hold an ACCESS EXCLUSIVE lock while they build the index: reads and writes wait
until it is there.

Instead build a unique index with CONCURRENTLY, outside of the transaction, and then add the constraint USING INDEX,
which takes a moment.

It does not matter for a table that the same revision creates, nor for one with few rows. A partitioned table takes no
USING INDEX: add the constraint to it alone with ALTER TABLE ONLY, build one on each partition, and attach them.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alembic_ext.lint.code import execute, spelled, using_index
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Constraint, Relation
from alembic_ext.lint.rule import Example, Hit, Rule, effects
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import Step, columns_of, concurrently, revisions
from alembic_ext.sqltext import ident

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email text)"
PARTITIONED = """CREATE TABLE event (id int, day date) PARTITION BY RANGE (day);
    CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')"""
BUILT = "the index is built while others write"


class UniqueNotConcurrent(Rule):
    """ADD UNIQUE without USING INDEX on a table that is in use."""

    id, slug, group = "LB126", "unique-not-concurrent", "blocking"
    severity = "error"
    sized = True
    aliases = ("PG105", "disallowed-unique-constraint")
    examples = (
        Example('op.create_unique_constraint("account_email", "account", ["email"])  # <-', TABLE,
                also=("unique-may-fail",)),
        Example('op.execute("ALTER TABLE account ADD UNIQUE (email, id) DEFERRABLE INITIALLY DEFERRED")  # <-', TABLE),
        Example('op.execute("ALTER TABLE account ADD code text UNIQUE")  # <-', TABLE),
        Example('op.create_unique_constraint("event_key", "event", ["id", "day"])  # <-', PARTITIONED,
                also=("unique-may-fail",)),
        Example('op.execute("ALTER TABLE account ADD UNIQUE USING INDEX account_email")',
                f"{TABLE}; CREATE UNIQUE INDEX account_email ON account (email)"),
        Example('op.create_table("fresh", sa.Column("a", sa.Integer))\n'
                'op.create_unique_constraint("u", "fresh", ["a"])'),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, one, built in keys(at, "u"):
            yield Hit(
                at,
                lock(at, table.oid, f"while the index of {one.name} is built"),
                "build the unique index with CONCURRENTLY, and add the constraint USING INDEX",
                revisions(*columns_of(at, table, one), *in_steps(at, table, one, built, "UNIQUE")),
                title(table),
                table.oid,
                effects(at, "scan", "build", "lock"),
            )


def keys(at: Moment, type: str) -> Iterator[tuple[Relation, Constraint, list[Relation]]]:
    """The keys that an ALTER TABLE adds, with the indexes that it builds for them."""
    for table, one in at.declared:
        if one.type == type and at.is_old(table):
            parts = {table.oid, *at.parts(table.oid)}
            built = [
                at.after[oid] for oid in sorted(at.built)
                if (index := at.after[oid].as_index) and index.table in parts and index.columns and (
                    oid == one.backing or table.kind == "p")
            ]  # fmt: skip
            if built:
                yield table, one, built


def in_steps(at: Moment, table: Relation, one: Constraint, built: list[Relation], what: str) -> list[Step]:
    """A key that takes over an index which is built without a strong lock."""
    indexes = concurrently(at, built)
    if table.kind == "p":
        columns = ", ".join(map(ident, table.names(one.columns)))
        only = execute(f"ALTER TABLE ONLY {spelled(table)} ADD CONSTRAINT {ident(one.name)} {what} ({columns})")
        lines = list[str]()
        backing = at.after[one.backing]
        for new in built:
            assert new.as_index
            lines.append(using_index(at.after[new.as_index.table], new.name, what, new.name))
            lines.append(execute(f"ALTER INDEX {spelled(backing)} ATTACH PARTITION {spelled(new)}"))
        return [("not valid yet", [only]), (BUILT, indexes), ("no row is read for this", lines)]
    deferred = at.did.definitions.get(one.oid, "").rpartition(")")[2]
    last = using_index(table, one.name, what, built[0].name, deferred)
    return [(BUILT, indexes), ("no row is read for this", [last])]


RULE = UniqueNotConcurrent()
