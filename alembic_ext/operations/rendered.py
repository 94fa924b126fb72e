"""The text of a revision, run as Alembic would: the header of the project's template, then rendered operations."""

from __future__ import annotations

import ast
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from alembic import op as op_module
from alembic import util
from alembic.autogenerate.render import _indent, _render_cmd_body
from alembic.operations import Operations
from alembic.operations.ops import MigrateOperation, UpgradeOps
from alembic.runtime.migration import MigrationContext

from alembic_ext.errors import NotProved
from alembic_ext.operations import template_of
from alembic_ext.sqltext import unescaped

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy.engine import Connection, Engine

GENERIC = "from alembic import op\nimport sqlalchemy as sa\n${imports or ''}\n"


@dataclass
class Runner:
    """Runs rendered text on one connection, in a transaction that the caller ends.

    Savepoints stand around each text, so that a refusal costs only that text.
    """

    connection: Connection
    context: MigrationContext
    namespace: dict[str, Any]

    @property
    def version(self) -> int:
        """``server_version_num``."""
        raw: Any = self.connection.connection.driver_connection
        return int(raw.info.server_version)

    def run(self, body: str) -> None:
        """Run the body of an upgrade function."""
        code = compile(f"def upgrade():\n    {body}\n", "<revision>", "exec")
        scope = dict(self.namespace)
        exec(code, scope)
        scope["upgrade"]()

    def attempt(self, body: str) -> Exception | None:
        """Run it; what it did is taken back if it fails, and the reason is given."""
        return self._attempt(lambda: self.run(body), whole="autocommit_block" in body)

    def invoke(self, operations: Sequence[MigrateOperation]) -> Exception | None:
        """Run operations that no text was made of; taken back if one fails."""

        def work() -> None:
            for operation in operations:
                Operations(self.context).invoke(operation)

        return self._attempt(work)

    def _attempt(self, work: Callable[[], object], *, whole: bool = False) -> Exception | None:
        savepoint = None if whole else self.connection.begin_nested()  # an autocommit block ends the transaction itself
        try:
            work()
        except Exception as error:
            if savepoint is not None:
                savepoint.rollback()
            return error
        if savepoint is not None:
            savepoint.commit()
        return None

    def send(self, sql: str) -> Exception | None:
        """Run a statement of our own that no revision has; taken back if it fails."""
        return self._attempt(lambda: self.connection.exec_driver_sql(sql, execution_options={"no_parameters": True}))

    def batch(self, bodies: Sequence[str]) -> bool:
        """Run what many bodies say in one round trip; False, and nothing done, if any of it fails."""
        recorder = _Recorder(self.connection)
        scope = {
            **self.namespace,
            **{name: recorder for name, value in self.namespace.items() if isinstance(value, Operations)},
        }
        source = "def upgrade():\n" + "".join(f"    {body}\n" for body in bodies)
        exec(compile(source, "<revision>", "exec"), scope)
        scope["upgrade"]()
        savepoint = self.connection.begin_nested()
        try:
            self.connection.exec_driver_sql("\n;\n".join(recorder.sent), execution_options={"no_parameters": True})
        except Exception:
            savepoint.rollback()
            return False
        savepoint.commit()
        return True


class _Recorder:
    """Stands in for ``op`` where a revision only executes text: keeps what would reach the server."""

    def __init__(self, connection: Connection) -> None:
        self.dialect, self.sent = connection.dialect, list[str]()

    def execute(self, text: str) -> None:
        self.sent.append(unescaped(text))


def header(context: AutogenContext) -> dict[str, Any]:
    """The names that a revision of this project has: those that its ``script.py.mako`` imports.

    Raises:
        NotProved: an import of the template fails.
    """
    from mako.template import Template

    source = template_of(context) or GENERIC
    revisions = context.opts.get("revision_context")
    arguments = dict(getattr(revisions, "template_args", {}))
    arguments |= context.opts.get("template_args") or {}
    script = context.migration_context.script
    if "config" not in arguments and script is not None:
        from alembic import context as environment

        arguments["config"] = environment.config
    text = Template(source).render_unicode(
        up_revision="",
        down_revision=None,
        branch_labels=None,
        depends_on=None,
        comma=util.format_as_comma,
        create_date=datetime.now(timezone.utc),
        message="",
        imports="\n".join(sorted(context.imports)),
        **{"upgrades": "pass", "downgrades": "pass"} | arguments,
    )
    scope: dict[str, Any] = {}
    for node in ast.parse(text).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            try:
                exec(compile(ast.Module([node], []), "<script.py.mako>", "exec"), scope)
            except ImportError as error:
                raise NotProved(
                    f"the script template says {ast.unparse(node)!r}, which fails",
                    server=str(error),
                    help="correct script.py.mako",
                ) from error
    return scope


def body(context: AutogenContext, operation: MigrateOperation) -> str:
    """The text that Alembic would write for one operation, indented as in a function."""
    return _indent(_render_cmd_body(UpgradeOps(ops=[operation]), context))


def _quietly(connection: Connection) -> MigrationContext:
    """A context of Alembic's, which would say each time what it is, as if the user's database were meant."""
    log = logging.getLogger("alembic.runtime.migration")
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        return MigrationContext.configure(connection, opts={"transaction_per_migration": True})
    finally:
        log.setLevel(level)


@contextmanager
def runner(engine: Engine, names: dict[str, Any]) -> Iterator[Runner]:
    """A transaction on the sandbox in which rendered text runs; it is committed unless an exception leaves it."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SET check_function_bodies = on")
        connection.commit()
        migration = _quietly(connection)
        operations = Operations(migration)
        scope = {name: operations if value is op_module else value for name, value in names.items()}
        with migration.begin_transaction(_per_migration=True):
            yield Runner(connection, migration, scope)
