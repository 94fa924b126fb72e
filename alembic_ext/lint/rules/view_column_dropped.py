"""A view loses a column, or a column of it gets another type.

The view is dropped and made again without it. The code that is still deployed asks for the column, and fails from the
moment on at which the migration commits until the new code runs everywhere.

Instead deploy code that does not ask for the column, and make the view without it in a later revision. CREATE OR
REPLACE VIEW can add columns, and takes none away.

It does not matter if the code that is deployed does not know the column: then ignore this finding, and say so there.

https://www.postgresql.org/docs/current/sql-createview.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed, title

VIEW = "CREATE TABLE t (a int, b int); CREATE VIEW seen AS SELECT a, b FROM t"
_SORTS = {
    "text": ("text", "character varying", "character", "citext", "name"),
    "number": ("smallint", "integer", "bigint", "numeric", "real", "double precision"),
    "timestamp": ("timestamp", "date"),
}


class ViewColumnDropped(Rule):
    """DROP VIEW, and CREATE VIEW with less, or with another type of a column."""

    id, slug, group = "LC114", "view-column-dropped", "compatibility"
    examples = (
        Example('op.execute("DROP VIEW seen")  # <-\nop.execute("CREATE VIEW seen AS SELECT a FROM t")', VIEW),
        Example(
            'op.execute("DROP MATERIALIZED VIEW seen")  # <-\n'
            'op.execute("CREATE MATERIALIZED VIEW seen AS SELECT 1 AS b")',
            "CREATE MATERIALIZED VIEW seen AS SELECT 1 AS a",
        ),
        Example('op.execute("DROP VIEW seen")\nop.execute("CREATE VIEW seen AS SELECT b, a, 1 AS c FROM t")', VIEW),
        Example('op.execute("DROP VIEW seen")  # <-\nop.execute("CREATE VIEW seen AS SELECT a::text, b FROM t")', VIEW),
        Example('op.execute("DROP VIEW seen")\nop.execute("CREATE VIEW seen AS SELECT a::bigint, b FROM t")', VIEW),
        Example('op.execute("CREATE OR REPLACE VIEW seen AS SELECT a, b, 1 AS c FROM t")', VIEW),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        last = {(one.schema, one.name): one for one in at.course.after.values()}
        for old in at.gone:
            new = last.get((old.schema, old.name))
            if old.kind not in "vm" or new is None or new.kind not in "vmrp":
                continue
            if lost := [name for name in old.columns if name not in new.columns]:
                names = f"{'column' if len(lost) == 1 else 'columns'} {listed(lost)}"
                yield Hit(
                    at,
                    f"{title(old)} is made again without {names}, and the code that is still deployed fails",
                    "deploy code that does not ask for it, and take it away in a later revision",
                    object=title(old),
                    table=old.oid,
                )
                continue
            for name, column in old.columns.items():
                if _sort(column.type) != _sort(new.columns[name].type):
                    yield Hit(
                        at,
                        f"column {name} of {title(old)} is {new.columns[name].type} from here on, not {column.type}: "
                        "the code that is still deployed fails, or reads something else",
                        "give the new one another name, and take the old one away in a later revision",
                        object=title(old),
                        table=old.oid,
                    )


def _sort(type_: str) -> str:
    """What kind of type it is: text of all lengths is one, and so are numbers, and points in time."""
    name = type_.partition("(")[0].strip()
    for sort, names in _SORTS.items():
        if name in names or name.startswith(f"{sort} "):
            return sort
    return type_


RULE = ViewColumnDropped()
