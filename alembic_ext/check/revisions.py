"""Revision files as values, read without running them: from the working tree, or from a commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from alembic_ext.project.revision import Revision, read

if TYPE_CHECKING:
    from alembic_ext.project import Project
    from alembic_ext.project.git import Repository


def of_project(project: Project) -> dict[str, Revision]:
    """The revisions of the working tree by name; what Alembic knows beyond that (sourceless ones) is left out."""
    from pathlib import Path

    found = {}
    for script in project.script.walk_revisions():
        path = Path(script.path)
        if path.suffix == ".py" and (revision := read(project.relative(path), path.read_bytes())):
            found[script.revision] = revision
    return found


def of_commit(project: Project, repository: Repository, commit: str) -> dict[str, Revision]:
    """The revisions that a commit has in the folders where the project keeps them now."""
    folders = {repository.relative(folder) for folder in project.script._version_locations}
    files = [
        file
        for folder in sorted(folders)
        for file in repository.files(commit, folder)
        if file.endswith(".py") and (project.script.recursive_version_locations or _is_in(file, folder))
    ]
    made = (read(file, source) for file, source in repository.contents(commit, files).items())
    return {revision.name: revision for revision in made if revision is not None}


def _is_in(file: str, folder: str) -> bool:
    return file.rpartition("/")[0] == ("" if folder == "." else folder)


def heads(revisions: Iterable[Revision]) -> set[str]:
    """The names on which none of them stands."""
    some = list(revisions)
    return {one.name for one in some} - {name for one in some for name in one.down}


def below(names: Iterable[str], revisions: Mapping[str, Revision], *, depends: bool = True) -> set[str]:
    """These revisions, and all that they stand on or, if asked, depend on."""
    found: set[str] = set()
    labels = {label: one.name for one in revisions.values() for label in one.labels}
    waiting = list(names)
    while waiting:
        name = labels.get(name := waiting.pop(), name)
        if name not in found:
            found.add(name)
            if name in revisions:
                waiting += [*revisions[name].down, *(revisions[name].depends if depends else ())]
    return found
