"""Row security is switched off: everybody sees all rows.

After DISABLE ROW LEVEL SECURITY the policies of a table are kept, and none is asked: who may read the table reads the
rows of all tenants, and no error tells of it.

Instead create the policies that are meant, and leave it on.

It does not matter where a table has no policies, nor for one that the same revision creates.

https://www.postgresql.org/docs/current/ddl-rowsecurity.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.course import Course
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title

TABLE = "CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY"
POLICY = f"{TABLE}; CREATE POLICY p ON t USING (a > 0)"
DISABLE = 'op.execute("ALTER TABLE t DISABLE ROW LEVEL SECURITY")'


class RowSecurityOff(Rule):
    """An old table with policies that has no row security when the transaction ends."""

    id, slug, group = "LC206", "row-security-off", "compatibility"
    examples = (
        Example(f"{DISABLE}  # <-", POLICY),
        Example(f"{DISABLE}  # <-\nop.execute('DROP POLICY p ON t')", POLICY),
        Example(f"{DISABLE}\nop.execute('INSERT INTO t VALUES (1)')\n{DISABLE.replace('DISABLE', 'ENABLE')}", POLICY),
        Example(DISABLE, TABLE),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for at in course.moments:
            for oid, now in at.changed:
                then = at.before.get(oid)
                if oid not in at.old or then is None or not then.security or now.security or not then.policies:
                    continue
                last = [one for one in course.moments if one.did.transaction == at.did.transaction][-1].after.get(oid)
                if last is not None and not last.security:
                    yield Hit(
                        at,
                        f"{title(now)} loses its row security: who may read it sees the rows that its policies hide",
                        "leave it on, and change the policies",
                        object=title(now),
                        table=oid,
                    )


RULE = RowSecurityOff()
