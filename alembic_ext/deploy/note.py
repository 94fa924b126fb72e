"""A note on the version table: that a revision is in its middle, for those who come after a deployer that was lost.

What a revision with an ``autocommit_block()`` has committed stays when it fails, or when the process is killed, and the
version table says nothing of it. So before the first of these commits the deploy writes, in that same transaction, what
it does into the comment of the version table, before each further statement it writes it anew, and the transaction that
writes the version takes it away. Whoever deploys next finds it and stops, instead of running the revision once more.

No table of ours is needed, and what the user's own comment said stays in front of it. COMMENT ON needs the owner of the
version table, which is who made it; where the role is another the deploy says that it goes without.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from alembic_ext import redact
from alembic_ext.sqltext import ident, literal

_NOTE = re.compile(r"\n?\[alembic-ext: (\{.*\})\]\Z", re.DOTALL)
_LONG = 400


@dataclass(frozen=True)
class Note:
    """What was committed of a revision, and what was running when this was written.

    ``before`` was committed when the revision was run the last time, and may have been undone since.
    """

    revision: str
    at: str
    by: str
    committed: tuple[str, ...] = ()
    running: str | None = None
    before: tuple[str, ...] = ()

    def left(self, committed: Sequence[str]) -> tuple[str, ...]:
        """What another run that has committed these finds of this one, unless somebody has undone it."""
        now = set(map(_short, committed))
        return tuple(one for one in dict.fromkeys(map(_short, (*self.committed, *self.before))) if one not in now)


def regclass(schema: str, table: str) -> str:
    """A version table as an expression: its oid, or NULL."""
    return f"pg_catalog.to_regclass({literal(ident(schema, table))})"


def read(rows: Callable[[str], Any], schema: str, table: str) -> tuple[str | None, Note | None, bool]:
    """The user's part of the comment, the note, and whether we may write one."""
    place = regclass(schema, table)
    found = rows(
        f"SELECT pg_catalog.obj_description(c.oid, 'pg_class'), pg_catalog.pg_has_role(c.relowner, 'USAGE') "
        f"FROM pg_catalog.pg_class c WHERE c.oid = {place}"
    )
    if not found:
        return None, None, True
    comment, ours = found[0]
    match = _NOTE.search(comment or "")
    if not match:
        return comment, None, bool(ours)
    return comment[: match.start()] or None, _parsed(match[1]), bool(ours)


def _parsed(text: str) -> Note:
    try:
        values = json.loads(text)
        return Note(
            str(values["revision"]),
            str(values.get("at", "?")),
            str(values.get("by", "?")),
            tuple(map(str, values.get("committed", ()))),
            values.get("running"),
            tuple(map(str, values.get("before", ()))),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return Note("?", "?", "?", (), "the note on the version table cannot be read")


def write(schema: str, table: str, comment: str | None, note: Note | None) -> str:
    """The statement that leaves a note behind the user's comment, or takes it away."""
    text = comment or ""
    if note is not None:
        short = Note(
            note.revision, note.at, note.by, tuple(map(_short, note.committed)), note.running and _short(note.running),
            tuple(map(_short, note.before)),
        )  # fmt: skip
        text += ("\n" if text else "") + f"[alembic-ext: {json.dumps(asdict(short))}]"
    return f"COMMENT ON TABLE {ident(schema, table)} IS {literal(text) if text else 'NULL'}"


def _short(sql: str) -> str:
    text = redact.text(sql.strip())
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"


def numbered(statements: Sequence[str]) -> str:
    """Statements as a list for people."""
    return "\n".join(f"    {place}. {_short(sql)}" for place, sql in enumerate(statements, 1))
