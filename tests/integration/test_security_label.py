"""Security labels. PostgreSQL comes without a provider: a test builds one where a compiler and the headers are."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_ext import embedded
from tests.contract.rebuilding import made
from tests.life import Broken, Life, execute

PROVIDER = """\
#include "postgres.h"
#include "commands/seclabel.h"
#include "fmgr.h"
PG_MODULE_MAGIC;
static void any(const ObjectAddress *object, const char *label) {}
void _PG_init(void);
void _PG_init(void) { register_label_provider("tested", any); }
"""
VIEW = "CREATE VIEW v AS SELECT 1 AS a"


@pytest.fixture
def life(database: str, tmp_path: Path) -> Life:
    return Life(tmp_path / "life", database)


@pytest.fixture
def provider(server: embedded.Server, tmp_path: Path) -> Iterator[None]:
    """Have a provider in all sessions."""
    config = server.bin / "pg_config"
    headers = (
        subprocess.run([config, "--includedir-server"], capture_output=True, text=True, check=False).stdout.strip()
        if config.exists()
        else ""
    )
    folders = [Path(headers), server.bin.parent / "include" / "server"]
    found = next((folder for folder in folders if (folder / "postgres.h").exists()), None)
    compiler = shutil.which("cc")
    if found is None or compiler is None:
        pytest.skip("needs a C compiler and the headers of PostgreSQL")
    (tmp_path / "tested.c").write_text(PROVIDER)
    words = [compiler, "-shared", "-fPIC", f"-I{found}", "-o", tmp_path / "tested.so", tmp_path / "tested.c"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the provider cannot be built: {done.stderr}")
    for folder in tmp_path, *tmp_path.parents[:3]:
        folder.chmod(0o755)
    load = f"ALTER SYSTEM SET session_preload_libraries = '{tmp_path / 'tested.so'}'"
    execute(server.url, load, "SELECT pg_reload_conf(), pg_sleep(0.2)")
    yield
    execute(server.url, "ALTER SYSTEM RESET session_preload_libraries", "SELECT pg_reload_conf(), pg_sleep(0.2)")


def step(life: Life, name: str, *items: str) -> list[str]:
    metadata = sa.MetaData()
    sa.Table("item", metadata, sa.Column("id", sa.Integer, primary_key=True))
    life.declare(metadata, *items)
    text = life.revise(name)
    life.upgrade()
    life.check()
    life.downgrade("-1")
    life.upgrade()
    life.check()
    body = text.partition("def upgrade()")[2].partition("def downgrade()")[0]
    return [line.strip() for line in body.splitlines() if "label" in line]


def labels(life: Life) -> list[tuple[object, ...]]:
    return execute(
        life.url,
        "SELECT x.identity, l.label FROM pg_seclabel l, pg_identify_object(classoid, objoid, objsubid) x ORDER BY 1",
    )


@pytest.mark.usefixtures("provider")
def test_labels_come_change_and_go(life: Life) -> None:
    said = """
        SECURITY LABEL FOR tested ON VIEW v IS 'it''s %s :x';
        SECURITY LABEL FOR tested ON COLUMN item.id IS 'b';
        SECURITY LABEL FOR tested ON SCHEMA public IS 'c';
    """
    assert [line for line in step(life, "r1", VIEW, said) if line.startswith("#")] == [
        "# create security label for tested on view v",
        "# create security label for tested on schema public",
        "# create security label for tested on column id on table item",
    ]
    assert labels(life) == [("public", "c"), ("public.item.id", "b"), ("public.v", "it's %s :x")]
    # the view has to be made again, and loses its label
    text = step(life, "r2", "CREATE VIEW v AS SELECT 'x' AS a", said.replace("'b'", "'d'").replace("'c'", "NULL"))
    assert "# create security label for tested on view v" in text
    assert labels(life) == [("public.item.id", "d"), ("public.v", "it's %s :x")]
    step(life, "r3", "CREATE VIEW v AS SELECT 'x' AS a")
    assert labels(life) == []
    life.downgrade("base")


def test_a_provider_that_is_not_there_is_an_error(life: Life) -> None:
    life.declare(sa.MetaData(), VIEW, "SECURITY LABEL FOR nobody ON VIEW v IS 'x'")
    with pytest.raises(Broken, match='security label provider "nobody" is not loaded'):
        life.revise("r1")
    life.declare(sa.MetaData(), VIEW, "SECURITY LABEL ON VIEW v IS 'x'")
    with pytest.raises(Broken, match="names no provider"):
        life.revise("r1")


def test_labels_are_read(new_database: Callable[[], str]) -> None:
    """As the catalog would hold them: without a provider no statement sets one."""
    snapshot = made(
        new_database(),
        """
        CREATE TABLE t (id serial, "A b" integer);
        SET allow_system_table_mods = on;
        INSERT INTO pg_seclabel VALUES
          ('t'::regclass, 'pg_class'::regclass, 0, 'p', 'x'), ('t'::regclass, 'pg_class'::regclass, 2, 'Q', 'it''s'),
          ('t_id_seq'::regclass, 'pg_class'::regclass, 0, 'p', 'y'), ('int4'::regtype, 'pg_type'::regclass, 0, 'p', 'z');
        """,
    )
    found = {
        str(key): [aspect.set for aspect in stored.aspects]
        for key, stored in snapshot.objects.items()
        if stored.aspects
    }
    assert found == {
        "sequence public.t_id_seq": [("SECURITY LABEL FOR p ON SEQUENCE public.t_id_seq IS 'y'",)],
        "table public.t": [
            ("SECURITY LABEL FOR \"Q\" ON COLUMN public.t.\"A b\" IS 'it''s'",),
            ("SECURITY LABEL FOR p ON TABLE public.t IS 'x'",),
        ],
    }
