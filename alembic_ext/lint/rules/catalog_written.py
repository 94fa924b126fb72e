"""A row of the system catalogs is written by hand.

PostgreSQL lets a superuser change its catalogs like tables, and checks nothing: neither what depends on a row, nor
whether rows of tables still fit it. An enum's value that is deleted from pg_enum stays in the rows that have it, and
they cannot be read any more; pg_attribute says NOT NULL where there are nulls; open sessions do not hear of it.

Instead use the statement that is there for it: ALTER TYPE, ALTER TABLE, COMMENT ON. An enum's value goes by a new type
and ALTER TABLE … TYPE … USING.

It does not matter for pg_settings, a view in which UPDATE does what SET does.

https://www.postgresql.org/docs/current/catalogs-overview.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.bodies import statements
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.sqltext.parsetree import Node, nodes_in

MOOD = "CREATE TYPE mood AS ENUM ('good', 'bad')"
DELETE = "DELETE FROM pg_enum WHERE enumlabel = 'bad'"
_DOING = {"InsertStmt": "inserted", "UpdateStmt": "changed", "DeleteStmt": "deleted", "MergeStmt": "merged"}


class CatalogWritten(Rule):
    """INSERT, UPDATE, DELETE or MERGE of a relation of pg_catalog."""

    id, slug, group = "LD109", "catalog-written", "data loss"
    severity = "error"
    examples = (
        Example(f'op.execute("{DELETE}")  # <-', MOOD),
        Example(
            'op.execute("UPDATE pg_catalog.pg_attribute SET attnotnull = true WHERE attrelid = 0")  # <-\n'
            'op.execute("WITH gone AS (DELETE FROM pg_depend WHERE objid = 0 RETURNING 1) SELECT 1 FROM gone")  # <-',
        ),
        Example(f'op.execute("DO $$BEGIN {DELETE}; END$$")  # <-', MOOD),
        Example("op.execute(\"UPDATE pg_settings SET setting = '8MB' WHERE name = 'work_mem'\")"),
        Example('op.execute("DELETE FROM pg_note WHERE a = 3")', "CREATE TABLE pg_note (a int PRIMARY KEY)"),
        Example('op.get_bind().exec_driver_sql("SELECT count(*) FROM pg_enum")', MOOD),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        written = [*_written(at, {at.node: at.tree})]
        for code in at.code:
            written += [one for node, tree in statements(code) for one in _written(at, {node: tree})]
        for name, done in dict.fromkeys(written):
            yield Hit(
                at,
                f"rows of the catalog {name} are {done} by hand: PostgreSQL checks nothing of that, and rows of tables "
                "may become unreadable",
                "use the statement that is there for it, such as ALTER TYPE or ALTER TABLE",
                object=f"table pg_catalog.{name}",
                verdict="static",
            )


def _written(at: Moment, tree: Node) -> Iterable[tuple[str, str]]:
    for node, done in _DOING.items():
        for one in nodes_in(tree, node):
            name, schema = one["relation"]["relname"], one["relation"].get("schemaname", "")
            own = schema or any(relation.name == name for relation in at.before.values())
            if (schema == "pg_catalog" or (name.startswith("pg_") and not own)) and name != "pg_settings":
                yield name, done


RULE = CatalogWritten()
