"""A statement that cannot run in a transaction is in one.

CREATE INDEX, DROP INDEX, REINDEX and DETACH PARTITION with CONCURRENTLY commit several times while they work, and so
do VACUUM and a few others, and procedures and DO blocks that COMMIT: in a transaction the server refuses them. Alembic
runs every revision in one. Several statements that are sent as one string are a transaction too.

Instead put the statement into Alembic's ``autocommit_block``, with an ``op.execute`` of its own, best alone in a
revision: what is before it in the revision is committed when the block begins.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alembic_ext.lint.bodies import ends_transactions
from alembic_ext.lint.code import autocommit, execute
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.sent import BLOCKS

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email text); CREATE INDEX account_email ON account (email)"
PROCEDURE = "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$BEGIN COMMIT; END$$"
REFUSED, ENDS_IT = "25001", "2D000"
"""What the server says to such a statement, and to code that ends the transaction that it is called in."""


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
        Example(
            "with op.get_context().autocommit_block():\n"
            '    op.execute("CREATE INDEX CONCURRENTLY a ON account (id); CREATE INDEX CONCURRENTLY b ON account (id)")'
            '  # <-\n    op.execute("CREATE INDEX CONCURRENTLY c ON account (email)")',
            TABLE,
            also=("concurrent-index-times-out", "index-twice"),
        ),
        Example('with op.get_context().autocommit_block():\n    op.execute("COMMIT; VACUUM account")  # <-', TABLE),
        Example('op.execute("CALL p()")  # <-', PROCEDURE),
        Example(
            'op.execute("CALL p()")  # <-',
            "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$BEGIN LOOP EXIT WHEN 1 = 1; COMMIT; END LOOP; END$$",
        ),
        Example('op.execute("DO $$BEGIN IF 1 = 2 THEN ROLLBACK; END IF; END$$")  # <-'),
        Example(
            "op.execute(\"DO $$BEGIN CREATE TEMP TABLE seen (a int) ON COMMIT DROP; RAISE NOTICE 'commit'; END$$\")"
        ),
        Example('with op.get_context().autocommit_block():\n    op.execute("SELECT 1; CALL p()")  # <-', PROCEDURE),
        Example(
            "with op.get_context().autocommit_block():\n    op.execute('BEGIN')\n    op.execute('CALL p()')  # <-",
            PROCEDURE,
        ),
        Example(
            'with op.get_context().autocommit_block():\n    for number in range(2):\n        op.execute("CALL p()")',
            PROCEDURE,
        ),
        Example('with op.get_context().autocommit_block():\n    op.execute("VACUUM account")', TABLE),
        Example('with op.get_context().autocommit_block():\n    op.execute("-- all of it\\nVACUUM account;")', TABLE),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        said = at.did.error.partition("\n")[0]
        string = [one for one in at.course.moments if one.did.places == at.did.places]
        if at.did.state == REFUSED and at.alone:
            several = ", and several statements of one string are one" if at.did.autocommit and len(string) > 1 else ""
            yield self._hit(at, f"{said}{several}", string)
        elif at.node in BLOCKS:
            string = [one for one in string if one.did.transaction == at.did.transaction]
            begun = any(is_end(one) for one in at.earlier)
            if at.did.autocommit and not begun and len(string) == 1:
                return
            if at.did.state == ENDS_IT:
                yield self._hit(at, f"it ends the transaction in which it is called ({said})", string)
            elif not at.did.error and any(map(ends_transactions, at.code)):
                said = "where it comes to COMMIT or ROLLBACK, PostgreSQL refuses that in a transaction"
                yield self._hit(at, said, string)._replace(severity="warning", verdict="static")

    def _hit(self, at: Moment, said: str, string: Sequence[Moment]) -> Hit:
        help, lines = "run it in an autocommit_block, in a revision of its own", [at.did.sql]
        if at.did.autocommit:
            help = "send each statement by itself, outside of BEGIN and COMMIT"
            lines = [one.did.sql for one in string if not is_end(one)]
        return Hit(at, f"{said}: the revision fails", help, autocommit(list(map(execute, lines))))


def is_end(at: Moment) -> bool:
    """Whether a statement begins or ends a transaction."""
    return at.node == "TransactionStmt"


RULE = NeedsNoTransaction()
