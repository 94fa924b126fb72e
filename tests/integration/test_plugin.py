"""Alembic finds the package by its entry point: what revisions made is seen though no model imports it any more."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project import ROOT, Project

TABLES = """\
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("item", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""
OURS = (
    TABLES
    + """
from alembic_ext import View, register
register(metadata, View("v", "SELECT id FROM item"))
"""
)


@pytest.fixture
def installed(tmp_path: Path) -> str:
    """A PYTHONPATH on which the package is installed: what an installer writes of its entry points."""
    _, _, rest = (ROOT / "pyproject.toml").read_text().partition('[project.entry-points."alembic.plugins"]\n')
    line = rest.partition("\n")[0].partition("  #")[0].replace('"', "")
    folder = tmp_path / "site" / "alembic_ext-0.1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: alembic-ext\nVersion: 0.1.0\n")
    (folder / "entry_points.txt").write_text(f"[alembic.plugins]\n{line}\n")
    return os.pathsep.join([str(folder.parent), str(ROOT)])


def test_the_last_declaration_goes_with_the_import(project: Callable[..., Project], installed: str) -> None:
    shop = project(OURS)
    said = shop.alembic("revision", "--autogenerate", PYTHONPATH=installed).text
    assert said.count("Detected added view v") == 1
    shop.alembic("upgrade", "head", PYTHONPATH=installed)
    shop.declare(TABLES)
    said = shop.alembic("revision", "--autogenerate", PYTHONPATH=installed).text
    assert "nothing imports alembic_ext any longer" in said
    assert said.count("Detected removed view v") == 1
    assert 'op.execute("DROP VIEW v")' in shop.revisions()[-1].read_text()
    shop.alembic("upgrade", "head", bare=True, PYTHONPATH=installed)
    assert "No new upgrade operations detected." in shop.alembic("check", PYTHONPATH=installed).text


def test_projects_without_revisions_of_ours_are_left_alone(project: Callable[..., Project], installed: str) -> None:
    shop = project(TABLES + "sa.Table('t', metadata, sa.Column('e', sa.Enum('a', name='e')))")
    said = shop.alembic("revision", "--autogenerate", PYTHONPATH=installed).text
    assert "alembic.alembic_ext" not in said
    assert "CREATE TYPE" not in shop.revisions()[-1].read_text()
