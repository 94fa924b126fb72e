"""Templates: what a history gave at some revision, kept on the server for throw-away databases for the next run.

One is a database of a name that begins with `PREFIX`, to which nobody may connect; it may be dropped at any time. Its
name is a digest of all that is known before a revision runs: the revisions and what is in their files, the
configuration, the versions. Its comment says what else was read when it was made: files, folders, variables, what the
server has beside its databases. It is used only where all of that is as it was. None is kept of a history that did
something outside of its database (a role, a setting of the database), or read what nobody can look at again (a program,
another server). The log says why (``alembic.alembic_ext.history.kept``, at DEBUG).

What reads the clock says so: ``volatile`` in ``[tool.alembic-ext]`` names such revisions, and no template has them, nor
what is above them.

*Measured* (``nox -s bench -- pipeline``), 300 revisions on 100 tables, of which 290 are in the template: `test` of the
last 10 takes 1.8 to 2.3 s without and 1.3 s with it. 540 files are compared, most of them Python's libraries.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_ext import sandbox
from alembic_ext.history.reads import listing, there
from alembic_ext.sqltext import ident, literal

if TYPE_CHECKING:
    from alembic_ext.history.database import Database
    from alembic_ext.history.ground import Ground
    from alembic_ext.history.values import Revision
    from alembic_ext.session import Session

log = logging.getLogger(f"alembic.{__name__}")

PREFIX = "alembic-ext-kept-"
FORMAT = "2"
WORTH = 25
"""Revisions: to play fewer takes no longer than to look whether a template is good."""
KEEP = 3
"""Templates of one project that stay; the oldest beyond them go."""

_CLUSTER = """
    SELECT md5(coalesce(string_agg(line, chr(10) ORDER BY line), '')) FROM (
      SELECT r::text FROM pg_catalog.pg_roles r
      UNION ALL SELECT m::text FROM pg_catalog.pg_auth_members m
      UNION ALL SELECT s::text FROM pg_catalog.pg_db_role_setting s WHERE setdatabase = 0
      UNION ALL SELECT t::text FROM pg_catalog.pg_tablespace t
      UNION ALL SELECT oid || ' ' || subname FROM pg_catalog.pg_subscription
      UNION ALL SELECT slot_name FROM pg_catalog.pg_replication_slots WHERE database IS NOT NULL
      UNION ALL SELECT name || ' ' || default_version FROM pg_catalog.pg_available_extensions
      UNION ALL SELECT name || ' ' || setting FROM pg_catalog.pg_settings
                WHERE source IN ('configuration file', 'command line', 'environment variable', 'global')
    ) AS found (line)"""
"""What a server has beside its databases, and revisions may depend on or change."""


@dataclass(frozen=True)
class Template:
    """A database that is copied; ``length`` is how many of the revisions are in it, ``label`` what it stands for."""

    name: str
    length: int
    label: str


class Kept:
    """The templates of one project.

    Args:
        boss: a session in the maintenance database of their server.
        ground: where the history is played.
        words: which project it is.
        folder: where its commands are run.
    """

    def __init__(self, boss: Session, ground: Ground, words: Sequence[str], folder: Path) -> None:
        self._boss, self._ground, self._folder = boss, ground, folder
        self._project = blake2b(repr((str(folder), list(words))).encode(), digest_size=4).hexdigest()
        self._begin = repr((
            FORMAT, sys.version, sys.executable, sys.prefix, list(sys.path), _libpq(ground.url_env),
            boss.version, boss.connection.info.user, str(folder), list(words), ground.role,
            sorted(ground.roles), list(ground.extensions), list(ground.languages), ground.url_env,
            _contents(map(str, ground.baseline)),
        ))  # fmt: skip

    def longest(self, revisions: Sequence[Revision], wanted: Sequence[Revision]) -> Template | None:
        """The template that has most of the ``wanted`` revisions, from the first on, if there is one that is good."""
        names = self._names(wanted)
        there = {name for (name,) in self._boss.rows(_LIKE.format(literal(f"{PREFIX}{self._project}")))}
        cluster: str | None = None
        for length in range(len(names), WORTH - 1, -1):
            name = names[length - 1]
            if name not in there:
                continue
            cluster = cluster or self.cluster()
            with suppress(KeyError, TypeError, ValueError):  # not what we say of one
                said = self._said(name)
                if said["cluster"] == cluster and said["digest"] == self._digest(said, revisions):
                    return Template(name, length, said["label"])
        return None

    def durable(self, revisions: Sequence[Revision]) -> int:
        """How many of these, from the first on, a template may have: 0 where that is not worth it."""
        count = len(self._names(revisions))
        if count < WORTH:
            log.debug("nothing is kept of %d revisions that are not volatile: they are less than %d", count, WORTH)
            return 0
        return count

    @cached_property
    def addresses(self) -> list[list[Any]]:
        """Where Python's own sockets reach the server."""
        import socket

        info = self._boss.connection.info
        if info.host.startswith("/"):
            return [[f"{info.host}/.s.PGSQL.{info.port}"]]
        hosts = {info.host, info.hostaddr}
        with suppress(OSError):
            hosts |= {str(found[4][0]) for found in socket.getaddrinfo(info.host, info.port)}
        return [[host, info.port] for host in sorted(hosts)]

    def cluster(self) -> str:
        """A digest of what the server has beside its databases."""
        return str(self._boss.rows(_CLUSTER)[0][0])

    def keep(
        self, database: Database, revisions: Sequence[Revision], played: Sequence[Revision], reads: Mapping[str, Any],
        cluster: str, marker: str,
    ) -> None:  # fmt: skip
        """Make a template of a sandbox in which nobody is, if it may be one.

        Args:
            database: the sandbox.
            revisions: all of the project.
            played: those that are in it.
            reads: what was read meanwhile.
            cluster: `cluster` before the first was played.
            marker: what the sandbox is marked with.
        """
        import psycopg

        if why := self._hindrance(database, reads, cluster, marker):
            log.debug("nothing is kept: %s", why)
            return
        names = self._names(played)
        own = {os.path.realpath(self._folder / one.file) for one in revisions}
        files, asked = ([path for path in reads[kind] if os.path.realpath(path) not in own] for kind in _PATHS)
        variables = [name for name in reads["variables"] if name != self._ground.url_env]  # we set that one
        folders = sorted(reads["folders"].keys() - set(reads["searched"]))
        said = {"files": sorted(files), "asked": asked, "folders": folders, "searched": reads["searched"]}
        said |= {"variables": variables, "iterated": reads["iterated"], "cluster": cluster, "label": database.label}
        said["digest"] = self._digest(said, revisions)
        if changed := _changed(reads):
            log.debug("nothing is kept: %s changed meanwhile", ", ".join(changed))
            return
        with suppress(psycopg.Error):  # another run was faster
            with sandbox.held(self._boss, database.copy) as name:
                self._boss.run(f"ALTER DATABASE {ident(name)} ALLOW_CONNECTIONS false")
                self._boss.run(f"COMMENT ON DATABASE {ident(name)} IS {literal(json.dumps(said))}")
                sandbox.drop(self._boss, names[-1])  # one that is not good any more
                self._boss.run(f"ALTER DATABASE {ident(name)} RENAME TO {ident(names[-1])}")
            self._forget()

    def _hindrance(self, database: Database, reads: Mapping[str, Any], cluster: str, marker: str) -> str:
        """Why a sandbox may be no template, whatever the files are; empty where it may."""
        if reads["outside"]:
            return f"nobody can tell what was read by {', '.join(reads['outside'])}"
        if cluster != self.cluster():
            return "the roles or settings of the server changed meanwhile"
        owner = literal(self._ground.role) if self._ground.role else "current_user"
        alone = _ALONE.format(name=literal(database.name), marker=literal(marker), owner=owner)
        return "" if self._boss.rows(alone)[0][0] else "something is set on the database that a copy would lack"

    def _forget(self) -> None:
        import psycopg

        old = self._boss.rows(_LIKE.format(literal(f"{PREFIX}{self._project}")))[KEEP:]
        for (name,) in old:
            with suppress(psycopg.Error):  # somebody copies it
                sandbox.drop(self._boss, name)

    def _names(self, revisions: Sequence[Revision]) -> list[str]:
        """The names that templates have which hold the first of these revisions, the first two, and so on."""
        state, found = blake2b(self._begin.encode(), digest_size=12), []
        for one in revisions:
            if one.id in self._ground.volatile:
                break
            state.update(repr((one.id, one.down, one.needs, _content(one.file))).encode())
            found.append(f"{PREFIX}{self._project}-{state.hexdigest()}")
        return found

    def _digest(self, said: Mapping[str, Any], revisions: Sequence[Revision]) -> str:
        """What is in the files and variables that were read, and which names are in the folders."""
        versions = {str(Path(os.path.realpath(self._folder / one.file)).parent) for one in revisions}
        listed = [(folder, _listing(folder, os.path.realpath(folder) in versions)) for folder in said["folders"]]
        listed += [(folder, _shown(listing(folder))) for folder in said["searched"]]
        variables = [(name, os.environ.get(name)) for name in said["variables"]]
        names = sorted(os.environ) if said["iterated"] else []
        found = (_contents(said["files"]), [(path, there(path)) for path in said["asked"]], listed, variables, names)
        return blake2b(repr(found).encode(), digest_size=16).hexdigest()

    def _said(self, name: str) -> dict[str, Any]:
        rows = self._boss.rows(
            "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_catalog.pg_database "
            f"WHERE datname = {literal(name)}"
        )
        found: dict[str, Any] = json.loads(rows[0][0]) if rows else {}
        return found


_PATHS = ("files", "asked")
_LIKE = "SELECT datname::text FROM pg_catalog.pg_database WHERE starts_with(datname, {}) ORDER BY oid DESC"
_ALONE = """
    SELECT datacl IS NULL AND datconnlimit = -1 AND datallowconn AND NOT datistemplate
           AND pg_get_userbyid(datdba) = {owner} AND shobj_description(oid, 'pg_database') = {marker}
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting WHERE setdatabase = d.oid)
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_shseclabel WHERE objoid = d.oid)
    FROM pg_catalog.pg_database d WHERE datname = {name}"""
"""Whether nothing is set on a database that a copy would lack."""


def _contents(files: Any) -> list[tuple[str, str]]:
    return [(path, _content(path)) for path in files]


def _content(path: str) -> str:
    try:
        return blake2b(Path(path).read_bytes(), digest_size=16).hexdigest()
    except OSError:
        return ""


def _listing(folder: str, of_revisions: bool) -> list[str]:
    """The names in a folder; revisions are told apart by what is in them."""
    return [name for name in listing(folder) if not (of_revisions and name.endswith(".py"))]


def _shown(names: Sequence[str]) -> list[str]:
    """Those of the names in a folder that count where modules are searched for."""
    return [name for name in names if not name.startswith(".")]


def _libpq(url_env: str | None) -> list[tuple[str, str]]:
    """What libpq takes from the environment, besides passwords."""
    return sorted(
        (name, value) for name, value in os.environ.items()
        if name == "TZ" or (name.startswith("PG") and "PASS" not in name and name != url_env)
    )  # fmt: skip


def _mark(path: str) -> tuple[int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _changed(reads: Mapping[str, Any]) -> list[str]:
    """What is not as it was when it was first read."""
    found = {path for path, mark in reads["files"].items() if _mark(path) != (mark and tuple(mark))}
    found |= {path for path, was in reads["asked"].items() if there(path) != was}
    searched = set(reads["searched"])
    for path, names in reads["folders"].items():
        now = listing(path)
        if (_shown(now) != _shown(names)) if path in searched else (now != names):
            found.add(path)
    return sorted(found)
