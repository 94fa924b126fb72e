"""A rule changes what the statements of the deployed code mean.

CREATE RULE takes an ACCESS EXCLUSIVE lock, and from then on the INSERTs, UPDATEs and DELETEs of everybody are rewritten
before they run: INSTEAD makes them do something else, ALSO something more, at times several times over for volatile
values. The code sees other numbers of rows, and RETURNING fails where the rule has none.

Instead use a trigger, which works row by row on what was really written.

It does not matter for a view or table that the same revision creates, nor where a rule of the same name was there.

https://www.postgresql.org/docs/current/rules-triggers.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import lock

TABLE = "CREATE TABLE t (a int PRIMARY KEY, b int); CREATE RULE known AS ON INSERT TO t DO ALSO NOTHING"


class RuleCreated(Rule):
    """CREATE RULE on an old table or view."""

    id, slug, group = "LC208", "rule-created", "compatibility"
    examples = (
        Example('op.execute("CREATE RULE kept AS ON DELETE TO t DO INSTEAD NOTHING")  # <-', TABLE),
        Example(
            'op.execute("CREATE VIEW v AS SELECT a, b FROM t")\n'
            'op.execute("CREATE RULE w AS ON UPDATE TO v DO INSTEAD UPDATE t SET b = NEW.b WHERE a = OLD.a")',
            TABLE,
        ),
        Example('op.execute("CREATE OR REPLACE RULE known AS ON INSERT TO t DO ALSO SELECT 1")', TABLE),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for oid, now in at.changed:
            then = at.before.get(oid)
            if oid not in at.old or then is None:
                continue
            known = {one.name for one in (*then.works, *at.old[oid].works) if one.sort == "rule"}
            for one in now.works:
                if one.sort == "rule" and one.name not in known:
                    yield Hit(
                        at,
                        f"{lock(at, oid)}, and from then on rule {one.name} rewrites the statements of the code that "
                        "is still deployed",
                        "use a trigger",
                        object=f"rule {one.name} on {now.schema}.{now.name}",
                        table=oid,
                        effects=(("lock", oid),),
                    )


RULE = RuleCreated()
