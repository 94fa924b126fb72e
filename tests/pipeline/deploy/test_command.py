"""The commands `deploy` and `status`, as a pipeline calls them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg

from alembic_ext import embedded
from tests import forked
from tests.pipeline.deploy.conftest import Shop
from tests.project import ROOT, Answer

TABLE = 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))'


def environment(made: Shop) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "FORCE_COLOR")}
    return kept | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(made.project.folder)])}


def begun(made: Shop, *words: str, **more: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "alembic_ext", *words],
        cwd=made.project.folder,
        env=environment(made),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **more,
    )


def run(made: Shop, *words: str, code: int = 0) -> Answer:
    answer = forked.run("alembic_ext", *words, folder=made.project.folder, environment=environment(made))
    assert answer.code == code, answer.text
    return answer


def test_deploy_and_status(shop: Callable[..., Shop]) -> None:
    """A machine reads events and report; what the revision prints is in neither; a hook is told everything."""
    made = shop()
    (made.project.folder / "pyproject.toml").write_text(
        '[tool.alembic-ext.deploy]\nlock-timeout = "7s"\nhooks = ["told:hear"]\n'
    )
    (made.project.folder / "told.py").write_text(
        "def hear(event):\n    open('told.txt', 'a').write(event.name + ' ')\n    1 / (event.name != 'done')\n"
    )
    made.revision(TABLE, 'print("on standard output")')
    secret = "op.execute(\"CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (password 'hunter2')\")"
    made.revision(
        'op.execute("CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w")', secret,
        'op.execute("CREATE TABLE shown AS SELECT current_setting(\'lock_timeout\') AS lock")',
    )  # fmt: skip
    behind = run(made, "status", "--format", "json", code=1)
    assert json.loads(behind.stdout)["facts"]["databases"][0]["pending"] == ["0000", "0001"]
    answer = run(made, "deploy", "--events", "events.json", "--format", "json")
    report = json.loads(answer.stdout)
    events = [json.loads(line) for line in (made.project.folder / "events.json").read_text().splitlines()]

    assert report["facts"]["applied"] == ["0000", "0001"]
    assert [event["event"] for event in events if event["event"] != "statement"] == [
        "started", "revision", "done", "warning", "revision", "done", "finished",
    ]  # fmt: skip
    assert "on standard output" in answer.stderr
    assert "Running upgrade 0000 -> 0001" in answer.stderr
    assert (made.project.folder / "told.txt").read_text().split()[-1] == "done"
    assert "hunter2" not in answer.text + (made.project.folder / "events.json").read_text()
    assert made.rows("SELECT lock FROM shown") == ["7s"]
    assert "at 0001" in run(made, "status").stdout
    assert "nothing to do" in run(made, "deploy").stdout
    made.rows("UPDATE alembic_version SET version_num = 'beef'")
    assert "beef, a revision that this checkout does not have" in run(made, "status", code=2).stdout
    run(made, "status", "--newer")


def test_dry_run_and_sql(shop: Callable[..., Shop], own_server: embedded.Server) -> None:
    """A dry run does nothing; the file does the same as a deploy, once, and not to another state."""
    made = shop()
    made.revision(TABLE)
    made.revision(
        "op.execute('''-- alembic-ext: assert t is empty\nDO $$ BEGIN ASSERT true; END $$''')",
        "op.execute(\"CREATE TABLE shown AS SELECT current_setting('lock_timeout') AS lock\")",
        'with op.get_context().autocommit_block():\n    op.create_index("t_x", "t", ["id"], postgresql_concurrently=True)',
    )
    made.revision('op.execute("SELECT 1")', "op.get_bind().execute(sa.text('SELECT 1')).scalar()")
    shown = run(made, "deploy", "--dry-run").stdout
    assert "CREATE INDEX CONCURRENTLY t_x ON t (id)" in shown
    assert "asserts: t is empty; is not one transaction" in shown
    assert "cannot be rendered without a connection" in shown
    assert made.version == []
    file = run(made, "deploy", "0001", "--sql", "--lock-timeout", "4s").stdout
    written = made.project.folder / "release.sql"
    written.touch(mode=0o640)
    assert run(made, "deploy", "0001", "--sql", "--lock-timeout", "4s", "--output", "release.sql").stdout == ""
    assert (written.read_text(), written.stat().st_mode & 0o777) == (file, 0o640)
    failed = run(made, "deploy", "0002", "--sql", "--output", "release.sql", code=2)  # 0002 wants a connection
    assert failed.stdout == ""
    assert "error: " in failed.stderr
    assert written.read_text() == file
    assert not list(made.project.folder.glob(".release*"))
    assert "cannot be written" in run(made, "deploy", "0001", "--sql", "--output", "no/r.sql", code=2).stderr
    psql = [str(own_server.bin / "psql"), "-X", "-q", "-d", made.url]
    environment = embedded.environment(own_server.bin)

    def apply() -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(psql, input=file.encode(), env=environment, capture_output=True, check=False)

    done = apply()
    assert done.returncode == 0, done.stderr
    assert made.version == ["0001"]
    assert made.rows("SELECT lock FROM shown") == ["4s"]
    done = apply()
    assert done.returncode == 3
    assert b"the version table holds {0001}, but this part of the file begins at {}" in done.stderr


def test_sigterm_and_a_file_while_a_deploy_runs(shop: Callable[..., Shop], own_server: embedded.Server) -> None:
    """The exit code is a signal's; meanwhile status tells who deploys, and a file is refused."""
    made = shop()
    made.revision(TABLE)
    made.revision('op.execute("SELECT pg_sleep(60)")')
    running = begun(made, "deploy", "--events", "events.json")
    end = time.monotonic() + 30
    while not made.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "deployed now by process" in run(made, "status", code=1).stdout
    file = run(made, "deploy", "0000:head", "--sql").stdout
    psql = [str(own_server.bin / "psql"), "-X", "-q", "-d", made.url]
    done = subprocess.run(
        psql, input=file.encode(), env=embedded.environment(own_server.bin), capture_output=True, check=False
    )
    assert b"another deploy is running" in done.stderr
    running.send_signal(signal.SIGTERM)
    out, _ = running.communicate(timeout=30)

    assert running.returncode == 143
    assert b"stopped by signal 15: 0001 was rolled back; 1 revision is committed" in out


def test_status_waits(shop: Callable[..., Shop]) -> None:
    """What an init container does: it ends when the deploy has ended, also one in the middle of what is no transaction."""
    made = shop()
    made.revision(TABLE, 'with op.get_context().autocommit_block():\n    op.execute("SELECT pg_sleep(1)")')
    run(made, "status", "--wait", "0.5", "--every", "0.1", code=1)
    waiting = begun(made, "status", "--wait", "30", "--every", "0.1")
    deploy = threading.Timer(1, made.deploy)
    deploy.start()
    waiting.communicate(timeout=60)
    deploy.join()

    assert waiting.returncode == 0
    with psycopg.connect(made.url) as blocker:
        blocker.execute("LOCK TABLE alembic_version")
        said = run(made, "status", code=4).stdout
        assert "alembic_version is locked" in said
        assert f"in the way: process {blocker.info.backend_pid}" in said


def test_a_hook_that_is_not_there(shop: Callable[..., Shop]) -> None:
    made = shop()
    (made.project.folder / "pyproject.toml").write_text('[tool.alembic-ext.deploy]\nhooks = ["nothing"]\n')
    made.revision(TABLE)

    assert "'nothing' cannot be imported" in run(made, "deploy", code=2).stdout
    assert made.version == []


def test_one_note_for_people(shop: Callable[..., Shop], own_server: embedded.Server) -> None:
    """The words after exit code 5, whole, as somebody reads them at night."""
    made = shop()
    made.revision(
        TABLE, 'op.execute("INSERT INTO t VALUES (1), (2)")', 'op.add_column("t", sa.Column("x", sa.Integer))'
    )
    made.revision(
        'op.add_column("t", sa.Column("y", sa.Integer))',
        'with op.get_context().autocommit_block():\n'
        '    op.execute("CREATE UNIQUE INDEX CONCURRENTLY t_one ON t ((1))")',
        'op.drop_column("t", "x")',
    )  # fmt: skip
    path = made.project.folder / "migrations" / "versions" / "r0001.py"
    text = run(made, "deploy", "--color", code=5).stdout
    plain = text.replace("\x1b[31m", "").replace("\x1b[0m", "").replace(str(path), "r0001.py")

    assert plain.partition("\n\n")[0].splitlines()[:-1] == [
        "error: revision 0001 is partly applied; it will not be run again until somebody has looked (r0001.py)",
        "  |   committed:",
        "  |     1. ALTER TABLE t ADD COLUMN y INTEGER",
        "  |   failed:",
        "  |     1. CREATE UNIQUE INDEX CONCURRENTLY t_one ON t ((1))",
        "  |   invalid: public.t_one on t (nothing is building it)",
        "  |   left to run:",
        "  |     1. DROP INDEX CONCURRENTLY public.t_one",
        "  |     2. CREATE UNIQUE INDEX CONCURRENTLY t_one ON t ((1))",
        "  |     3. ALTER TABLE t DROP COLUMN x",
        "  |     4. UPDATE alembic_version SET version_num='0001' WHERE alembic_version.version_num = '0000'",
        '  server: could not create unique index "t_one"',
    ]
    assert "  help: either run what is left by hand, then `alembic stamp 0001`; or undo" in plain
    status = run(made, "status", code=5).stdout
    assert "0001 is half done" in status
    assert "index public.t_one on t (nothing is building it) is invalid" in status.replace(
        "ST102 invalid-index: ", "index "
    )
    dry = run(made, "deploy", "--dry-run", code=5).stdout
    assert "0001 is partly applied: a deploy (" in dry
    assert dry.endswith("deploy: it would not start\n")
    again = run(made, "deploy", code=5).stdout
    left = "  |   left to run:\n  |     1. DROP INDEX CONCURRENTLY public.t_one\n  |     2. CREATE UNIQUE INDEX CONC"
    assert left in again
    assert "cannot be rendered" not in again
    # the note stays until the repaired revision is done: y was not undone
    words = ("--repair", "--check-drift", "--dev-url", own_server.url)
    assert "table public.t differs" in run(made, "deploy", *words, code=1).stdout
    assert made.rows("SELECT to_regclass('t_one')") == [None]
    for _ in range(2):
        text = run(made, "deploy", "--repair", code=5).stdout
        assert "revision 0001 is partly applied" in text
        before = text.partition("  |   committed by an earlier run, and still there unless somebody has undone it:\n")
        assert before[2].splitlines()[:2] == ["  |     1. ALTER TABLE t ADD COLUMN y INTEGER", "  |   failed:"]
        assert "  left to run, apart from what is still there:\n" in text
        assert 'server: column "y" of relation "t" already exists' in text
        assert text.endswith("deploy: partly applied: a human must look\n")
    assert "0001 is half done" in run(made, "status", code=5).stdout
    made.rows("ALTER TABLE t DROP y; DELETE FROM t WHERE id = 1")
    made.deploy(repair=True)
    assert made.comment is None
    assert run(made, "deploy").stdout.endswith("\n\ndeploy: nothing to do\n")
    assert run(made, "status").stdout.endswith("\n\nstatus: up to date\n")


USAGE = {
    "deploy --dry-run --sql": "--dry-run does not belong to it",
    "deploy --dry-run --events -": "--dry-run runs nothing, so that there are no events",
    "deploy --sql --project .": "--project does not belong to it",
    "deploy --sql --format json": "--format does not belong to it",
    "deploy --sql --repair": "--repair does not belong to it",
    "deploy --events /nowhere/x": "No such file",
    "deploy --lock-timeout 1x": "'--lock-timeout': '1x' is not a time: say a number with its unit",
    "deploy --statement-timeout 3m": "'--statement-timeout': '3m' is not a time",
    "deploy --retries -1": "'--retries'",
    "deploy --wait -1": "'--wait'",
    "status --every 0": "'--every'",
    "deploy --base main": "--base only chooses among several projects",
    "drift --base main url": "--base only chooses among several projects",
    "status --base main": "--base only chooses among several projects",
    "check --format sarif=": "--format sarif= names no file",
    "lint --all 0000": "revisions, --since and --all exclude each other",
    "drift --statement-timeout 1x url": "'--statement-timeout': '1x' is not a time",
}


def test_usage(shop: Callable[..., Shop]) -> None:
    made = shop()
    for words, said in USAGE.items():
        told = run(made, *words.split(), code=2).stderr
        assert told.startswith("Usage: ")
        assert said in told
    for option in ('lock-timeout = "1x"', "retries = -1"):
        (made.project.folder / "pyproject.toml").write_text(f"[tool.alembic-ext.deploy]\n{option}\n")
        assert f"[tool.alembic-ext.deploy] {option.partition(' ')[0]}: " in run(made, "deploy", code=2).stdout


MISTAKEN = {
    "test --dev-url nonsense": "the URL of the server for sandboxes is not valid",
    "test --dev-url mysql://x": "mysql:// is not postgresql://",
    "stats mysql://x": "production's URL is not valid",
    "lint 00000 --dev-url {url}": "did you mean '0000'?",
    "lint 0001:0000 --dev-url {url}": "the lower one stands first: 0000:0001",
    "stats {url} --output no/stats.json": "cannot be written: No such file",
}


def test_what_is_mistaken_is_said(shop: Callable[..., Shop], own_server: embedded.Server) -> None:
    made = shop()
    made.revision(TABLE)
    made.revision('op.execute("SELECT 1")')
    for words, said in MISTAKEN.items():
        told = run(made, *words.format(url=own_server.url).split(), code=2).text
        assert said in told
        assert "Traceback" not in told
        assert "--traceback" not in told
    made.project.edit(made.project.env, "config = context.config", "import os\nos.environ['NOT_SET']")
    assert (
        "env.py failed: the environment variable NOT_SET is not set"
        in run(made, "test", "--dev-url", own_server.url, code=2).stdout
    )


def test_a_database_that_is_further(shop: Callable[..., Shop]) -> None:
    made = shop()
    made.revision(TABLE)
    made.revision('op.execute("SELECT 1")')
    run(made, "deploy")

    told = run(made, "deploy", "0000").stdout
    assert "nothing to do: the database is ahead of 0000, at 0001; deploy never downgrades" in told
    assert made.version == ["0001"]
    assert "the database is at the wanted revision" in run(made, "deploy", "0001").stdout
    assert "the database is at the wanted revision" in run(made, "deploy").stdout


def test_a_database_that_drifted_is_not_deployed(shop: Callable[..., Shop], own_server: embedded.Server) -> None:
    """With --check-drift, or where the configuration says it; also on a database where nothing was deployed yet."""
    made = shop()
    made.revision(TABLE)
    made.revision('op.create_table("u", sa.Column("id", sa.Integer, primary_key=True))')
    (made.project.folder / "pyproject.toml").write_text(
        f'[tool.alembic-ext]\ndev-url = "{own_server.url}"\n[tool.alembic-ext.deploy]\ncheck-drift = true\n'
        '[tool.alembic-ext.drift]\nignore = [{ object = "table public.tmp", reason = "imports" }]\n'
    )
    made.rows("CREATE TABLE beside (id int)")
    refused = run(made, "deploy", "0000", code=1).stdout
    assert "the database differs from what its revisions give" in refused
    assert "table public.beside is in production and not in the history" in refused
    made.rows("DROP TABLE beside; CREATE TABLE tmp ()")
    run(made, "deploy", "0000")
    made.rows("ALTER TABLE t ADD beside int; ALTER TABLE t ALTER beside SET DEFAULT 1")
    for words in (["--dry-run"], []):
        refused = run(made, "deploy", *words, code=1).stdout
        assert "table public.t differs: its definition" in refused
        assert "alembic-ext drift" in refused
    assert made.version == ["0000"]
    (made.project.folder / "pyproject.toml").write_text("")
    refused = run(made, "deploy", "--check-drift", "--dev-url", own_server.url, code=1).stdout
    assert "table public.t differs" in refused
    run(made, "deploy")
    assert made.version == ["0001"]
