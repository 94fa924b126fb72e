"""What an operation of Alembic's that cannot be proved leaves untouched."""

from __future__ import annotations

from collections.abc import Callable

from tests.project import Project

MODELS = """\
import sqlalchemy as sa
from alembic_ext import View, register
metadata = sa.MetaData()
sa.Table("account", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.{}))
register(metadata, View("v", "SELECT 1 AS a", comment="said before", grants={{"public": "select"}}))
"""


def test_a_way_back_that_fails_costs_no_comment(project: Callable[..., Project]) -> None:
    shop = project(MODELS.format("Integer"))
    shop.revise()
    shop.alembic("upgrade", "head")
    shop.declare(MODELS.format("Text"))
    text = shop.revise()
    up, down = text.split("def downgrade")
    assert "not proved" not in up
    assert '# not proved: column "code" cannot be cast automatically to type integer' in down
    shop.alembic("upgrade", "head")
    shop.alembic("check")
