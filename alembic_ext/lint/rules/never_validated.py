"""A constraint is added NOT VALID, and not validated.

It applies to what is written from now on; the rows that are there may break it, the planner does not trust it, and a
later SET NOT NULL or ATTACH PARTITION reads the table again.

Instead plan the revision that validates it right away.

The revision after this one may do that: it is only said where it is asked for.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-VALIDATE-CONSTRAINT
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import validated
from alembic_ext.lint.course import Course
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title

TABLE = "CREATE TABLE account (age int)"
ADD = 'op.create_check_constraint("adult", "account", "age >= 18", postgresql_not_valid=True)'


class NeverValidated(Rule):
    """A constraint that is not valid at the end of the revision that adds it."""

    id, slug, group = "LB131", "never-validated", "project"
    severity = "note"
    default = False
    examples = (
        Example(f"{ADD}  # <-", TABLE),
        Example(f'{ADD}\nop.execute("ALTER TABLE account VALIDATE CONSTRAINT adult")', TABLE,
                also=("validated-while-locked",)),
        Example('op.execute("ALTER TABLE account ADD CHECK (age > 0) NOT ENFORCED")', TABLE, oldest=18),
    )  # fmt: skip

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for at in course.moments:
            for table, one in at.added:
                last = course.after.get(table.oid)
                kept = last.constraints.get(one.name) if last else None
                enforced = not at.did.definitions.get(one.oid, "").endswith("NOT ENFORCED")
                if kept and not kept.validated and enforced and last:
                    yield Hit(
                        at,
                        f"{one.name} of {title(table)} is not validated: the rows that are there may break it",
                        "validate it in the next revision",
                        "# in the next revision\n" + validated(last, one.name),
                        title(table),
                        table.oid,
                    )


RULE = NeverValidated()
