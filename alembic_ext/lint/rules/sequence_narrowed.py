"""A sequence gets fewer numbers.

With a smaller type (AS integer), or a lower MAXVALUE, the sequence ends sooner: nextval fails then, and every INSERT
that uses it. With CYCLE it begins anew instead and gives numbers that are in use; with INCREMENT in the other direction
it comes upon those that were given.

Instead leave the sequence as it is; numbers that are not used cost nothing.

It does not matter for a sequence that the same revision creates.

https://www.postgresql.org/docs/current/sql-altersequence.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Numbers
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title

SEQUENCE = "CREATE SEQUENCE s; CREATE SEQUENCE few AS integer"


class SequenceNarrowed(Rule):
    """ALTER SEQUENCE … AS, MAXVALUE, CYCLE and INCREMENT that leave less."""

    id, slug, group = "LC211", "sequence-narrowed", "compatibility"
    examples = (
        Example('op.execute("ALTER SEQUENCE s AS integer")  # <-', SEQUENCE),
        Example('op.execute("ALTER SEQUENCE s MAXVALUE 1000")  # <-', SEQUENCE),
        Example('op.execute("ALTER SEQUENCE s CYCLE")  # <-', SEQUENCE),
        Example('op.execute("ALTER SEQUENCE s INCREMENT -1")  # <-', SEQUENCE),
        Example('op.execute("ALTER SEQUENCE few AS bigint")\nop.execute("ALTER SEQUENCE s INCREMENT 5")', SEQUENCE),
        Example('op.execute("ALTER SEQUENCE s CACHE 10")\nop.execute("ALTER SEQUENCE s NO CYCLE")', SEQUENCE),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for oid, now in at.changed:
            then = at.before.get(oid)
            if oid not in at.old or then is None or then.numbers is None or now.numbers is None:
                continue
            if said := _less(then.numbers, now.numbers):
                yield Hit(
                    at, f"{title(now)} {said}", "leave it as it is", object=title(now), table=oid,
                    effects=(("lock", oid),),
                )  # fmt: skip


def _less(old: Numbers, new: Numbers) -> str:
    if (old.increment > 0) != (new.increment > 0):
        return "counts in the other direction: it comes upon the numbers that are in use"
    if new.cycle and not old.cycle:
        return "begins anew at its end: it gives numbers once more that are in use"
    if new.increment > 0 and new.max < old.max:
        return f"ends at {new.max}, and nextval fails from there on"
    if new.increment < 0 and new.min > old.min:
        return f"ends at {new.min}, and nextval fails from there on"
    return ""


RULE = SequenceNarrowed()
