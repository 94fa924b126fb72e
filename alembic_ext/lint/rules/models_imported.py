"""A revision imports models of the application.

The models are those of today, the revision's database is that of its day: sooner or later a model gets a column that
is not there yet when the revision runs, or is removed, and every new database, every test and every restored backup
fails on a revision that nobody has touched.

Instead describe in the revision what it needs: ``sa.table("account", sa.column("id"))``, or SQL.

It does not matter for what lies beside the revisions, nor for what never changes.
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.course import Course
from alembic_ext.lint.rule import Example, Hit, Rule


class ModelsImported(Rule):
    """An import of a table, of mapped classes or of their metadata."""

    id, slug, group = "LP102", "models-imported", "project"
    examples = (
        Example('from models import metadata  # <-\nop.execute("SELECT 1")'),
        Example('import models  # <-\nop.execute("SELECT 1")'),
        Example('account = sa.table("account", sa.column("id"))\nop.execute("SELECT 1")'),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for place, name in course.trace.models if course.moments else ():
            yield Hit(
                course.moments[0],
                f"{name} is imported: it will change, and the revision fails or does something else then",
                'describe what the revision needs: sa.table("…", sa.column("…"))',
                places=(place,),
                verdict="static",
            )


RULE = ModelsImported()
