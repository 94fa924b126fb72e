"""Constraints and indexes of the models that changed in a way which Alembic does not see."""

from __future__ import annotations

from collections.abc import Callable

from tests.pgdump import Dump
from tests.project import Project

MODELS = """\
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint, INT4RANGE
metadata = sa.MetaData()
a = sa.Table("a", metadata, sa.Column("id", sa.Integer, primary_key=True))
b = sa.Table("b", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer), sa.Column("y", sa.Text),
  sa.Column("r", INT4RANGE), {})
"""
BEFORE = MODELS.format(
    """
  sa.CheckConstraint("x > 0", name="positive"), sa.CheckConstraint("y IN ('a', 'b')", name="same"),
  sa.UniqueConstraint("x", name="once"), sa.ForeignKeyConstraint(["x"], ["a.id"], name="to_a"),
  sa.Index("partial", "x", postgresql_where=sa.text("y = 'a'")), sa.Index("expression", sa.text("lower(y)")),
  sa.Index("covering", "y", postgresql_include=["x"])"""
)
AFTER = MODELS.format(
    """
  sa.CheckConstraint("x > 1", name="positive"), sa.CheckConstraint("y IN ('a', 'b')", name="same"),
  sa.CheckConstraint("x < 100", name="small"), ExcludeConstraint(("r", "&&"), name="apart"),
  sa.UniqueConstraint("x", name="once", deferrable=True, initially="DEFERRED"),
  sa.ForeignKeyConstraint(["x"], ["a.id"], name="to_a", deferrable=True),
  sa.Index("partial", "x", postgresql_where=sa.text("y = 'b'")), sa.Index("expression", sa.text("upper(y)")),
  sa.Index("covering", "y", postgresql_include=["x"])"""
)
ON = "alembic_ext={'compare': 'all'}"


def test_they_are_found_and_changed(
    project: Callable[..., Project], dump: Callable[..., Dump], new_database: Callable[[], str]
) -> None:
    shop = project("import alembic_ext\n" + BEFORE, configure=ON)
    shop.revise()
    shop.alembic("upgrade", "head")
    shop.alembic("check")
    before = dump(shop.url)
    shop.declare("import alembic_ext\n" + AFTER)
    answer = shop.alembic("check", code=255)
    assert "small" in answer.text
    script = shop.revise()
    said = [
        line.strip()
        for line in script.partition("def downgrade")[0].splitlines()
        if "# create" in line or "# recreate" in line
    ]
    assert sorted(said) == [
        "# create constraint apart on b",
        "# create constraint small on b",
        "# recreate constraint once on b",
        "# recreate constraint positive on b",
        "# recreate index partial",
    ]
    shop.alembic("upgrade", "head")
    shop.alembic("check")
    directly = project("import alembic_ext\n" + AFTER, url=new_database())
    directly.revise()
    directly.alembic("upgrade", "head")
    assert dump(shop.url) == dump(directly.url)
    shop.alembic("downgrade", "-1")
    assert dump(shop.url) == before
    shop.alembic("upgrade", "head")
    shop.declare("import alembic_ext\n" + AFTER.replace('sa.CheckConstraint("x < 100", name="small"), ', ""))
    assert "# drop constraint small on b" in shop.revise()


def test_without_the_option_nothing_is_compared(project: Callable[..., Project]) -> None:
    shop = project("import alembic_ext\n" + BEFORE)
    shop.revise()
    shop.alembic("upgrade", "head")
    shop.declare("import alembic_ext\n" + BEFORE.replace("x > 0", "x > 1"))
    shop.alembic("check")


def test_an_unknown_group_is_an_error(project: Callable[..., Project]) -> None:
    shop = project("import alembic_ext\n" + BEFORE, configure="alembic_ext={'compare': ['triggers']}")
    answer = shop.alembic("check", code=255)
    assert "there is no group 'triggers'" in answer.text
