"""Every folder here is a story, in the format that `tests.story` tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alembic_ext import embedded
from tests.story import Stage, Story

HERE = Path(__file__).parent
STORIES = sorted(path.parent for path in HERE.glob("*/before.sql"))


@pytest.mark.parametrize("folder", STORIES, ids=lambda folder: folder.name)
def test_story(folder: Path, server: embedded.Server, new_database: Callable[[], str], tmp_path: Path) -> None:
    story = Story.read(folder)
    if missing := story.missing(server.url):
        pytest.skip(f"needs {missing}")
    Stage(server.bin, server.url, new_database, tmp_path, offline=True).play(story)
