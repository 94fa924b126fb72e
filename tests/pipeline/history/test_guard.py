"""Whatever env.py does to connect, nothing is ever sent to the user's database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from alembic_ext import embedded
from alembic_ext.errors import HistoryFailed, Refused, SandboxUnavailable
from alembic_ext.history import Ground, opened
from tests.project import ROOT, Project

REVISION = """
from alembic import op
revision = "{id}"
down_revision = {down!r}
branch_labels = depends_on = None
def upgrade():
    {up}
def downgrade():
    {back}
"""


def add(project: Project, id: str, up: str, back: str = "pass", down: str | None = None) -> None:
    text = REVISION.format(id=id, up=up, back=back, down=down)
    (project.folder / "migrations" / "versions" / f"{id}.py").write_text(text)


class Production:
    """A database of which the server writes down every statement."""

    def __init__(self, url: str, server: embedded.Server) -> None:
        self.url, self._server = url, server
        with psycopg.connect(url, autocommit=True) as connection:
            name = connection.info.dbname
            connection.execute("CREATE TABLE precious (id int)")
            connection.execute(f"ALTER DATABASE {name} SET log_statement = 'all'")
        self._before = len(server.log.read_bytes())

    @property
    def statements(self) -> list[str]:
        lines = self._server.log.read_bytes()[self._before :].decode(errors="replace").splitlines()
        return [line for line in lines if "statement:" in line or "execute " in line]


@pytest.fixture
def production(database: str, server: embedded.Server) -> Production:
    return Production(database, server)


@pytest.fixture
def made(project: Callable[..., Project], production: Production) -> Callable[..., Project]:
    def make(**how: str) -> Project:
        found = project("metadata = None", url=production.url, **how)
        add(found, "one", "op.execute('CREATE TABLE t (id int)')", "op.execute('DROP TABLE t')")
        return found

    return make


def replaced(project: Project, engine: str) -> Project:
    """Let env.py make its engine so."""
    text = project.env.read_text()
    begin = text.index("    connectable = engine_from_config(")
    end = text.index("    with connectable.connect()")
    project.env.write_text(text[:begin] + engine.replace("ADDRESS", repr(project.url)) + "\n" + text[end:])
    return project


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_urls_are_redirected(
    made: Callable[..., Project], production: Production, server_url: str, driver: str
) -> None:
    with opened(Ground(dev_url=server_url), folder=made(driver=driver).folder) as history:
        assert history.walk([("up", "one")]) is None
        (database,) = history.databases
        assert [str(key) for _, key in history.objects() if key.name == "t"] == ["table public.t"]

        assert database.name != psycopg.conninfo.conninfo_to_dict(production.url)["dbname"]
    assert production.statements == []


def test_async_engines_are_redirected(made: Callable[..., Project], production: Production, server_url: str) -> None:
    project = made(template="async", driver="asyncpg")
    with opened(Ground(dev_url=server_url, role="postgres"), folder=project.folder) as history:
        assert history.walk([("up", "one"), ("down", "one"), ("up", "one")]) is None
        assert "t" in {key.name for _, key in history.objects()}
    assert production.statements == []


HOOK = """
    from sqlalchemy import create_engine, event
    connectable = create_engine("postgresql+psycopg://somewhere/else")
    @event.listens_for(connectable, "do_connect")
    def with_a_token(dialect, record, cargs, cparams):
        import psycopg
        return psycopg.connect(ADDRESS)
    @event.listens_for(connectable, "connect")
    def first_words(connection, record):
        connection.execute("SELECT 1")
"""


def test_a_connect_hook_is_not_asked(made: Callable[..., Project], production: Production, server_url: str) -> None:
    with opened(Ground(dev_url=server_url), folder=replaced(made(), HOOK).folder) as history:
        assert history.walk([("up", "one")]) is None
        assert [database.label for database in history.databases] == ["somewhere:5432/else"]
    assert production.statements == []


CREATOR = """
    import psycopg
    from sqlalchemy import create_engine, event
    connectable = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(ADDRESS))
    @event.listens_for(connectable, "first_connect")
    def first_words(connection, record):
        connection.execute("SELECT 1")
"""
POOL = """
    import psycopg2
    from sqlalchemy import create_engine
    from sqlalchemy.pool import QueuePool
    own = QueuePool(lambda: psycopg2.connect(ADDRESS))
    try:
        own.connect().cursor().execute("SELECT 1")
    except BaseException:
        pass
    connectable = create_engine("postgresql+psycopg2://", pool=own)
"""
ASYNC_CREATOR = """
    import asyncpg
    from sqlalchemy.ext.asyncio import create_async_engine
    async def connect():
        return await asyncpg.connect(ADDRESS)
    connectable = create_async_engine("postgresql+asyncpg://", async_creator=connect)
"""


@pytest.mark.parametrize("engine", [CREATOR, POOL], ids=["creator", "pool"])
def test_other_connections_are_refused(
    made: Callable[..., Project], production: Production, server_url: str, engine: str
) -> None:
    project = replaced(made(), engine)
    with opened(Ground(dev_url=server_url), folder=project.folder) as history, pytest.raises(Refused) as refused:
        history.walk([("up", "one")])

    assert production.statements == []
    assert psycopg.conninfo.conninfo_to_dict(production.url)["dbname"] in str(refused.value)
    assert f"{project.env}:" in str(refused.value)
    assert "url-env" in str(refused.value)


def test_other_async_connections_are_refused(
    made: Callable[..., Project], production: Production, server_url: str
) -> None:
    project = made(template="async", driver="asyncpg")
    text = project.env.read_text()
    begin, end = text.index("    connectable = async_engine_from_config("), text.index("    async with connectable")
    project.env.write_text(text[:begin] + ASYNC_CREATOR.replace("ADDRESS", repr(project.url)) + "\n" + text[end:])
    with opened(Ground(dev_url=server_url), folder=project.folder) as history, pytest.raises(Refused):
        history.walk([("up", "one")])

    assert production.statements == []


def test_a_variable_leads_what_cannot_be_redirected(
    made: Callable[..., Project], production: Production, server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = """
    import os, psycopg
    from sqlalchemy import create_engine
    address = os.environ["DATABASE_URL"].replace("+psycopg", "")
    connectable = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(address))
"""
    monkeypatch.setenv("DATABASE_URL", production.url.replace("postgresql:", "postgresql+psycopg:"))
    with opened(Ground(dev_url=server_url, url_env="DATABASE_URL"), folder=replaced(made(), engine).folder) as history:
        assert history.walk([("up", "one")]) is None
    assert production.statements == []


def test_a_driver_alone_is_not_seen(
    made: Callable[..., Project], production: Production, server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docs/pipeline.md says, with what helps: the variable in which env.py finds its URL."""
    engine = """
    import os, psycopg
    from sqlalchemy import create_engine
    with psycopg.connect(os.environ["DATABASE_URL"]) as alone:
        alone.execute("SELECT 'alone'")
    connectable = create_engine(os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:"))
"""
    monkeypatch.setenv("DATABASE_URL", production.url)
    project = replaced(made(), engine)
    with opened(Ground(dev_url=server_url, url_env="DATABASE_URL"), folder=project.folder) as history:
        assert history.walk([("up", "one")]) is None
    assert production.statements == []
    with opened(Ground(dev_url=server_url), folder=project.folder) as history:
        assert history.walk([("up", "one")]) is None
    sent = [line.partition("statement: ")[2] for line in production.statements]
    assert [line for line in sent if line not in ("BEGIN", "COMMIT")] == [
        "SELECT 'alone'"
    ] * 2  # env.py is run to see what it does, then for the steps
    assert "**What is not seen** is a connection" in (ROOT / "docs" / "pipeline.md").read_text()


def test_other_databases_are_refused(made: Callable[..., Project], tmp_path: Path, server_url: str) -> None:
    engine = f"""
    from sqlalchemy import create_engine
    connectable = create_engine("sqlite:///{tmp_path}/some.db")
"""
    with opened(Ground(dev_url=server_url), folder=replaced(made(), engine).folder) as history:
        with pytest.raises(Refused, match="an unknown database, made with sqlite3"):
            history.walk([("up", "one")])


def test_nothing_is_left_behind(made: Callable[..., Project], server_url: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        count = "SELECT count(*) FROM pg_database WHERE starts_with(datname, 'alembic_ext_')"
        with opened(Ground(dev_url=server_url), folder=made().folder) as history:
            assert history.walk([("up", "one")]) is None
            history.look()
            assert connection.execute(count).fetchone() == (1,)

        assert connection.execute(count).fetchone() == (0,)


def test_the_server_in_use_is_left_alone(made: Callable[..., Project]) -> None:
    project = made()
    add(project, "two", "op.execute('CREATE TABLE u (); DROP ROLE IF EXISTS boss')", down="one")
    with opened(Ground(on_server=True), folder=project.folder) as history:
        assert history.walk([("up", "one")]) is None
        failure = history.walk([("up", "two")])

    assert failure
    assert failure.refused
    assert failure.message == "'DROP ROLE IF' acts on the whole server, and this sandbox is on the one in use"
    assert "--dev-url" in str(failure.error("two failed"))


def test_what_is_missing_is_one_error(made: Callable[..., Project], server_url: str, tmp_path: Path) -> None:
    ground = Ground(
        server_url, roles=["no1", "postgres"], role="no2", extensions=["pg_trgm", "no3"], languages=["no4", "plpgsql"],
        baseline=[tmp_path / "no5.sql"],
    )  # fmt: skip
    with opened(ground, folder=made().folder) as history:
        with pytest.raises(SandboxUnavailable) as missing:
            history.walk([("up", "one")])

    assert "role no2, role no1, extension no3, language no4, file " in str(missing.value)
    assert "pg_trgm" not in str(missing.value)


def test_what_is_there_before_the_first_revision(made: Callable[..., Project], server_url: str, tmp_path: Path) -> None:
    (tmp_path / "base.sql").write_text("\\restrict x\nCREATE TABLE old (t text); \n\\unrestrict x\n")
    project = made()
    add(project, "two", "op.execute('CREATE INDEX ON old USING gin (t gin_trgm_ops)')", down="one")
    ground = Ground(server_url, extensions=["pg_trgm"], baseline=[tmp_path / "base.sql"])
    with opened(ground, folder=project.folder) as history:
        assert history.walk([("up", "one"), ("up", "two")]) is None


def test_who_is_no_superuser_must_own(made: Callable[..., Project], server_url: str, tmp_path: Path) -> None:
    project = made()
    add(project, "two", "op.execute('CREATE EXTENSION file_fdw')", down="one")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS keeper")
        connection.execute("CREATE ROLE keeper")
    with opened(Ground(server_url, role="keeper"), folder=project.folder) as history:
        failure = history.walk([("up", "one"), ("up", "two")])

    assert failure
    assert (failure.done, failure.state) == (1, "42501")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("DROP ROLE keeper")


def test_a_child_that_ends_is_an_error(made: Callable[..., Project], server_url: str) -> None:
    project = replaced(made(), "    import os; print('goodbye', flush=True); os._exit(7)")
    with opened(Ground(dev_url=server_url), folder=project.folder) as history:
        with pytest.raises(HistoryFailed, match=r"code 7\n  server: goodbye"):
            history.walk([("up", "one")])


def test_an_env_that_runs_nothing_is_an_error(made: Callable[..., Project], server_url: str) -> None:
    project = made()
    project.env.write_text("pass")
    with opened(Ground(dev_url=server_url), folder=project.folder) as history:
        failure = history.walk([("up", "one")])
    assert failure
    assert failure.message == "env.py did not run any migration"


def test_an_env_that_swallows_errors_does_not_hide_them(made: Callable[..., Project], server_url: str) -> None:
    project = made()
    add(project, "two", "op.execute('SELECT 1/0')", down="one")
    project.edit(
        project.env,
        "            context.run_migrations()",
        "            try:\n                context.run_migrations()\n            except Exception:\n                pass",
    )
    with opened(Ground(dev_url=server_url), folder=project.folder) as history:
        failure = history.walk([("up", "one"), ("up", "two")])
    assert failure
    assert (failure.state, failure.stepping) == ("22012", True)
