"""Two databases: what the history gives, and production, a copy of it that is tampered with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg
import pytest

from alembic_ext.drift import Options, compared
from alembic_ext.drift.connection import connected
from alembic_ext.drift.reader import Reading, read
from alembic_ext.drift.revisions import versions
from alembic_ext.findings import Report
from alembic_ext.sandbox.server import parameters
from tests.pipeline.drift.schema import ROLES, SCHEMA


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode(), prepare=False)


def reading(url: str, owner: str = "") -> Reading:
    with connected(parameters(url)) as there:
        found = versions(there)
        return read(there, owner or (found.owner if found else ""))


@dataclass
class Copy:
    """Production: a copy of what the history gives, made anew after each test that left it changed."""

    admin: str
    url: str
    want: Reading
    template: str
    dirty: bool = False

    def tamper(self, sql: str) -> None:
        """Change it by hand."""
        self.dirty = True
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET allow_system_table_mods = on; SET ROLE drift_app; RESET ROLE")
            for statement in sql.split("; "):
                mine = "DEFAULT PRIVILEGES" in statement or statement.startswith("CREATE")
                connection.execute(f"SET ROLE {'drift_app' if mine else 'postgres'}".encode())
                connection.execute(statement.encode(), prepare=False)

    def drift(self, **options: object) -> Report:
        """Look at it, without a word of whether two definitions mean the same."""
        with connected(parameters(self.url)) as there:
            table = versions(there)
            assert table is not None
            have = read(there, table.owner)
        return compared(have, self.want, Options(**options), table)  # type: ignore[arg-type]

    def renew(self) -> None:
        """Copy it again."""
        name = urlsplit(self.url).path[1:]
        run(
            self.admin,
            f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
            f"CREATE DATABASE {name} TEMPLATE {self.template}",
        )
        self.dirty = False


@pytest.fixture(scope="session")
def original(server_url: str) -> Iterator[tuple[str, str]]:
    """The admin's URL and that of the database that everything is copied from."""
    url = urlsplit(server_url)._replace(path="/drift_want").geturl()
    run(server_url, "DROP DATABASE IF EXISTS drift_want", *(f"CREATE ROLE {name} SUPERUSER" for name in ROLES))
    run(server_url, "CREATE DATABASE drift_want TEMPLATE template0 OWNER drift_app")
    run(url, "SET ROLE drift_app;" + SCHEMA)
    yield server_url, url
    run(server_url, "DROP DATABASE drift_want WITH (FORCE)", *(f"DROP ROLE {name}" for name in ROLES))


@pytest.fixture(scope="session")
def shared(original: tuple[str, str]) -> Iterator[Copy]:
    admin, url = original
    made = Copy(admin, urlsplit(admin)._replace(path="/drift_have").geturl(), reading(url), "drift_want", dirty=True)
    yield made
    run(admin, "DROP DATABASE IF EXISTS drift_have WITH (FORCE)")


@pytest.fixture
def production(shared: Copy) -> Copy:
    if shared.dirty:
        shared.renew()
    return shared
