"""A table begins or ends to inherit from another, and SELECTs see other rows.

A SELECT from the parent reads the rows of all that inherit from it. With INHERIT the deployed code gets rows that it
did not have, and with NO INHERIT rows are gone from what it reads, with no error; UPDATE and DELETE likewise.

Instead deploy code first that reads both tables, or says ONLY; partitions are attached and detached, and are another
thing.

It does not matter for tables that the same revision creates.

https://www.postgresql.org/docs/current/ddl-inherit.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title

TABLES = "CREATE TABLE base (a int); CREATE TABLE other (a int); CREATE TABLE child () INHERITS (base)"


class InheritanceChanged(Rule):
    """ALTER TABLE … INHERIT, NO INHERIT, where both are old."""

    id, slug, group = "LC213", "inheritance-changed", "compatibility"
    examples = (
        Example('op.execute("ALTER TABLE other INHERIT base")  # <-', TABLES),
        Example('op.execute("ALTER TABLE child NO INHERIT base")  # <-', TABLES),
        Example('op.execute("CREATE TABLE fresh (a int)")\nop.execute("ALTER TABLE fresh INHERIT base")', TABLES),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for oid, now in at.changed:
            then = at.before.get(oid)
            if oid not in at.old or then is None or now.partition or then.partition or now.kind not in "rf":
                continue
            for parent in {*then.parents} ^ {*now.parents}:
                if parent in at.old and parent in at.after:
                    what = "has the rows of {} too" if parent in now.parents else "has no longer the rows of {}"
                    yield Hit(
                        at,
                        f"{title(at.old[parent])} {what.format(title(now))} from here on: the code that is still "
                        "deployed reads other rows",
                        "deploy code first that is ready for it",
                        object=title(now),
                        table=oid,
                        effects=(("lock", oid), ("lock", parent)),
                    )


RULE = InheritanceChanged()
