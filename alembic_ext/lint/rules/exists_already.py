"""IF NOT EXISTS finds something of that name, and leaves it as it is.

The revision seems to succeed, whatever the table or the column looks like: where it is not what the revision wants,
nobody is told, and the databases drift apart. In this history it is there already.

Instead create it plainly, so that a difference is an error, or leave the statement out.

It does not matter for extensions and schemas, and nothing is said of those, nor of what is built CONCURRENTLY.

https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-PARMS-IF-NOT-EXISTS
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title

TABLE = "CREATE TABLE account (id int PRIMARY KEY)"


class ExistsAlready(Rule):
    """CREATE TABLE and ADD COLUMN with IF NOT EXISTS that do nothing."""

    id, slug, group = "LC110", "exists-already", "compatibility"
    severity = "note"
    examples = (
        Example('op.execute("CREATE TABLE IF NOT EXISTS account (id int, name text)")  # <-', TABLE),
        Example('op.execute("ALTER TABLE account ADD COLUMN IF NOT EXISTS id bigint")  # <-', TABLE),
        Example('op.execute("CREATE TABLE IF NOT EXISTS fresh (id int)")', TABLE),
        Example('op.execute("ALTER TABLE account ADD COLUMN IF NOT EXISTS name text")', TABLE),
        Example('op.execute("CREATE SCHEMA IF NOT EXISTS public")'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.did.error:
            return
        if at.node == "CreateStmt" and at.tree.get("if_not_exists"):
            name = at.tree["relation"]["relname"]
            if not any(one.name == name and oid not in at.before for oid, one in at.changed):
                yield self._hit(at, f"table {name}")
        for word, command in at.commands:
            if word == "AT_AddColumn" and command.get("missing_ok") and at.table is not None:
                name = command["def"]["ColumnDef"]["colname"]
                if name in at.table.columns:
                    yield self._hit(at, f"column {name} of {title(at.table)}")

    def _hit(self, at: Moment, what: str) -> Hit:
        return Hit(
            at,
            f"{what} exists already: IF NOT EXISTS leaves it as it is, even if it is another",
            "leave IF NOT EXISTS away, or the whole statement",
            object=what,
        )


RULE = ExistsAlready()
