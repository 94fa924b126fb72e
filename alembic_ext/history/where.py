"""Where the sandboxes of a history are, and what is in them before the first revision."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_ext import sandbox
from alembic_ext.errors import AlembicExtError, HistoryFailed, SandboxUnavailable
from alembic_ext.history.database import EMPTY, Database, Parameters, create, url_of
from alembic_ext.history.ground import Ground
from alembic_ext.sandbox import server as sandbox_server
from alembic_ext.session import Session, connected
from alembic_ext.sqltext import ident, literal

if TYPE_CHECKING:
    from alembic_ext.history.kept import Template


WAYS = (
    "name a server for throw-away databases with --dev-url or dev-url in [tool.alembic-ext]; "
    "or install alembic-ext[embedded], which brings a PostgreSQL of its own; "
    "or allow them on the server that env.py names with --dev-on-server"
)
ANOTHER = (
    "name another server with --dev-url or dev-url in [tool.alembic-ext], or none: then that of alembic-ext[embedded] "
    "is used, where it is installed"
)


class Databases:
    """The sandboxes of one run, each made when it is first asked for."""

    def __init__(self, ground: Ground, ending: ExitStack) -> None:
        self.ground, self._ending = ground, ending
        self.marker = f"alembic-ext: a throw-away database of run {secrets.token_hex(16)}"
        self.found: dict[str, Database] = {}
        self.template: Template | None = None
        """What the next sandboxes are copies of."""
        self._bosses: dict[str, Session] = {}
        self._throwaway: Parameters | None = None
        self._made_roles: dict[str, set[str]] = {}

    def of(self, original: Parameters) -> Database:
        """The sandbox that stands for a database of the project.

        Raises:
            SandboxUnavailable: it cannot be made, or something that has to be in it cannot be had.
        """
        place = f"{original.get('host') or 'localhost'}:{original.get('port') or 5432}"
        label = f"{place}/{original.get('dbname', '')}"
        if label not in self.found:
            server = self._server(original)
            boss = self._boss(server)

            def create(name: str) -> None:
                self._create(boss, name, label, user)

            user = original.get("user", "")
            if self.ground.throwaway or (self.ground.dev_url is None and not self.ground.on_server):
                _provide(boss, {user, self.ground.role or "", *self.ground.roles})
            self._check(boss)
            name = self._ending.enter_context(sandbox.held(boss, create))
            database = Database(label, name, server, boss, user)
            self._ending.callback(database.unwatched)
            if self._template(label) == EMPTY:
                self._fill(database)
            self.found[label] = database
        return self.found[label]

    def afresh(self) -> None:
        """Make all of them anew, under their names."""
        for database in self.found.values():
            database.unwatched()
            sandbox.drop(database.boss, database.name)
        for place in self._bosses:
            self._drop_roles(place)
        for database in self.found.values():
            self._create(database.boss, database.name, database.label, database.user)
            if self._template(database.label) == EMPTY:
                self._fill(database)

    @contextmanager
    def noting_roles(self) -> Iterator[None]:
        """Note which roles a step makes: they are the whole server's, and a history begun again makes them again.

        On the server that env.py names nothing of that sort is run.
        """
        before = {place: _roles(boss) for place, boss in self._bosses.items()}
        try:
            yield
        finally:
            for place, boss in self._bosses.items():
                made = self._made_roles.setdefault(place, set())
                now = _roles(boss)
                made |= now - before.get(place, now)
                made &= now

    def _drop_roles(self, place: str) -> None:
        import psycopg

        if names := self._made_roles.pop(place, None):
            with suppress(psycopg.Error):  # something is left that is not ours
                self._bosses[place].run(f"DROP ROLE {', '.join(ident(name) for name in sorted(names))}")

    def _server(self, original: Parameters) -> Parameters:
        if self.ground.dev_url:
            try:
                found = sandbox_server.parameters(self.ground.dev_url)
            except SandboxUnavailable as error:
                problem = "the URL of the server for sandboxes is not valid"
                raise SandboxUnavailable(problem, server=error.server, help=self._help("correct it")) from None
            return {"dbname": sandbox_server.MAINTENANCE, **found}
        if self.ground.on_server:
            return {**original, "dbname": sandbox_server.MAINTENANCE}
        if self._throwaway is None:
            try:
                url = self._ending.enter_context(sandbox_server.embedded_url("embedded", ""))
            except SandboxUnavailable as error:
                raise SandboxUnavailable("there is no server for a sandbox", server=error.server, help=WAYS) from error
            self._throwaway = sandbox_server.parameters(url)
        return self._throwaway

    def _boss(self, server: Parameters) -> Session:
        place = url_of(server)
        if place not in self._bosses:
            with sandbox_server.lost("cannot connect to the server for sandboxes", self._help("correct its URL")):
                boss = connected(server, sandbox_server.SETTINGS)
            self._ending.callback(boss.close)
            self._bosses[place] = boss
            self._ending.callback(self._drop_roles, place)  # after the databases, before the session ends
            sandbox.sweep(boss, self.ground.role or "")
        return self._bosses[place]

    def _help(self, first: str) -> str:
        """What to do where the server for sandboxes is none: mend that which was named, or name another."""
        ways = ANOTHER if self.ground.dev_url else WAYS
        return f"{first}; or {ways}" if first else ways

    def _check(self, boss: Session) -> None:
        """Everything that is missing is one error."""
        ground = self.ground
        roles = _roles(boss)
        ready = {name for (name,) in boss.rows("SELECT name::text FROM pg_catalog.pg_available_extensions")}
        spoken = {name for (name,) in boss.rows("SELECT lanname::text FROM pg_catalog.pg_language")}
        wanted = [*([ground.role] if ground.role else []), *ground.roles]
        missing = [f"role {name}" for name in wanted if name not in roles]
        missing += [f"extension {name}" for name in ground.extensions if name not in ready]
        missing += [f"language {name}" for name in ground.languages if name not in ready | spoken]
        lost = [f"file {file}" for file in ground.baseline if not file.is_file()]
        if lost and not missing:
            raise AlembicExtError(f"there is no {', '.join(lost)}", help="correct baseline in [tool.alembic-ext]")
        if missing:
            raise SandboxUnavailable(
                f"what the sandbox has to hold is missing on its server: {', '.join(dict.fromkeys(missing + lost))}",
                help="install or make it there, or remove it from [tool.alembic-ext]",
            )

    def _template(self, label: str) -> str:
        """What the sandbox for a database is a copy of; a template is one of the only database of a project."""
        if self.template is None:
            return EMPTY
        if self.found.keys() <= {label} and self.template.label == label:
            return self.template.name
        self.template = None
        return EMPTY

    def dev(self) -> Session | None:
        """A session on the server for throw-away databases that outlives this run, if there is one."""
        kept = self.ground.dev_url is not None and not self.ground.throwaway
        return self._boss(self._server({})) if kept else None

    def _create(self, boss: Session, name: str, label: str, user: str) -> None:
        """Make a database, of the template if there is one; `_template` knows afterwards whether it was."""
        import psycopg

        if (template := self._template(label)) != EMPTY:
            try:
                create(boss, name, template, self.ground.role)
            except psycopg.Error:  # it may be dropped at any time
                self.template = None
        try:
            if self._template(label) == EMPTY:
                create(boss, name, EMPTY, self.ground.role)
            boss.run(f"COMMENT ON DATABASE {ident(name)} IS {literal(self.marker)}")
            for role, setting, value in self.ground.settings:
                if role in ("", self.ground.role or user):
                    boss.run(f"ALTER DATABASE {ident(name)} SET {ident(setting)} = {literal(value)}")
        except psycopg.Error as error:
            first = ""
            if isinstance(error, psycopg.errors.InsufficientPrivilege):
                first = f"ALTER ROLE {ident(boss.rows('SELECT current_user::text')[0][0])} CREATEDB"
            raise SandboxUnavailable(
                "no throw-away database can be made", server=str(error).strip(), help=self._help(first)
            ) from error

    def _fill(self, database: Database) -> None:
        import psycopg

        ground = self.ground
        if not (ground.extensions or ground.languages or ground.baseline):
            return
        session, what = database.connected(), ""
        try:
            there = {name for (name,) in session.rows("SELECT lanname::text FROM pg_catalog.pg_language")}
            for name in (*ground.extensions, *(name for name in ground.languages if name not in there)):
                what = f"extension {name}"
                session.run(f"CREATE EXTENSION IF NOT EXISTS {ident(name)} CASCADE")
            if ground.role:
                session.run(f"SET ROLE {ident(ground.role)}")
            for file in ground.baseline:
                what = str(file)
                session.run(_sql(file))
        except psycopg.Error as error:
            raise HistoryFailed(
                f"{what} cannot be loaded into the sandbox",
                server=str(error).strip(),
                help="correct it, or leave it out",
            ) from error
        finally:
            session.close()


def _sql(file: Path) -> str:
    """The statements of a file, as pg_dump writes them too: it puts two commands of psql around them."""
    lines = file.read_text("utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(("\\restrict", "\\unrestrict")))


def _roles(boss: Session) -> set[str]:
    return {name for (name,) in boss.rows("SELECT rolname::text FROM pg_catalog.pg_roles")}


def _provide(boss: Session, names: set[str]) -> None:
    for name in sorted(names - _roles(boss) - {""}):
        boss.run(f"CREATE ROLE {ident(name)} NOLOGIN")


def variable(databases: Databases, name: str) -> str:
    """The value for the environment variable in which env.py finds its URL.

    Raises:
        AlembicExtError: there is no URL in it that could be replaced.
    """
    original = os.environ.get(name, "")
    if not original:
        raise AlembicExtError(
            f"{name} is not set", help="it is url-env of [tool.alembic-ext]: set it as env.py expects it"
        )
    if "://" not in original:
        raise AlembicExtError(
            f"the environment variable {name} (url-env) is not a URL", help="set it as env.py expects it"
        )
    scheme = original.partition("://")[0]
    return url_of(databases.of(sandbox_server.parameters(original)).parameters, scheme)
