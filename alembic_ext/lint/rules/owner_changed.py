"""A relation gets another owner.

The rights of an owner go with it: the role that owned a table, often the one that the application or its migrations run
as, may use it no more, and no REVOKE has been seen. What was granted to the old owner becomes the new one's. A view
reads its tables with the rights of its owner, and fails for everybody where the new one has none on them.

Instead grant what the old owner still needs in the same transaction, or make sure that it is a member of the new one.

It is a note, since who is whose member, and what the application runs as, is known in production only. It does not
matter for what the same revision creates, nor where the old owner is granted rights in the same transaction.

https://www.postgresql.org/docs/current/ddl-priv.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.course import Course
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed, title
from alembic_ext.sqltext import ident

TABLE = "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t"
OWNER = 'op.execute("ALTER TABLE t OWNER TO pg_monitor")'


class OwnerChanged(Rule):
    """An old relation with another owner when the transaction ends."""

    id, slug, group = "LC219", "owner-changed", "compatibility"
    severity = "note"
    examples = (
        Example(f"{OWNER}  # <-", TABLE),
        Example('op.execute("ALTER VIEW v OWNER TO pg_monitor")  # <-', TABLE),
        Example('op.execute("DO $$BEGIN ALTER TABLE t OWNER TO pg_monitor; END$$")  # <-', TABLE),
        Example(f'{OWNER}\nop.execute("GRANT SELECT, INSERT ON t TO SESSION_USER")', TABLE),
        Example(f'{OWNER}\nop.execute("ALTER TABLE t OWNER TO CURRENT_USER")', TABLE),
        Example('op.execute("ALTER TABLE t OWNER TO CURRENT_USER")', TABLE),
        Example(f'op.execute("CREATE TABLE u (a int)")\n{OWNER.replace(" t ", " u ")}'),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for at in course.moments:
            lost = [now for oid, now in at.changed if oid in at.old and _loses(at, now)]
            if lost:
                yield Hit(
                    at,
                    f"{lost[0].owner} becomes the owner of {listed([title(one) for one in lost])}: the old one loses "
                    "the rights of an owner, and code that runs as it may fail",
                    "grant the old owner what it still needs, in the same transaction",
                    object=title(lost[0]),
                    table=lost[0].oid,
                )


def _loses(at: Moment, now: Relation) -> bool:
    """Whether the owner goes with this statement, and neither comes back nor is given rights before all is done."""
    then, old = at.before.get(now.oid), at.old[now.oid].owner
    if then is None or now.kind not in "rpvmfS" or then.owner != old or now.owner == old:
        return False
    last = [one for one in at.course.moments if one.did.transaction == at.did.transaction][-1].after.get(now.oid)
    if last is None or last.owner == old:
        return False
    return not any(right.partition("=")[0] in ("", old, ident(old)) for right in last.rights)


RULE = OwnerChanged()
