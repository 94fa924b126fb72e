"""A privilege is taken away that the deployed code may use.

REVOKE works at once, for the sessions that are open, too: their next statement fails.

Instead deploy code that does without the privilege first, and revoke it in a later revision.

It does not matter for objects that the same revision creates, nor for roles that nobody uses.

https://www.postgresql.org/docs/current/sql-revoke.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.made import made_before
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed, title
from alembic_ext.parsetree import strings

TABLE = "CREATE TABLE t (a int); GRANT SELECT ON t TO pg_monitor"


class PrivilegesTaken(Rule):
    """REVOKE on an old table, view or sequence, or on all in an old schema."""

    id, slug, group = "LC204", "privileges-taken", "compatibility"
    examples = (
        Example('op.execute("REVOKE SELECT ON t FROM pg_monitor")  # <-', TABLE),
        Example('op.execute("GRANT SELECT ON t TO PUBLIC")', TABLE),
        Example('op.execute("CREATE TABLE u (a int)")\nop.execute("REVOKE ALL ON u FROM PUBLIC")'),
        Example('op.execute("REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM pg_monitor")  # <-', TABLE),
        Example('op.execute("CREATE SCHEMA s")\nop.execute("REVOKE ALL ON ALL TABLES IN SCHEMA s FROM PUBLIC")'),
        Example('op.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node != "GrantStmt" or at.tree.get("is_grant"):
            return
        new = made_before(at)
        if at.tree.get("targtype") == "ACL_TARGET_ALL_IN_SCHEMA" and (of := _schemas(at) - new):
            yield Hit(
                at,
                f"privileges on all that is in schema {listed(sorted(of))} are taken away: code that uses them fails",
                "deploy code that does without them first",
                object=f"schema {min(of)}",
                verdict="static",
            )
        if at.tree.get("targtype") != "ACL_TARGET_OBJECT":
            return
        meant = [at.named(one["RangeVar"]) for one in at.tree.get("objects", ()) if "RangeVar" in one]
        old = [one for one in meant if one is not None and at.is_old(one)]
        if old:
            yield Hit(
                at,
                f"privileges on {listed([title(one) for one in old])} are taken away: code that uses them fails",
                "deploy code that does without them first",
                object=title(old[0]),
                table=old[0].oid,
                verdict="static",
            )


def _schemas(at: Moment) -> frozenset[str]:
    return frozenset(strings(at.tree["objects"]))


RULE = PrivilegesTaken()
