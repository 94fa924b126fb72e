"""What a long history gave is kept for the next run, and never used where it would give something else now."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from alembic_ext.history import Ground, History, Revision, opened
from alembic_ext.history.kept import KEEP, PREFIX, WORTH, Kept, Template
from tests.project import Project

REVISION = """
from pathlib import Path
from alembic import op
revision = "{id}"
down_revision = {down!r}
branch_labels = depends_on = None
def upgrade():
    print("played {id}")
    {up}
def downgrade():
    pass
"""
READS = """
    for file in sorted(Path(__file__).parent.parent.joinpath("sql").iterdir()):
        op.execute(file.read_text())
    if Path(__file__).parent.parent.joinpath("extra.sql").is_file():
        op.execute("CREATE TABLE extra ()")
    from tables import name
    op.execute(f"CREATE TABLE {name} ()")
    import os
    if named := os.environ.get("KEPT_NAME"):
        op.execute(f"CREATE TABLE {named} ()")
"""


class Shop:
    """A project with so many revisions that it is worth it, of which the second reads files."""

    def __init__(self, project: Project, server_url: str) -> None:
        self.project, self.server_url, self.count = project, server_url, 0
        self.sql = project.folder / "migrations" / "sql"
        self.sql.mkdir()
        (self.sql / "one.sql").write_text("CREATE TABLE one ()")
        (project.folder / "tables.py").write_text("name = 'two'\n")
        self.add("pass")
        self.add(READS.strip())
        for _ in range(WORTH - 2):
            self.add("pass")

    def path(self, number: int) -> Path:
        return self.project.folder / "migrations" / "versions" / f"r{number}.py"

    def add(self, up: str) -> str:
        down = f"r{self.count - 1}" if self.count else None
        self.path(self.count).write_text(REVISION.format(id=f"r{self.count}", down=down, up=up))
        self.count += 1
        return f"r{self.count - 1}"

    def played(self, *, without: int = 0, **how: object) -> tuple[int, set[str]]:
        """How many revisions ran, and the tables that are there then."""
        ground = Ground(dev_url=self.server_url, **{"cache": True, **how})  # type: ignore[arg-type]
        with opened(ground, words=["-c", "alembic.ini"], folder=self.project.folder) as history:
            ids = [one.id for one in history.revisions]
            assert history.reach(ids[: len(ids) - without]) is None
            history.look()
            tables = {key.name for _, key in history.objects() if key.kind == "table"} - {"alembic_version"}
            return history.output.count("played"), tables

    @property
    def kept(self) -> list[str]:
        with psycopg.connect(self.server_url) as connection:
            like = f"SELECT datname FROM pg_database WHERE starts_with(datname, '{PREFIX}')"
            return [name for (name,) in connection.execute(like.encode()).fetchall()]


@pytest.fixture
def shop(project: Callable[..., Project], server_url: str, database: str) -> Iterator[Shop]:
    made = Shop(project("metadata = None"), server_url)
    yield made
    with psycopg.connect(server_url, autocommit=True) as connection:
        for name in made.kept:
            connection.execute(f'DROP DATABASE "{name}"'.encode())


def test_the_second_run_copies(shop: Shop) -> None:
    both = {"one", "two"}
    assert shop.played() == (WORTH, both)
    assert shop.played() == (0, both)
    shop.add("op.execute('CREATE TABLE more ()')")
    assert shop.played() == (1, both | {"more"})  # and keeps that too
    assert shop.played() == (0, both | {"more"})
    assert shop.played(without=1) == (0, both)
    assert shop.played(cache=False) == (WORTH + 1, both | {"more"})
    assert len(shop.kept) == 2
    for comment in ("NULL", "'{}'", "'no'"):
        with psycopg.connect(shop.server_url, autocommit=True) as connection:
            for name in shop.kept:
                connection.execute(f'COMMENT ON DATABASE "{name}" IS {comment}'.encode())
        assert shop.played() == (WORTH + 1, both | {"more"})
    for _ in range(KEEP):
        shop.add("pass")
        shop.played()
    assert len(shop.kept) == KEEP


def test_whatever_was_read_is_looked_at(shop: Shop, server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time something else is changed, and the history is played again."""
    shop.played()
    shop.path(5).write_text(shop.path(5).read_text().replace("    pass", "    op.execute('CREATE TABLE five ()')", 1))
    assert shop.played() == (WORTH, {"one", "two", "five"})
    (shop.sql / "one.sql").write_text("CREATE TABLE uno ()")
    assert shop.played() == (WORTH, {"uno", "two", "five"})
    (shop.sql / "three.sql").write_text("CREATE TABLE three ()")
    assert shop.played() == (WORTH, {"uno", "two", "three", "five"})
    (shop.project.folder / "tables.py").write_text("name = 'dos'\n")
    assert shop.played() == (WORTH, {"uno", "dos", "three", "five"})
    monkeypatch.setenv("KEPT_NAME", "named")
    assert shop.played() == (WORTH, {"uno", "dos", "three", "five", "named"})
    monkeypatch.delenv("KEPT_NAME")
    (shop.project.folder / "alembic.ini").write_text((shop.project.folder / "alembic.ini").read_text() + "\n")
    assert shop.played()[0] == WORTH
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE kept_other")
        try:
            assert shop.played()[0] == WORTH
            assert shop.played(roles=["kept_other"])[0] == WORTH
        finally:
            connection.execute("DROP ROLE kept_other")
    (shop.sql / "one.sql").unlink()
    (shop.sql.parent / "extra.sql").touch()  # it was asked for
    assert shop.played() == (WORTH, {"dos", "three", "five", "extra"})
    assert shop.played()[0] == 0


@pytest.mark.parametrize(
    "up",
    [
        "op.execute('CREATE ROLE kept_mine')",
        "op.execute('DO $$ BEGIN EXECUTE format($q$ALTER DATABASE %I SET work_mem = 999$q$, current_database()); END $$')",
        "op.execute('DO $$ BEGIN EXECUTE format($q$ALTER DATABASE %I CONNECTION LIMIT 9$q$, current_database()); END $$')",
        "import subprocess; subprocess.run(['true'])",
        "Path(__file__).touch()",
    ],
    ids=["a role", "a setting", "a limit", "a program", "it changes meanwhile"],
)
def test_what_cannot_be_kept_is_not(shop: Shop, up: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "alembic.alembic_ext.history.kept")
    shop.add(up)

    assert shop.played()[0] == WORTH + 1
    assert shop.kept == []
    assert "nothing is kept: " in caplog.text


def test_a_template_may_go_at_any_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is dropped after it was found, and nothing of it stays where the project's code fails."""
    shop.played()
    longest = Kept.longest

    def dropped(*words: Any) -> Template | None:
        if found := longest(*words):
            with psycopg.connect(shop.server_url, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{found.name}"'.encode())
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Kept, "longest", dropped)
        assert shop.played() == (WORTH, {"one", "two"})
    ground = Ground(dev_url=shop.server_url, cache=True)
    with opened(ground, words=["-c", "alembic.ini"], folder=shop.project.folder) as history:
        ids = [one.id for one in history.revisions]
        with monkeypatch.context() as patch:
            patch.setattr(History, "walk", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                history.reach(ids)
        assert history.walk([]) is None
        history.look()
        assert not {key.name for _, key in history.objects()} & {"one", "two"}


def test_the_name_says_which_python_and_which_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boss: Any = SimpleNamespace(version=180000, connection=SimpleNamespace(info=SimpleNamespace(user="me")))

    def name() -> str:
        file = tmp_path / "r.py"
        revision = Revision("r", (), (), (), "", str(file))
        return Kept(boss, Ground(url_env="PGURL"), [], tmp_path)._names([revision])[0]

    before = name()
    for variable in ("PGPASSWORD", "PGURL", "OTHER"):
        monkeypatch.setenv(variable, "secret")
    assert name() == before
    found = {before}
    for number, change in enumerate([
        lambda: monkeypatch.setattr("sys.executable", "/venv/bin/python"),
        lambda: monkeypatch.setattr("sys.prefix", "/venv"),
        lambda: monkeypatch.setattr("sys.path", [*sys.path, str(tmp_path)]),
        lambda: monkeypatch.setenv("PGOPTIONS", "-c work_mem=999"),
        lambda: monkeypatch.setenv("TZ", "Asia/Tokyo"),
    ], 2):  # fmt: skip
        change()
        found.add(name())
        assert len(found) == number


def test_a_volatile_revision_is_played_each_time(shop: Shop) -> None:
    """What is below it is not."""
    last = shop.add("op.execute(f'CREATE TABLE at_{__import__(\"time\").time_ns()} ()')")

    every, first = shop.played(volatile=[last])
    count, second = shop.played(volatile=[last])

    assert (every, count) == (WORTH + 1, 1)
    assert first != second


def test_it_is_for_one_database(shop: Shop) -> None:
    """An env.py that leads elsewhere the next time, for no reason that can be seen, gets a history of its own."""
    shop.project.edit(
        shop.project.env,
        "config.get_section(config.config_ini_section, {})",
        '{"sqlalchemy.url": f"postgresql+psycopg://nobody@127.0.0.1:1/db{__import__(\'os\').getpid()}"}',
    )
    assert shop.played() == (WORTH, {"one", "two"})
    assert shop.kept
    assert shop.played() == (WORTH, {"one", "two"})
