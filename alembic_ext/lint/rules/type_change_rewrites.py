"""A column gets another type, and every row is written anew.

The stored values have to be converted, so PostgreSQL rewrites the table and all its indexes under an ACCESS EXCLUSIVE
lock: reads and writes wait until that is done. A foreign key on the column is checked again as well, with a lock on
the other table.

Instead add a column of the new type beside the old one, keep it up to date with a trigger, fill the old rows in
batches, and swap the names. Keys, checks, foreign keys, an identity or a sequence of the old column do not come along
with its name: the code names them, and they have to be moved by hand before.

It does not matter for a table with few rows. Many changes write nothing, and nothing is said of them: a longer varchar,
varchar to text, a numeric of more digits and the same scale, cidr to inet, a domain to its type; timestamp to
timestamptz where the TimeZone is UTC. The server tells which do.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Effect, Example, Hit, Rule, effects_on
from alembic_ext.lint.rules._retyped import beside, retyped
from alembic_ext.lint.rules._rewritten import words_of
from alembic_ext.lint.said import lock, title

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email varchar(50), sum numeric(10,2), made timestamp)"
ORDERS = f"{TABLE}; CREATE TABLE orders (id int, account_id int REFERENCES account)"


class TypeChangeRewrites(Rule):
    """ALTER COLUMN … TYPE that rewrites the table."""

    id, slug, group = "LB206", "type-change-rewrites", "blocking"
    severity = "error"
    sized = True
    aliases = ("PG301", "changing-column-type")
    examples = (
        Example('op.alter_column("account", "id", type_=sa.BigInteger)  # <-', TABLE),
        Example('op.alter_column("orders", "account_id", type_=sa.BigInteger)  # <-', ORDERS),
        Example('op.execute("ALTER TABLE account ALTER email TYPE varchar(50) USING lower(email)")  # <-', TABLE),
        Example('op.execute("ALTER TABLE account ALTER email TYPE varchar(20), ALTER sum TYPE numeric")  # <-', TABLE),
        Example(
            'op.execute("ALTER TABLE event ALTER id TYPE text")  # <-',
            "CREATE TABLE event (id int, day int) PARTITION BY LIST (day);"
            "CREATE TABLE event_1 PARTITION OF event FOR VALUES IN (1)",
        ),
        Example('op.alter_column("account", "email", type_=sa.String(100))', TABLE),
        Example(
            'op.alter_column("account", "email", type_=sa.Text)\n'
            'op.alter_column("account", "sum", type_=sa.Numeric(12, 2))\n'
            'op.alter_column("account", "email", type_=sa.String)\n'
            'op.alter_column("account", "sum", type_=sa.Numeric)',
            TABLE,
        ),
        Example(
            "op.execute(\"SET LOCAL TimeZone = 'UTC'\")\n"
            'op.alter_column("account", "made", type_=sa.DateTime(timezone=True))',
            TABLE,
        ),
        Example('op.execute("ALTER TABLE account ALTER email TYPE text USING email")', TABLE),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for found in retyped(at):
            oid = found.table.oid
            reasons = [at.did.rewritten.get(one) for one in at.family(oid) & at.rewritten]
            if not any(reason is None or "type" in words_of(reason) for reason in reasons):
                continue
            others = [one for one in at.blocking if one not in at.family(oid) and at.old[one].is_table]
            also = "".join(f"; {lock(at, one, 'as long, for a foreign key')}" for one in others)
            explained: list[Effect] = [(what, one) for one in others for what in ("scan", "lock")]
            yield Hit(
                at,
                f"{lock(at, oid, f'while every row is written: {found.words}')}{also}",
                "add a column of the new type, fill it in batches, and swap the names",
                beside(at, found),
                title(at.old[oid]),
                oid,
                (*effects_on(at, oid), *explained),
            )


RULE = TypeChangeRewrites()
