"""A column is added together with its foreign key.

ADD COLUMN … REFERENCES takes an ACCESS EXCLUSIVE lock on the table, which stops reads and writes, and a SHARE ROW
EXCLUSIVE lock on the table that is referenced, which stops writes there. Where the column has a default, it reads all
rows of both under these locks to check them; else there is nothing to check, and it only has to obtain both.

Instead add the column alone, then the foreign key NOT VALID, and validate it in a transaction of its own.

It does not matter for a table that the same revision creates. Without a default it is only a note where a lock_timeout
is in force. Alembic's ``add_column`` sends the foreign key of a column by itself, and then all rows are read.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects
from alembic_ext.lint.rules.foreign_key_validated import in_two_steps
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import columns_of

TABLES = "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY)"


class ColumnReferences(Rule):
    """ADD COLUMN … REFERENCES on a table that is in use."""

    id, slug, group = "LB122", "column-references", "blocking"
    sized = True
    examples = (
        Example('op.execute("ALTER TABLE child ADD parent_id int REFERENCES parent")  # <-', TABLES),
        Example('op.execute("ALTER TABLE child ADD parent_id int DEFAULT 1 REFERENCES parent")  # <-',
                f"{TABLES}; INSERT INTO parent VALUES (1)"),
        Example('op.execute("ALTER TABLE child ADD parent_id int")\n'
                'op.execute("ALTER TABLE child ADD FOREIGN KEY (parent_id) REFERENCES parent NOT VALID")', TABLES,
                also=("locks-gathered",)),
        Example('op.execute("CREATE TABLE fresh (a int PRIMARY KEY)")\n'
                'op.execute("ALTER TABLE fresh ADD b int REFERENCES fresh")', TABLES),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, key in at.declared:
            if key.type != "f" or not at.is_old(table):
                continue
            if set(table.names(key.columns)) <= at.before[table.oid].columns.keys():
                continue
            parent = at.old.get(key.references)
            scans = table.oid in at.scanned
            other = ""
            if parent and parent.oid != table.oid:
                other = f", and a {lock(at, parent.oid, expected='ShareRowExclusive')}"
            why = ", while every row is checked" if scans else " until the transaction ends"
            yield Hit(
                at,
                f"{lock(at, table.oid)}{other}{why}",
                "add the column alone, then the foreign key NOT VALID, and validate it in a transaction of its own",
                in_two_steps(at, table, key, *columns_of(at, table, key)),
                title(table),
                table.oid,
                effects(at, "scan", "lock"),
                severity="error" if scans else "note" if at.did.lock_timeout else None,
            )


RULE = ColumnReferences()
