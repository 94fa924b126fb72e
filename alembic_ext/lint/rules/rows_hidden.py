"""Row security hides rows that the deployed code sees.

FORCE ROW LEVEL SECURITY subjects the owner of the table to its policies, too: code that connects as the owner, as many
do, finds fewer rows, and no error tells of it. A RESTRICTIVE policy is one that all rows have to pass, whatever other
policies allow. With ALTER POLICY the rows that are seen are other ones, and so they are without a policy that allowed
some of them; without the last one nobody but the owner sees any, which another rule tells.

Instead deploy code first that sets what the policies ask for (the tenant, the role).

It does not matter for a table that the same revision creates.

https://www.postgresql.org/docs/current/ddl-rowsecurity.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title

SECURE = "CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (true)"


class RowsHidden(Rule):
    """FORCE ROW LEVEL SECURITY, CREATE POLICY … AS RESTRICTIVE, ALTER POLICY, on an old table."""

    id, slug, group = "LC215", "rows-hidden", "compatibility"
    examples = (
        Example('op.execute("ALTER TABLE t FORCE ROW LEVEL SECURITY")  # <-', SECURE),
        Example('op.execute("CREATE POLICY q ON t AS RESTRICTIVE USING (a > 0)")  # <-', SECURE),
        Example('op.execute("ALTER POLICY p ON t USING (a > 0)")  # <-', SECURE),
        Example('op.execute("DROP POLICY p ON t")  # <-', f"{SECURE}; CREATE POLICY q ON t USING (a > 0)"),
        Example('op.execute("DROP POLICY p ON t")\nop.execute("CREATE POLICY p ON t USING (a > 0)")',
                f"{SECURE}; CREATE POLICY q ON t USING (a > 0)"),
        Example('op.execute("CREATE POLICY q ON t USING (a > 0)")', SECURE),
        Example('op.execute("ALTER TABLE t NO FORCE ROW LEVEL SECURITY")', SECURE),
        Example('op.execute("ALTER TABLE t FORCE ROW LEVEL SECURITY")', "CREATE TABLE t (a int)"),
        Example('op.execute("ALTER POLICY p ON t RENAME TO q")', SECURE),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        for oid, now in at.changed:
            then, last = at.before.get(oid), at.course.after.get(oid)
            if oid in at.old and then and last and now.forced and not then.forced and last.forced and last.security:
                yield Hit(
                    at,
                    f"the policies of {title(now)} hold for its owner, too: code that connects as the owner sees fewer "
                    "rows",
                    "deploy code first that sets what the policies ask for",
                    object=title(now),
                    table=oid,
                    effects=(("lock", oid),),
                )
            if oid not in at.old or then is None or not (then.security and now.security and now.policies):
                continue
            end = [one for one in at.course.moments if one.did.transaction == at.did.transaction][-1].after.get(oid)
            if len(now.policies) < len(then.policies) and end is not None and len(now.policies) == len(end.policies):
                yield Hit(
                    at,
                    f"a policy of {title(now)} is dropped: code that is still deployed sees other rows",
                    "deploy code first that does without what it allows",
                    object=title(now),
                    table=oid,
                    effects=(("lock", oid),),
                )
        if at.node not in ("CreatePolicyStmt", "AlterPolicyStmt") or at.did.error:
            return
        table = at.named(at.tree["table"])
        if table is None or not at.is_old(table) or not at.old[table.oid].security:
            return
        if at.node == "AlterPolicyStmt" or not at.tree.get("permissive"):
            how = "changes" if at.node == "AlterPolicyStmt" else "is one that all rows have to pass"
            yield Hit(
                at,
                f"policy {at.tree['policy_name']} of {title(table)} {how}: code that is still deployed sees other rows",
                "deploy code first that sets what the policies ask for",
                object=title(table),
                table=table.oid,
                effects=(("lock", table.oid),),
                severity="note" if at.node == "AlterPolicyStmt" else None,
            )


RULE = RowsHidden()
