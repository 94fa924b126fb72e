"""Copies of a project and of its database: a test that changes either gets its own."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from alembic_ext import embedded
from tests.databases import Cluster, Janitor
from tests.project import Project


def databases(server: embedded.Server) -> Callable[..., str]:
    """Give a function that makes a database on a server, a copy of another one perhaps, and gives its URL."""
    numbers = itertools.count(1)

    def make(template: str = "template0") -> str:
        made = Janitor(Cluster(server), f"shop_{next(numbers)}", template)
        made.init()
        return made.url

    return make


def name_of(project: Project) -> str:
    """Give the name of a project's database."""
    return urlsplit(project.url).path[1:]


def copied(origin: Project, folder: Path, url: str) -> Project:
    """Copy a project for another database."""
    shutil.copytree(origin.folder, folder)
    made = Project(folder, url)
    made.edit(folder / "alembic.ini", str(origin.folder), str(folder))
    for end in "?", "\n":
        if f"/{name_of(origin)}{end}" in (folder / "alembic.ini").read_text():
            made.edit(folder / "alembic.ini", f"/{name_of(origin)}{end}", f"/{name_of(made)}{end}")
    return made


def configure(project: Project, more: str) -> None:
    """Add keywords to ``context.configure``."""
    project.edit(project.env, "target_metadata=target_metadata", f"target_metadata=target_metadata, {more}")


def done_by(text: str) -> str:
    """Give what a script does, without its head, which holds the hour."""
    return text[text.index("def upgrade()") :]
