"""A table is dropped.

Its rows are gone, and the code that is still deployed fails on it. DROP TABLE takes an ACCESS EXCLUSIVE lock on the
table, and on each table that its foreign keys refer to: reads and writes of those wait as well.

Instead deploy code that does not use the table, and drop it in a later revision: its foreign keys first, so that the
other tables are locked for a moment only, each in a transaction of its own.

It does not matter for a table that the same revision creates.

https://www.postgresql.org/docs/current/sql-droptable.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call, schema_of
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Effect, Example, Hit, Rule
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import revisions

TABLES = "CREATE TABLE account (id int PRIMARY KEY); CREATE TABLE visit (account_id int REFERENCES account)"


class TableDropped(Rule):
    """DROP TABLE, however it is said."""

    id, slug, group = "LD101", "table-dropped", "data loss"
    severity = "error"
    aliases = ("DS102", "ban-drop-table")
    examples = (
        Example('op.drop_table("visit")  # <-', TABLES),
        Example('op.execute("DROP TABLE account CASCADE")  # <-', TABLES, also=("cascade-dropped",)),
        Example('op.execute("DO $$BEGIN DROP TABLE visit; END$$")  # <-', TABLES),
        Example(
            'op.execute("DROP TABLE event")  # <-',
            "CREATE TABLE event (id int) PARTITION BY LIST (id); CREATE TABLE e PARTITION OF event DEFAULT",
        ),
        Example(
            'with op.batch_alter_table("account", recreate="always") as batch:  # <-\n'
            '    batch.add_column(sa.Column("b", sa.Integer))',
            "CREATE TABLE account (id int PRIMARY KEY)",
            also=("table-scanned", "locks-gathered"),
        ),
        Example('op.execute("CREATE TABLE fresh (a int)")\nop.drop_table("fresh")'),
        Example('op.execute("DROP TABLE IF EXISTS nothing")'),
        Example('op.execute("CREATE TEMPORARY TABLE few AS SELECT 1 AS a")\nop.execute("DROP TABLE few")'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        gone = {one.oid: one for one in at.gone if one.is_table}
        schemas = {one.identity for one in at.did.dropped if one.asked and one.type == "schema"}
        after = {(one.schema, one.name) for one in at.course.after.values() if one.is_table}
        for oid, table in gone.items():
            if table.schema in schemas or not gone.keys().isdisjoint(table.parents):
                continue
            others = [one for one in at.blocking if one not in gone and at.old[one].is_table]
            also = "".join(f"; {lock(at, one)}{_why(table, at.before[one])}" for one in others)
            explained: list[Effect] = [("lock", one) for one in (*others, *at.family(oid))]
            replaced = (table.schema, table.name) in after
            said = (
                f"{title(table)} is dropped, and another table takes its name: rows that were not copied are lost, and "
                "so are its privileges, policies and triggers"
                if replaced
                else f"{title(table)} is dropped with all its rows, and the code that is still deployed fails on it"
            )
            yield Hit(
                at,
                said + also,
                _instead(at, table, replaced=replaced),
                "" if replaced else _steps(at, table),
                title(table),
                oid,
                tuple(explained),
            )


def _instead(at: Moment, table: Relation, *, replaced: bool) -> str:
    if not replaced:
        return "deploy code that does not use it, and drop it in a later revision, its foreign keys first"
    if any(one.name == f"_alembic_tmp_{table.name}" for one in at.before.values()):
        return "leave recreate= away: PostgreSQL alters a table in place"
    return "keep both in step until the swap, and drop the old one in a later revision"


def _why(table: Relation, other: Relation) -> str:
    linked = {(table.oid, one.references) for one in table.constraints.values()}
    linked |= {(one.references, other.oid) for one in other.constraints.values()}
    return ", for a foreign key" if (table.oid, other.oid) in linked else ""


def _steps(at: Moment, table: Relation) -> str:
    others = (other for other in at.before.values() if other.oid != table.oid and not other.parents)
    keys = [(table, one) for one in table.constraints.values() if one.type == "f"]
    keys += [(other, one) for other in others for one in other.constraints.values() if one.references == table.oid]
    dropping = [
        call("op.drop_constraint", one.name, owner.name, type_="foreignkey", schema=schema_of(owner))
        for owner, one in keys
    ]
    last = ("once no code uses it", [call("op.drop_table", table.name, schema=schema_of(table))])
    return revisions(*(("a foreign key", [key]) for key in dropping), last)


RULE = TableDropped()
