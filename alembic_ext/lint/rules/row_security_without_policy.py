"""A table has row security, and no policy for those who use it: nobody sees its rows any more.

Where a table has row security and no policy allows anything, nothing is allowed: every query of a role that does not
own the table finds it empty, and INSERT fails. No error tells of it.

That is so after ENABLE ROW LEVEL SECURITY where there is no policy yet, and after DROP POLICY where it was the last.
Where there are some, it is so for the roles and the commands that none of them names: what a role was granted is of no
use to it then, its INSERT fails, and its UPDATE and DELETE find no row.

Instead create the policies before, or after it in the same transaction.

It does not matter where only the owner uses the table, whom row security does not concern unless it is forced.

https://www.postgresql.org/docs/current/ddl-rowsecurity.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.course import Course
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rights import WORDS, rights
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed, title

TABLE = "CREATE TABLE t (a int)"
SECURE = f"{TABLE}; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (a > 0)"
DROP = 'op.execute("DROP POLICY p ON t")'
ENABLE = 'op.execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY")'
APP = (
    "DO $$BEGIN IF to_regrole('alembic_ext_app') IS NULL THEN CREATE ROLE alembic_ext_app LOGIN; END IF; END$$;"
    f"{TABLE}; GRANT SELECT, INSERT ON t TO alembic_ext_app"
)


class RowSecurityWithoutPolicy(Rule):
    """ENABLE ROW LEVEL SECURITY, or DROP POLICY, on an old table without a policy for its users in the end."""

    id, slug, group = "LC201", "row-security-without-policy", "compatibility"
    examples = (
        Example(f"{ENABLE}  # <-", TABLE),
        Example(f'op.execute("CREATE POLICY p ON t USING (a > 0)")\n{ENABLE}', TABLE),
        Example(f'{ENABLE}\nop.execute("CREATE POLICY p ON t USING (a > 0)")', TABLE),
        Example(f"op.execute('CREATE TABLE u (a int)')\n{ENABLE.replace(' t ', ' u ')}"),
        Example(f"{DROP}  # <-", SECURE),
        Example(f'{DROP}\nop.execute("CREATE POLICY p ON t USING (a > 1)")', SECURE),
        Example(DROP, f"{SECURE}; CREATE POLICY q ON t USING (true)", also=("rows-hidden",)),
        Example(DROP, f"{TABLE}; CREATE POLICY p ON t"),
        Example(f'{ENABLE}  # <-\nop.execute("CREATE POLICY p ON t FOR SELECT TO alembic_ext_app USING (true)")', APP),
        Example(f'{ENABLE}  # <-\nop.execute("CREATE POLICY p ON t TO pg_monitor USING (true)")', APP),
        Example(f'{ENABLE}\nop.execute("CREATE POLICY p ON t USING (true)")', APP),
        Example(
            f'{ENABLE}\nop.execute("CREATE POLICY p ON t FOR SELECT USING (true)")\n'
            'op.execute("CREATE POLICY q ON t FOR INSERT TO alembic_ext_app WITH CHECK (true)")',
            APP,
        ),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for at in course.moments:
            for oid, now in at.changed:
                then = at.before.get(oid)
                if oid not in at.old or then is None or not now.security:
                    continue
                if then.security and not (then.policies and not now.policies):
                    continue
                last = [one for one in course.moments if one.did.transaction == at.did.transaction][-1].after.get(oid)
                what = "loses its last policy" if then.security else "gets row security and has no policy"
                if last is not None and last.security and not last.policies:
                    yield Hit(
                        at,
                        f"{title(now)} {what}: all but its owner find it empty, and cannot write to it",
                        "create its policies in the same transaction",
                        object=title(now),
                        table=oid,
                    )
                elif last is not None and last.security and not then.security and (lost := _shut_out(last)):
                    yield Hit(
                        at,
                        f"{title(now)} gets row security, and no policy lets {listed(lost)}: rows are refused, or "
                        "passed over without an error",
                        "create policies for all who use it, in the same transaction",
                        object=title(now),
                        table=oid,
                    )


def _shut_out(table: Relation) -> list[str]:
    """The roles that may use a table, with the commands for which they have no policy."""
    users = {**rights(table), table.owner: frozenset("rawd" if table.forced else "")}
    found = []
    for role, letters in users.items():
        shut = [
            WORDS[letter] for letter in "rawd"
            if letter in letters and role not in table.passing and not any(
                one.permissive and one.command in (letter, "*") and (role in one.roles or not role)
                for one in table.policies
            )
        ]  # fmt: skip
        if shut:
            found.append(f"{role or 'PUBLIC'} {listed(shut, 4)}")
    return found


RULE = RowSecurityWithoutPolicy()
