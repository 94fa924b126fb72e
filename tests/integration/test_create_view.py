"""SQLAlchemy 2.1's own views on a MetaData are declarations; what Alembic makes of them vanishes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.pgdump import Dump
from tests.project import Project

pytestmark = pytest.mark.skipif(
    tuple(map(int, sa.__version__.split(".")[:2])) < (2, 1), reason="CreateView came with SQLAlchemy 2.1"
)

MODELS = """
import sqlalchemy as sa
from sqlalchemy import CreateTableAs, CreateView
from alembic_ext import register

metadata = sa.MetaData()
person = sa.Table(
    "person", metadata,
    sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.Text), sa.Column("active", sa.Boolean),
)
active = CreateView(
    sa.select(person.c.id, person.c.email).where(person.c.active, person.c.email.like("%@%")), "active_person",
    metadata=metadata,
)
counted = CreateView(
    sa.select(active.table.c.email, sa.func.count().label("n")).group_by(active.table.c.email), "counted",
    materialized=True, metadata=metadata,
)
sa.Index("counted_email", counted.table.c.email, unique=True)
register(metadata, "CREATE VIEW above AS SELECT email FROM active_person")
"""


def test_views_on_the_metadata(project: Callable[..., Project], dump: Callable[..., Dump]) -> None:
    shop = project(MODELS)
    text = shop.revise()
    assert text.count("op.create_table(") == text.count("op.drop_table(") == 1
    assert "op.create_index" not in text
    for name in ("view active_person", "materialized view counted", "view above"):
        assert f"# create {name}" in text
    assert "CREATE VIEW active_person AS" in text
    assert "CREATE UNIQUE INDEX counted_email" in text
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    before = dump(shop.url)
    assert "counted_email; Type: INDEX; Schema: public; Owner: postgres" in before

    shop.declare(MODELS.replace("person.c.id, person.c.email)", "person.c.id, person.c.email, person.c.active)"))
    assert "# replace view active_person" in shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    shop.alembic("downgrade", "-1", bare=True)
    assert dump(shop.url) == before

    gone = MODELS.partition("counted = ")[0] + "register(metadata" + MODELS.partition("register(metadata")[2]
    shop.revisions()[-1].unlink()
    shop.declare(gone)
    text = shop.revise()
    assert "# drop materialized view counted" in text
    assert "op.drop_table" not in text
    assert "op.drop_index" not in text
