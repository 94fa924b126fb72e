"""Many rows are changed by one statement.

Every row that is changed stays locked until the transaction ends, its old version stays in the table until it is
vacuumed, and replicas fall behind. On a large table that takes minutes, in which whoever wants to change one of the
rows waits.

Instead change them in batches of some thousand, each committed by itself: in an ``autocommit_block``, or in a job
beside the migrations.

It does not matter for a table with few rows, nor where an index leads to the few that are meant. Where no index does,
and the rows are picked by the value of a column, they may be few or many: that is a note. A range that is open on one
side, or LIKE, is taken for many, and is a note where a value is asked for as well; batches in one transaction are one
large change all the same.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.bulk import bulk, in_batches
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed, title

TABLE = "CREATE TABLE a (id int PRIMARY KEY, x int, y int)"
BATCH = (
    "WITH batch AS (SELECT id FROM a WHERE x IS NULL LIMIT 9), "
    "done AS (UPDATE a SET x = 0 FROM batch WHERE a.id = batch.id RETURNING 1) SELECT count(*) FROM done"
)
EVENTS = "CREATE TABLE e (tenant int, at date)"
OLDER = "DELETE FROM e WHERE tenant = 1 AND at < '2020-01-01'"
CALL = "with op.get_context().autocommit_block():\n    op.execute('CALL go()')"
PROCEDURE = "CREATE PROCEDURE {}() LANGUAGE plpgsql AS $$BEGIN {} END$$"
GO = PROCEDURE.format(
    "go",
    "LOOP UPDATE a SET x = 0 WHERE id IN (SELECT id FROM a WHERE x IS NULL LIMIT 9); EXIT WHEN NOT FOUND; COMMIT; "
    "END LOOP;",
)
OUTER = PROCEDURE.format("outer_go", "CALL go();")
ONCE = PROCEDURE.format("go", "UPDATE a SET x = 0; IF FOUND THEN COMMIT; END IF;")
MOODS = f"CREATE TYPE moods AS ENUM ('good', 'bad'); {TABLE}; ALTER TABLE a ADD mood moods"


class ManyRowsAtOnce(Rule):
    """UPDATE or DELETE of all rows, or of those that are found by reading the whole table."""

    id, slug, group = "LT104", "many-rows-at-once", "transaction"
    sized = True
    examples = (
        Example('op.execute("UPDATE a SET x = y")  # <-', TABLE),
        Example('op.execute("DELETE FROM a")  # <-', TABLE),
        Example('op.execute("DELETE FROM a WHERE 1 = 1")  # <-', TABLE),
        Example(
            'op.execute("UPDATE a SET x = 0 WHERE false")\nop.execute("DELETE FROM a WHERE x < 3 AND NULL")\n'
            'op.execute("DELETE FROM a WHERE 1 = 0")\nop.execute("UPDATE a SET x = y WHERE NOT true")',
            TABLE,
        ),
        Example("op.execute(\"DELETE FROM a WHERE current_setting('server_version') = ''\")  # <-", TABLE),
        Example('op.execute("UPDATE a SET x = 0 WHERE x IS NULL")  # <-', TABLE),
        Example('a = sa.table("a", sa.column("x"))\nop.execute(a.update().values(x=3))  # <-', TABLE),
        Example('op.execute("WITH gone AS (DELETE FROM a RETURNING x) SELECT count(*) FROM gone")  # <-', TABLE),
        Example('op.execute("INSERT INTO a SELECT y FROM b")  # <-', f"{TABLE}; CREATE TABLE b (y int)"),
        Example('op.execute("UPDATE a SET x = b.y FROM b WHERE b.y = a.id")  # <-', f"{TABLE}; CREATE TABLE b (y int)"),
        Example('for number in range(3):\n    op.execute("UPDATE a SET x = 0 WHERE x IS NULL")  # <-', TABLE),
        Example(
            'op.execute("DELETE FROM a WHERE x < 3 AND y IN (SELECT y FROM b)")  # <-',
            f"{TABLE}; CREATE TABLE b (y int)",
        ),
        Example("op.execute(\"UPDATE a SET x = 0 WHERE mood = 'bad'\")  # <-", MOODS),
        Example('op.execute("UPDATE a SET x = 0 WHERE y = 3 AND x > 1")  # <-', TABLE),  # a note
        Example(
            "op.execute(\"DELETE FROM a WHERE moniker LIKE 'x%'\")  # <-", f"{TABLE}; ALTER TABLE a ADD moniker text"
        ),
        Example('op.execute("DO $$BEGIN UPDATE a SET x = 0; END$$")  # <-', TABLE),
        Example(
            "with op.get_context().autocommit_block():\n"
            '    op.execute("DO $$BEGIN LOOP UPDATE a SET x = 0 WHERE id IN (SELECT id FROM a WHERE x = 1 LIMIT 9); "\n'
            '        "EXIT WHEN NOT FOUND; COMMIT; END LOOP; END$$")',
            TABLE,
        ),
        Example('op.execute("DELETE FROM a WHERE id < 1000")  # <-', TABLE),
        Example('op.execute("DELETE FROM a WHERE y IS NULL")  # <-', f"{TABLE}; CREATE INDEX ON a (y)"),
        Example('op.execute("DELETE FROM a WHERE y IS NULL AND id IN (1, 2)")', f"{TABLE}; CREATE INDEX ON a (y)"),
        Example(
            "for low in range(0, 3000, 1000):\n"
            '    op.execute(f"UPDATE a SET x = 0 WHERE id > {low} AND id <= {low + 1000}")  # <-',
            TABLE,
        ),
        Example(
            'op.execute("UPDATE a SET x = 0 WHERE id BETWEEN 1 AND 100000")  # <-\n'
            'op.execute("UPDATE a SET x = 0 WHERE id > 100000")  # <-',
            TABLE,
        ),
        Example(
            "bind = op.get_bind()\nwhile bind.exec_driver_sql(  # <-\n"
            '    "UPDATE a SET x = 0 WHERE id IN (SELECT id FROM a WHERE x IS NULL LIMIT 5000)"\n'
            ").rowcount:\n    pass",
            TABLE,
        ),
        Example(
            'op.execute("DO $$DECLARE i int := 0; BEGIN WHILE i < 9 LOOP "  # <-\n'
            '    "UPDATE a SET x = 0 WHERE id BETWEEN i AND i + 2; i := i + 3; END LOOP; END$$")',
            TABLE,
        ),
        Example(f"op.execute({OLDER!r})  # <-", EVENTS),  # a note
        Example(f"op.execute({OLDER!r})  # <-", f"{EVENTS}; CREATE INDEX ON e (tenant, at)"),  # a note
        Example(f"op.execute({OLDER!r})", f"{EVENTS}; CREATE UNIQUE INDEX ON e (tenant)"),
        Example(f"while op.get_bind().exec_driver_sql({BATCH!r}).scalar():  # <-\n    break", TABLE),
        Example(
            f"with op.get_context().autocommit_block():\n    while op.get_bind().exec_driver_sql({BATCH!r}).scalar():\n"
            "        pass",
            TABLE,
        ),
        Example(f"op.execute({BATCH.replace(' LIMIT 9', '')!r})  # <-", TABLE),
        Example(CALL, f"{TABLE}; {GO}"),
        Example(f'{CALL}\n    op.execute("DO $$BEGIN CALL public.outer_go(); END$$")', f"{TABLE}; {GO}; {OUTER}"),
        Example(f"{CALL}  # <-", f"{TABLE}; {ONCE}"),
        Example(
            'with op.get_context().autocommit_block():\n    op.get_bind().execute(sa.text("CALL go(:n)"), {"n": 9})',
            f"{TABLE}; {GO.replace('go()', 'go(n int)').replace('LIMIT 9', 'LIMIT n')}",
        ),
        Example('op.execute("UPDATE a SET x = 0 WHERE id BETWEEN 1 AND 3")', TABLE),
        Example('op.execute("UPDATE a SET x = 0 WHERE id = 3")', TABLE),
        Example('op.execute("INSERT INTO a VALUES (1, 2, 3)")', TABLE),
        Example('op.execute("CREATE TABLE c (x int)")\nop.execute("UPDATE c SET x = 1")', TABLE),
        Example(
            "with op.get_context().autocommit_block():\n"
            "    while op.get_bind().exec_driver_sql(\n"
            '        "UPDATE a SET x = 0 WHERE id IN (SELECT id FROM a WHERE x IS NULL LIMIT 5000)"\n'
            "    ).rowcount:\n"
            "        pass",
            TABLE,
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        found = bulk(at)
        if found is None or at.holding:
            return
        table = at.old[found.table]
        read = [title(at.old[oid]) for oid in sorted(at.scanned)] or [title(table)]
        if at.node == "InsertStmt":
            said = f"rows for {title(table)}, as many as are in {listed(read)}, are inserted at once"
        elif found.parted:
            said = f"rows of {title(table)} are {found.verb} part by part in one transaction, as in one statement"
        elif found.all:
            said = f"all rows of {title(table)} are {found.verb} at once"
        elif not at.scanned:
            said = f"rows of {title(table)}, however many the condition is true of, are {found.verb} at once"
        else:
            said = f"rows of {title(table)}, found by reading all of {listed(read)}, are {found.verb} at once"
        yield Hit(
            at,
            f"{said}, and stay locked until the transaction ends",
            "change them in batches of some thousand, outside of a transaction",
            in_batches(at, table),
            title(table),
            table.oid,
            tuple(("scan", oid) for oid in at.scanned),
            "observed" if at.scanned else "static",
            "note" if found.few else None,
        )


RULE = ManyRowsAtOnce()
