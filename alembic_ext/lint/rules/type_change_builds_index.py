"""A column gets another type, and its indexes are built anew.

The rows stay as they are, but their order in an index changes with the type or the collation: PostgreSQL builds each
index on the column anew, and reads the whole table for it, under an ACCESS EXCLUSIVE lock. Reads and writes wait until
that is done.

Instead drop the index CONCURRENTLY, change the type, which then writes nothing, and build the index CONCURRENTLY. The
index of a primary key or a unique constraint cannot go so easily: add a column of the new type beside the old one, and
swap them.

It does not matter for a table with few rows. A longer varchar keeps its indexes, and nothing is said of it.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import autocommit, call, execute, index, schema_of
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Example, Hit, Rule, effects_on
from alembic_ext.lint.rules._retyped import Retyped, beside, retyped, using, zone, zoned
from alembic_ext.lint.said import listed, lock, title
from alembic_ext.lint.steps import revisions

TABLE = (
    "CREATE DOMAIN plain AS text; CREATE TABLE account (id int, name text, tag varchar(10));"
    "CREATE INDEX account_name ON account (name); CREATE INDEX account_tag ON account (tag)"
)


class TypeChangeBuildsIndex(Rule):
    """ALTER COLUMN … TYPE that builds indexes anew, and leaves the rows."""

    id, slug, group = "LB207", "type-change-builds-index", "blocking"
    severity = "error"
    sized = True
    examples = (
        Example("""op.execute('ALTER TABLE account ALTER name TYPE text COLLATE "C"')  # <-""", TABLE),
        Example(
            'op.alter_column("account", "name", type_=sa.Text(collation="POSIX"))  # <-',
            "CREATE TABLE account (name text UNIQUE)",
        ),
        Example(
            "op.execute(\"SET LOCAL TimeZone = 'UTC'\")\n"
            'op.alter_column("visit", "at", type_=sa.DateTime(timezone=True))  # <-',
            "CREATE TABLE visit (at timestamp); CREATE INDEX visit_at ON visit (at)",
        ),
        Example('op.alter_column("account", "tag", type_=sa.String(20))', TABLE),
        Example('op.alter_column("account", "tag", type_=sa.Text)', TABLE),
        Example(
            "with op.get_context().autocommit_block():\n"
            '    op.drop_index("account_name", table_name="account", postgresql_concurrently=True)\n'
            """op.execute('ALTER TABLE account ALTER name TYPE text COLLATE "C"')""",
            TABLE,
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for found in retyped(at):
            oid, family = found.table.oid, at.family(found.table.oid)
            built = [at.after[one] for one in sorted(at.built) if _table(at.after[one]) in family]
            if not built or family & at.rewritten:
                continue
            backing = {one.backing for table in family for one in at.after[table].constraints.values()}
            bound = any(one.oid in backing for one in built)
            names = listed([one.name for one in built])
            yield Hit(
                at,
                lock(at, oid, f"while {names} {'is' if len(built) == 1 else 'are'} built anew: {found.words}"),
                "add a column of the new type, fill it in batches, and swap the names" if bound
                else "drop the index before, and build it afterwards, both CONCURRENTLY",
                beside(at, found) if bound else _steps(at, found, built),
                title(at.old[oid]),
                oid,
                effects_on(at, oid),
            )  # fmt: skip


def _table(relation: Relation) -> int:
    return relation.as_index.table if relation.as_index else 0


def _steps(at: Moment, found: Retyped, built: list[Relation]) -> str:
    table, set_, change = found.table, zone(at), [execute(at.did.sql)]
    if set_ is not None:
        change.insert(0, execute(set_.sql))
    elif any(zoned(*one) for one in found.columns) and not using(at):
        change.insert(0, "# only where the TimeZone is UTC, as in the sandbox: else every row is written for it")
    dropping = [
        call("op.drop_index", one.name, table_name=table.name, schema=schema_of(table), postgresql_concurrently=True)
        for one in built
    ]
    definitions = [at.did.definitions[one.oid] for one in built if one.oid in at.did.definitions]
    building = [index(definition, postgresql_concurrently=True) for definition in definitions]
    return revisions(
        ("without the index", autocommit(dropping).splitlines()),
        ("nothing is read or written for this", change),
        ("the index while others write", autocommit(building).splitlines()),
    )


RULE = TypeChangeBuildsIndex()
