"""In the child process: a file that `alembic upgrade --sql` has written is run, and watched as a revision is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from alembic.runtime.migration import MigrationContext

from alembic_ext.lint import ignores
from alembic_ext.lint.probe import Probe
from alembic_ext.lint.sent import ENDS, TRANSACTION, Piece
from alembic_ext.sqltext import Statement, split

RUNNING = "Running upgrade "
"""How Alembic begins the comment above what a revision does, in a file of SQL."""
_PSQL = re.compile(r"^\\set ON_ERROR_STOP on$", re.MULTILINE)
"""A line for psql in a file of ``alembic-ext deploy --sql``."""


def scripted(
    context: MigrationContext, _script: Any, _work: Callable[[], None], *, file: str, limit: float = 0
) -> dict[str, Any]:
    """The same of the statements of a file as ``alembic upgrade --sql`` writes it: its transactions are its own."""
    text = _PSQL.sub("", Path(file).read_text("utf-8"))
    found = split(text, file, numbered=True)  # what cannot be read is said before anything runs
    marks = ignores.in_sql(text, [one.text for one in found])
    probe = Probe(context, "", file, limit)
    with context.autocommit_block():
        return probe.run(lambda: _play(probe, file, zip(found, marks, strict=True), context), again=False)


def _play(
    probe: Probe, file: str, found: Iterable[tuple[Statement, tuple[str, ...]]], context: MigrationContext
) -> None:
    """Run the statements of a file; what fails does not end it."""
    probe.runner.lenient = True
    own = (context.version_table_schema or "", context.version_table)
    revision, begun = "", False
    for one, comments in found:
        if RUNNING in one.above:
            revision = one.above.rpartition(RUNNING)[2].partition("\n")[0].rpartition(" -> ")[2].strip()
        if _named(one.tree) == own:
            continue
        kind = one.tree.get("kind", "")
        if one.node == TRANSACTION and kind in ENDS:
            begun = ENDS[kind]
            probe.runner.send(one.text)
        else:
            place = (file, int(one.source.rpartition(":")[2]))
            probe.runner.take(Piece(one.text, one.node, one.tree, comments), place, revision, begun=begun)
    if begun:
        probe.runner.send("ROLLBACK")


def _named(tree: Mapping[str, Any]) -> tuple[str, str]:
    """The schema and name of the relation that a statement is about."""
    relation = tree.get("relation")
    if not isinstance(relation, Mapping):
        return "", ""
    return relation.get("schemaname", ""), relation.get("relname", "")
