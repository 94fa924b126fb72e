"""What is told after a failure: what was committed, what is left of it, what to run or to undo. All of it was asked."""

from __future__ import annotations

import contextlib
import io
import re
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_ext.deploy.events import blocker
from alembic_ext.deploy.hold import Project
from alembic_ext.deploy.note import Note, numbered
from alembic_ext.errors import AlembicExtError, for_unset, plainly
from alembic_ext.findings import Exit
from alembic_ext.sqltext import ident, mentioned, split

if TYPE_CHECKING:
    from alembic_ext.deploy.journal import Step
    from alembic_ext.deploy.work import Failure


class Failed(AlembicExtError):
    """A deploy that did not do what it should; ``exit_code`` is that of the process, unless a ``signal`` came."""

    signal = 0

    def __init__(self, problem: str, code: int, *, where: str = "", server: str = "", help: str = "") -> None:
        super().__init__(problem, where=where, server=server, help=help)
        self.exit_code = code  # type: ignore[misc]  # of each, not of the class


@dataclass(frozen=True)
class Invalid:
    """An index that is not valid, its table, and the process that builds it, where one does (0: nobody can tell)."""

    schema: str
    name: str
    table: str
    builder: int | None

    @property
    def drop(self) -> str:
        """The statement that removes it."""
        return f"DROP INDEX CONCURRENTLY {ident(self.schema, self.name)}"

    def __str__(self) -> str:
        doing = {None: "nothing is building it", 0: "somebody is building an index that this role may not see"}
        about = doing.get(self.builder, f"process {self.builder} is building it")
        return f"{ident(self.schema, self.name)} on {ident(self.table)} ({about})"


def invalid(rows: Callable[[str], Any]) -> list[Invalid]:
    """The indexes of this database that are not valid, those of partitioned tables apart: they wait for partitions."""
    found = rows("""
        SELECT n.nspname::text, c.relname::text, t.relname::text,
               (SELECT CASE WHEN p.relid IS NULL THEN 0 ELSE p.pid END FROM pg_catalog.pg_stat_progress_create_index p
                WHERE p.datid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
                AND (p.relid = i.indrelid OR p.relid IS NULL) ORDER BY p.relid NULLS LAST LIMIT 1)
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
        JOIN pg_catalog.pg_class t ON t.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname !~ '^pg_(toast|temp)' ORDER BY 1, 2""")
    return [Invalid(*row) for row in found]


def concerned(indexes: Sequence[Invalid], statements: Sequence[str]) -> list[Invalid]:
    """Those of the indexes that these statements build: by name, or by table where the server gave the name."""
    found = []
    for one in indexes:
        bare = re.sub(r"_ccnew\d*$|_ccold\d*$", "", one.name)
        for sql in statements:
            with contextlib.suppress(AlembicExtError):
                names = mentioned(sql, {one.name.lower(), bare.lower(), one.table.lower()})
                if re.search(r"\bindex\b|\breindex\b", sql, re.IGNORECASE) and names:
                    found.append(one)
                    break
    return found


def rest(project: Project, revision: str, committed: int) -> list[str] | None:
    """What a revision would still have sent, with the version's own statement; None where it cannot be rendered."""
    buffer = io.StringIO()
    try:
        render(project, buffer, revision)
        found = [one.text for one in split(without_version(buffer.getvalue())) if one.node != "TransactionStmt"]
    except BaseException:  # env.py or the revision needs a connection, or does not do --sql at all
        return None
    return found[committed:]


def without_version(sql: str) -> str:
    """Rendered SQL without the statement that makes the version table, which Alembic puts first."""
    return re.sub(r"\A(.*?)CREATE TABLE [^;]*?version_num [^;]*;\s*", r"\1", sql, count=1, flags=re.DOTALL)


def render(project: Project, buffer: Any, revision: str) -> None:
    """Run env.py offline for one revision."""
    from alembic.runtime.environment import EnvironmentContext

    config, script = project.config, project.script
    below = script.get_revision(revision).down_revision
    start = below if isinstance(below, str) else below[0] if below else None

    def give(heads: Any, _: Any) -> Any:
        return [step for step in script._upgrade_revs(revision, heads) if step.revision.revision == revision]

    options = {"fn": give, "as_sql": True, "starting_rev": start, "destination_rev": revision}
    with EnvironmentContext(config, script, output_buffer=buffer, **options):
        script.run_env()


def partly(project: Project, step: Step, failure: Failure | None, indexes: Sequence[Invalid], words: str) -> Failed:
    """The message for a revision that cannot be rolled back and did not end."""
    before = step.earlier.left(step.committed) if step.earlier else ()
    broken = concerned(indexes, [*before, *step.committed, step.failed or "", step.running or ""])
    sure = "is" if before or step.committed or broken else "may be"
    lines = [f"revision {step.revision} {sure} partly applied; it will not be run again until somebody has looked"]
    lines += _before(before)
    if step.committed:
        lines += ["  committed:", numbered(step.committed)]
    if step.running:
        lines += ["  sent, but it is not known whether it took effect:", numbered([step.running])]
    if step.failed:
        lines += ["  failed:", numbered([step.failed])]
    left = _anew(rest(project, step.revision, len(step.committed)), broken)
    lines += [f"  invalid: {one}" for one in broken]
    lines += _left(left, before)
    return Failed(
        "\n".join(lines),
        Exit.PARTLY,
        where=step.path,
        server=failure.words if failure else words,
        help=_advice(step.revision, bool(left)),
    )


def _anew(left: list[str] | None, broken: Sequence[Invalid]) -> list[str] | None:
    """What is left to run, behind what takes the invalid indexes away that it would find under the names it uses."""
    if left is None:
        return None
    return [*(one.drop for one in concerned(broken, left) if one.builder is None), *left]


def _advice(revision: str, listed: bool) -> str:
    what = "what is left" if listed else "what is left (see the file; it cannot be rendered as SQL)"
    return (
        f"either run {what} by hand, then `alembic stamp {revision}`; or undo what was committed, then deploy with "
        "--repair, which drops its invalid indexes that nothing is building and runs the revision from its beginning"
    )


def _before(statements: Sequence[str]) -> list[str]:
    what = "  committed by an earlier run, and still there unless somebody has undone it:"
    return [what, numbered(statements)] if statements else []


def _left(statements: Sequence[str] | None, before: Sequence[str]) -> list[str]:
    apart = ", apart from what is still there" if before else ""
    return [f"  left to run{apart}:", numbered(statements)] if statements else []


def interrupted(project: Project, note: Note, where: str, path: str, indexes: Sequence[Invalid]) -> Failed:
    """The message for a revision in whose middle an earlier deploy was lost."""
    statements = [*note.before, *note.committed, note.running or ""]
    lines = [
        f"revision {note.revision} is partly applied: a deploy ({note.by}, {note.at}) did not finish it on {where}"
    ]
    lines += _before(note.before)
    lines += ["  committed:", numbered(note.committed)] if note.committed else []
    if note.running:
        lines += ["  sent last; check whether it took effect:", numbered([note.running])]
    broken = concerned(indexes, statements)
    lines += [f"  invalid: {one}" for one in broken]
    left = _anew(rest(project, note.revision, len(note.committed)), broken)
    lines += _left(left, note.before)
    return Failed("\n".join(lines), Exit.PARTLY, where=path, help=_advice(note.revision, bool(left)))


def refused(step: Step | None, failure: Failure | None, error: BaseException | None, code: int, help: str) -> Failed:
    """The message for a revision that failed and was rolled back whole."""
    words = failure.words if failure else _in_a_line(error)
    where = (step.path + _line(step.path, error)) if step else ""
    lines = [f"revision {step.revision} failed and was rolled back; nothing of it is left" if step else "failed"]
    lines += [f"  at: {numbered([step.failed]).strip()}"] if step and step.failed else []
    lines += [f"  in the way: {blocker(one)}" for one in failure.blockers] if failure else []
    help = "set it where deploy runs, then deploy again" if for_unset(words, "") else help
    if failure is None and not getattr(error, "orig", None):  # no server's words
        return Failed("\n".join([*lines, f"  {words}"]), code, where=where, help=help)
    return Failed("\n".join(lines), code, where=where, server=words, help=help)


def _line(path: str, error: BaseException | None) -> str:
    """``:line`` of the last statement of a file that an error came through."""
    frames = traceback.extract_tb(error.__traceback__) if error else []
    return next((f":{one.lineno}" for one in reversed(frames) if one.filename == path), "")


def _in_a_line(error: BaseException | None) -> str:
    """What an error of Python's says, in one line."""
    return " ".join(plainly(error).split())[:300] or repr(error) if error else "no error"


def drifted(found: Sequence[str]) -> Failed:
    """The message for a database that somebody has changed beside its revisions."""
    lines = ["the database differs from what its revisions give:", *found]
    return Failed("\n  ".join(lines), Exit.FINDINGS, help="`alembic-ext drift` shows how; no revision was begun")
