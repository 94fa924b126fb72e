"""All rows of a table are copied in one transaction.

CREATE TABLE … AS, SELECT INTO or INSERT … SELECT reads the whole table. That takes long, keeps VACUUM from cleaning up
anywhere in the database, and what others change in the table meanwhile is missing in the copy.

Instead copy in batches, outside of a transaction, while a trigger keeps the copy up to date; then switch.

It does not matter for tables with few rows, or that nobody writes to. Where only rows with one value of a column are
copied it is a note.

https://www.postgresql.org/docs/current/sql-createtableas.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.bulk import bulk, has, picked
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title
from alembic_ext.sqltext.parsetree import Node

TABLE = "CREATE TABLE t (id int PRIMARY KEY, a int)"


class TableCopied(Rule):
    """The rows of an old table are read into a new one."""

    id, slug, group = "LT111", "table-copied", "transaction"
    sized = True
    examples = (
        Example('op.execute("CREATE TABLE c AS SELECT * FROM t")  # <-', TABLE, also=("primary-key-missing",)),
        Example('op.execute("SELECT * INTO c FROM t")  # <-', TABLE, also=("primary-key-missing",)),
        Example(
            'op.execute("CREATE TABLE c (id int PRIMARY KEY)")\nop.execute("INSERT INTO c SELECT id FROM t")  # <-',
            TABLE,
        ),
        Example('op.execute("CREATE TABLE c AS SELECT * FROM t WITH NO DATA")', TABLE, also=("primary-key-missing",)),
        Example('op.execute("CREATE TABLE c AS SELECT * FROM t WHERE id = 3")', TABLE, also=("primary-key-missing",)),
        Example('op.execute("CREATE TABLE c AS SELECT 1 AS a")', also=("primary-key-missing",)),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        copies = at.node == "InsertStmt" or (at.node == "SelectStmt" and "intoClause" in at.tree)
        copies |= at.node == "CreateTableAsStmt" and at.tree.get("objtype") != "OBJECT_MATVIEW"
        read = sorted(at.scanned)
        if copies and read and not bulk(at) and not at.holding and not has(at.tree, "limitCount"):
            yield Hit(
                at,
                f"all of {title(at.old[read[0]])} is read to copy rows; what is changed meanwhile is "
                "missing in the copy",
                "copy in batches, outside of a transaction",
                object=title(at.old[read[0]]),
                table=read[0],
                severity="note" if picked(at, _select(at.tree)) else None,
            )


def _select(tree: Node) -> Node:
    return tree.get("selectStmt") or tree.get("query") or tree


RULE = TableCopied()
