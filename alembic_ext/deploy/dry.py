"""What a deploy would do, without doing it: the revisions, their SQL where it can be rendered, what is in the way."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_ext.deploy import assertions, trouble
from alembic_ext.deploy.hold import Project
from alembic_ext.deploy.trouble import Failed
from alembic_ext.errors import in_python
from alembic_ext.findings import Exit
from alembic_ext.session import connected

if TYPE_CHECKING:
    from alembic.config import Config

    from alembic_ext.deploy.asked import Options
    from alembic_ext.deploy.hold import Target


@dataclass(frozen=True)
class Planned:
    """One revision: what it says of itself, a remark of ours, its SQL (empty where it cannot be rendered)."""

    revision: str
    doc: str
    remark: str
    sql: str


@dataclass(frozen=True)
class Plan:
    """All of them, the databases, and what would stop the deploy."""

    steps: tuple[Planned, ...]
    databases: tuple[str, ...]
    failures: tuple[Failed, ...]


def planned(config: Config, target: str, options: Options) -> Plan:
    """Look, and tell."""
    project = Project(config, target, options.lock_timeout)
    targets = project.look()
    revisions = dict.fromkeys(one for target in targets for one in target.pending)
    return Plan(
        tuple(_step(project, revision) for revision in revisions),
        tuple(str(one.place) for one in targets),
        (*(failure for one in targets for failure in _in_the_way(project, one)), *_drifted(targets, options)),
    )


def _step(project: Project, revision: str) -> Planned:
    known = project.script.get_revision(revision)
    source = Path(known.path).read_text("utf-8")
    remarks = [f"asserts: {words or 'something'}" for words, _ in assertions.found(source)]
    if "autocommit_block" in source:
        remarks.append("is not one transaction, so it is never retried automatically")
    buffer = io.StringIO()
    try:
        trouble.render(project, buffer, revision)
        sql = trouble.without_version(buffer.getvalue())
    except BaseException as error:
        sql, words = "", " ".join(in_python(error).split())
        remarks.append(f"cannot be rendered without a connection: {words}"[:200])
    return Planned(revision, known.doc or "", "; ".join(remarks), sql)


def _drifted(targets: Sequence[Target], options: Options) -> list[Failed]:
    found = options.drift(targets) if options.drift and not any(one.unknown for one in targets) else ()
    return [trouble.drifted(found)] if found else []


def _in_the_way(project: Project, target: Target) -> list[Failed]:
    found = []
    if target.unknown:
        rows = ", ".join(target.unknown)
        found.append(Failed(f"{target.place} is at {rows}, a revision that this checkout does not have", Exit.USAGE))
    if target.note:
        session = connected(target.parameters, {})
        try:
            indexes = trouble.invalid(session.rows)
        finally:
            session.close()
        path = project.path(target.note.revision)
        found.append(trouble.interrupted(project, target.note, str(target.place), path, indexes))
    return found
