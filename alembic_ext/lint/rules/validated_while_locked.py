"""A constraint is validated by the transaction that locked its table.

VALIDATE CONSTRAINT takes a weak lock while it reads all rows, so that others can write. But a lock that the transaction
has taken before, as by adding the constraint NOT VALID, is kept until its end: all wait until every row is read, as if
the constraint had been added the plain way.

Instead validate in a transaction of its own: in the next revision, and there in an ``autocommit_block``, since Alembic
may run several revisions in one transaction.

It does not matter for tables that the same revision creates, nor for those with few rows.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-VALIDATE-CONSTRAINT
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import validated
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects
from alembic_ext.lint.said import held, title

TABLES = "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (parent_id int)"
ADD = 'op.create_foreign_key("fk", "child", "parent", ["parent_id"], ["id"], postgresql_not_valid=True)'
VALIDATE = 'op.execute("ALTER TABLE child VALIDATE CONSTRAINT fk")'


class ValidatedWhileLocked(Rule):
    """VALIDATE CONSTRAINT in a transaction that holds a strong lock on the table."""

    id, slug, group = "LB130", "validated-while-locked", "blocking"
    severity = "error"
    sized = True
    examples = (
        Example(f"{ADD}\n{VALIDATE}  # <-", TABLES),
        Example(
            'op.execute("ALTER TABLE child ADD CONSTRAINT fk CHECK (parent_id > 0) NOT VALID")\n'
            f'{VALIDATE}  # <-',
            TABLES,
        ),
        Example(f"{ADD}\nwith op.get_context().autocommit_block():\n    {VALIDATE}", TABLES,
                also=("autocommit-after-work",)),
        Example(VALIDATE, f"{TABLES}; ALTER TABLE child ADD CONSTRAINT fk CHECK (parent_id > 0) NOT VALID"),
        Example('op.execute("CREATE TABLE fresh (a int)")\n'
                'op.execute("ALTER TABLE fresh ADD CONSTRAINT k CHECK (a > 0) NOT VALID")\n'
                'op.execute("ALTER TABLE fresh VALIDATE CONSTRAINT k")'),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        table = at.table
        names = [one["name"] for kind, one in at.commands if kind == "AT_ValidateConstraint"]
        if not names or table is None or not at.is_old(table):
            return
        keys = [table.constraints[name] for name in names if name in table.constraints]
        if all(key.validated for key in keys):
            return
        locked = [oid for oid in (table.oid, *(key.references for key in keys)) if oid in at.holding]
        if locked:
            yield Hit(
                at,
                held(at, locked[0], f"while {names[0]} is checked for every row"),
                "validate it in a transaction of its own, in the next revision",
                "# in the next revision\n" + validated(table, names[0]),
                title(table),
                table.oid,
                effects(at, "scan"),
                "observed" if at.scanned else "static",
            )


RULE = ValidatedWhileLocked()
