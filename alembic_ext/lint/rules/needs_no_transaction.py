"""A statement that cannot run in a transaction is in one.

CREATE INDEX, DROP INDEX, REINDEX and DETACH PARTITION with CONCURRENTLY commit several times while they work, and so
do VACUUM and a few others: in a transaction the server refuses them. Alembic runs every revision in one.

Instead put the statement into Alembic's ``autocommit_block``, best alone in a revision of its own: what is before it in
the revision is committed when the block begins.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import autocommit, execute
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email text); CREATE INDEX account_email ON account (email)"
REFUSED = "25001"


class NeedsNoTransaction(Rule):
    """A statement that the server refuses in a transaction."""

    id, slug, group = "LB102", "needs-no-transaction", "transaction"
    severity = "error"
    aliases = ("PG103", "ban-concurrent-index-creation-in-transaction")
    examples = (
        Example('op.create_index("ix", "account", ["id"], postgresql_concurrently=True)  # <-', TABLE),
        Example(
            'op.add_column("account", sa.Column("x", sa.Integer))\n'
            'op.drop_index("account_email", "account", postgresql_concurrently=True)  # <-\n'
            'op.add_column("account", sa.Column("y", sa.Integer))\n'
            'op.execute("VACUUM account")  # <-',
            TABLE,
        ),
        Example(
            'op.execute("ALTER TABLE event DETACH PARTITION event_1 CONCURRENTLY")  # <-',
            "CREATE TABLE event (id int) PARTITION BY LIST (id); "
            "CREATE TABLE event_1 PARTITION OF event FOR VALUES IN (1)",
        ),
        Example('with op.get_context().autocommit_block():\n    op.execute("VACUUM account")', TABLE),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.did.state == REFUSED and at.alone:
            yield Hit(
                at,
                f"{at.did.error.partition(chr(10))[0]}: the revision fails",
                "run it in an autocommit_block, in a revision of its own",
                autocommit([execute(at.did.sql)]),
            )


RULE = NeedsNoTransaction()
