"""Other linters and ours on the same labelled revisions: `nox -s lint-peers`, which writes the tables of a page.

Our own cases are those of `tests.lint.cases`. Three public sets are fetched when this runs, none is copied: the examples
of eugene with the traces it expects, the fixtures of diesel-guard, the scenarios of alembic-migration-linter. Where a set
or a program cannot be had, the table says so.

    python -m tests.lint.peers [--sets FOLDER] [--write PAGE]

FOLDER holds checkouts named as the repositories are; without it they are cloned from GitHub.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from alembic_ext import embedded
from alembic_ext.sqltext.pgquery import ParseError, parse
from tests.lint.cases import cases
from tests.lint.history import REVISION, Case, Cases
from tests.project import Project

OURS = "alembic-ext"
BEGIN, END = "<!-- figures begin -->", "<!-- figures end -->"
TIMEOUTS = "SET lock_timeout = '5s';\nSET statement_timeout = '60s';\n"
STYLE = (
    "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-identity", "prefer-robust-stmts", "prefer-text-field",
    "prefer-timestamptz", "require-timeout-settings", "ban-uncommitted-transaction",
)  # fmt: skip
"""Rules of squawk about how things are spelled, and what would be said only because some revisions cannot be rendered to
their end; the timeouts are set before each revision."""


class NotRun(Exception):
    """A set or a program cannot be had here; the reason."""


class Sample(NamedTuple):
    """A revision that somebody gave a label; ``sql`` is what squawk reads, where it is not the revision rendered."""

    name: str
    is_hazard: bool
    upgrade: str
    setup: str = ""
    sql: str = ""


class Outcome(NamedTuple):
    """The names of the samples that a linter has something to say of, and of those that it cannot read."""

    flagged: frozenset[str]
    unread: frozenset[str] = frozenset()


# ------------------------------------------------------------------------------------------------------------ the sets


def ours(server_url: str) -> list[Sample]:
    """Our own cases."""
    with psycopg.connect(server_url) as connection:
        major = connection.info.server_version // 10000
    return [Sample(f"{one.topic}: {one.name}", one.is_hazard, one.upgrade, one.world) for one in cases(major)]


def eugene(folder: Path) -> list[Sample]:
    """Its scripts; one is a hazard if the trace that is expected of it triggers a rule, or if it is the last bad one.

    Those that switch off a rule of it are left out, unless their trace triggers another.
    """
    found = []
    for script in sorted((folder / "eugene" / "examples").glob("*/*.sql")):
        if script.stem not in ("bad", "good"):
            continue
        trace = {"bad": "unsafe_trace.md", "good": "safer_trace.md"}[script.stem]
        expected = (folder / "eugene" / "docs" / "src" / "hints" / script.parent.name / trace).read_text()
        reports = {
            name: "Triggered rules" in report
            for name, report in re.findall(r"Script name: `\S+/(\d+)\.sql`(.*?)(?=Script name|\Z)", expected, re.S)
        }
        parts = re.split(r"^-- (\d+)\.sql$", script.read_text(), flags=re.M)[1:]
        before = "SET lock_timeout = 0;"
        for number, text in zip(parts[::2], parts[1::2], strict=True):
            is_last = script.stem == "bad" and number == parts[-2]
            is_hazard = reports.get(number, False) or is_last
            if is_hazard or "eugene: ignore" not in text:
                name = f"{script.parent.name}/{script.stem}/{number}"
                found.append(Sample(name, is_hazard, as_upgrade(text), before, text))
            before += re.sub("concurrently", "", re.sub("set local .*?;", "", text), flags=re.I)
    return found


DIESEL = """
CREATE TABLE users (
    id bigint PRIMARY KEY, email text NOT NULL, phone text, age integer, data text, active boolean, last_login date,
    deactivated_at date, username text, name text, old_column text, tenant_id bigint, user_id bigint, status text,
    deprecated_field text, legacy_email text
);
CREATE INDEX idx_users_email ON users (email);
CREATE INDEX users_legacy_idx ON users (name);
CREATE TABLE archived_users (id bigint);
CREATE TABLE orders (id bigint PRIMARY KEY, amount integer, user_id bigint);
CREATE TABLE posts (id bigint PRIMARY KEY, body text, user_id bigint);
CREATE TABLE events (id bigint PRIMARY KEY);
CREATE TABLE products (id bigint PRIMARY KEY, price integer NOT NULL, quantity integer NOT NULL);
CREATE TABLE meeting_rooms (room_id int4range, during tsrange);
CREATE SCHEMA myschema;
CREATE TABLE myschema.item (id bigint PRIMARY KEY);
CREATE DOMAIN positive_int AS integer;
CREATE TABLE counts (n positive_int);
CREATE MATERIALIZED VIEW my_view AS SELECT id FROM posts;
CREATE UNIQUE INDEX my_view_id ON my_view (id);
"""
DIESEL_LACKS = {
    "add_column_safe": "ALTER TABLE users DROP COLUMN email;",
    "add_identity_column": "ALTER TABLE users DROP COLUMN id;",
    "add_serial_column": "ALTER TABLE users DROP COLUMN id;",
    "add_primary_key": "ALTER TABLE users DROP CONSTRAINT users_pkey;",
    "add_index": "DROP INDEX idx_users_email;",
    "add_not_null": "ALTER TABLE users ALTER COLUMN email DROP NOT NULL;",
    "create_table": "DROP TABLE events;",
    "generated_column_safe": "DROP TABLE products;",
    "short_int_pk": "DROP TABLE users, events, products; DROP TABLE posts CASCADE;",
    "idempotency_guard_unsafe": "DROP TABLE users; CREATE INDEX users_legacy_idx ON orders (amount);",
}
"""By the beginning of a fixture's name, what must not be there so that it can run."""
DIESEL_LEFT_OUT = {
    "create_extension_unsafe": "the server here has no such extension",
    "drop_database_unsafe": "no revision of a database drops it",
    "idempotency_guard_unsafe": "it drops a column that it did not make, and cannot run",
    "safety_assured_drop": "it is about comments for that linter",
    "safety_assured_multiple": "it is about comments for that linter",
}


def diesel_guard(folder: Path) -> list[Sample]:
    """Its fixtures, which are called safe or unsafe."""
    found = []
    for place in sorted((folder / "tests" / "fixtures").iterdir()):
        script = place / "up.sql"
        if not script.exists() or place.name in DIESEL_LEFT_OUT:
            continue
        settings = place / "metadata.toml"
        alone = settings.exists() and "run_in_transaction = false" in settings.read_text()
        lacks = "".join(sql for name, sql in DIESEL_LACKS.items() if place.name.startswith(name))
        text = script.read_text()
        upgrade = as_upgrade(text, alone=alone)
        found.append(Sample(place.name, place.name.endswith("_unsafe"), upgrade, DIESEL + lacks))
    return found


POOGLES = "CREATE TABLE products (id integer PRIMARY KEY, sku text, {column}); CREATE INDEX {index} ON products (sku);"


def poogles(folder: Path) -> list[Sample]:
    """Its scenarios with what it expects of them.

    A table that a scenario makes for a hazard that follows is made before it: on a table of the same revision nothing is
    a hazard.
    """
    tests = folder / "source" / "tests"
    found = []
    for node in ast.parse((tests / "conftest.py").read_text()).body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name) or node.value is None:
            continue
        if not node.target.id.endswith("_SCENARIOS"):
            continue
        for name in ast.literal_eval(node.value):
            is_hazard = not node.target.id.startswith("SAFE")
            (file,) = (tests / "test_migrations" / name / "versions").glob("*.py")
            text = file.read_text()
            (function,) = (
                one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef) and one.name == "upgrade"
            )
            steps = [ast.get_source_segment(text, step) or "" for step in function.body]
            first = [step for step in steps if step.startswith("op.create_table(")]
            rest = [step for step in steps if step not in first]
            world = POOGLES.format(
                column="number text" if "exclusive_lock" in name else "category text",
                index="idx_products_sku" if "drop_index" in name else "by_sku",
            )
            if first and is_hazard and rest:
                rendered, _ = render("\n".join(first))
                found.append(Sample(name, is_hazard, "\n".join(rest), re.sub("BEGIN;|COMMIT;", "", rendered)))
            else:
                found.append(Sample(name, is_hazard, "\n".join(steps), "" if first else world))
    return found


PUBLIC: Mapping[str, tuple[str, Callable[[Path], list[Sample]]]] = {
    "eugene": ("https://github.com/kaaveland/eugene", eugene),
    "diesel-guard": ("https://github.com/ayarotsky/diesel-guard", diesel_guard),
    "alembic-migration-linter": ("https://github.com/Poogles/alembic-migration-linter", poogles),
}


def as_upgrade(sql: str, *, alone: bool = False) -> str:
    """A script as the body of an upgrade: a statement each, those that need it outside of the transaction."""
    lines = []
    for statement in statements(sql):
        by_itself = alone or "concurrently" in statement.lower()
        call = f"op.execute({statement!r})"
        lines.append(f"with op.get_context().autocommit_block():\n    {call}" if by_itself else call)
    return "\n".join(lines)


def statements(sql: str) -> list[str]:
    """The statements of a script, with the comments before them."""
    raw = sql.encode()
    found = []
    for one in parse(sql):
        start = one.get("stmt_location", 0)
        end = start + one["stmt_len"] if one.get("stmt_len") else len(raw)
        found.append(raw[start:end].decode().strip())
    return found


def fetched(name: str, url: str, sets: Path | None, place: Path) -> Path:
    """A checkout of a repository."""
    if sets is not None:
        if not (sets / name).is_dir():
            raise NotRun(f"there is no {name} in the folder of sets")
        return sets / name
    done = subprocess.run(
        ["git", "clone", "-q", "--depth", "1", url, place / name],
        capture_output=True, text=True, check=False, env=os.environ | {"GIT_TERMINAL_PROMPT": "0"},
    )  # fmt: skip
    if done.returncode:
        raise NotRun(f"{url} cannot be cloned: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return place / name


def commit(folder: Path) -> str:
    """Which commit a checkout is of."""
    done = subprocess.run(
        ["git", "-C", folder, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


# --------------------------------------------------------------------------------------------------------- the linters


def render(upgrade: str) -> tuple[str, bool]:
    """What `alembic upgrade --sql` would write for it, and whether it could be rendered to its end."""
    output = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": output, "literal_binds": True}
    )
    whole = False
    with suppress(Exception), context.begin_transaction(), Operations.context(context) as operations:
        exec(upgrade, {"op": operations, "sa": sa, "postgresql": sa.dialects.postgresql})
        whole = True
    return output.getvalue(), whole


class Bench:
    """A folder with the samples as revisions of Alembic, and as SQL."""

    def __init__(self, folder: Path, samples: Sequence[Sample], server_url: str) -> None:
        self.folder, self.samples, self.server_url = folder, samples, server_url
        self.versions = folder / "migrations" / "versions"
        self.scripts = folder / "sql"
        self.versions.mkdir(parents=True)
        self.scripts.mkdir()
        (folder / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
        (folder / "migrations" / "env.py").write_text("")
        self.unrendered = set()
        down = None
        for number, sample in enumerate(samples):
            id = f"case_{number:04}"
            body = textwrap.indent(sample.upgrade or "pass", "    ")
            (self.versions / f"{id}.py").write_text(REVISION.format(id=id, down=down, upgrade=body))
            down = id
            sql, whole = (sample.sql, True) if sample.sql else render(sample.upgrade)
            if not whole:
                self.unrendered.add(sample.name)
            (self.scripts / f"{id}.sql").write_text(sql if sample.sql else TIMEOUTS + sql)

    def named(self, files: Iterable[str]) -> frozenset[str]:
        """The samples that files are of."""
        numbers = {int(found[1]) for file in files if (found := re.search(r"case_(\d{4})", file))}
        return frozenset(self.samples[number].name for number in numbers)


def program(name: str) -> str:
    """Where a program is, in the environment of this Python first."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        raise NotRun(f"{name} is not installed")
    return found


def run(bench: Bench, *words: str | Path) -> str:
    """What a program prints; all of these end with another code than 0 where they found something."""
    return subprocess.run(words, cwd=bench.folder, capture_output=True, text=True, check=False).stdout


def alembic_ext(bench: Bench, *, notes: bool = False) -> Outcome:
    """Ours."""
    folder = bench.folder / "ours"
    if not folder.exists():
        Cases.write(folder, [Case(one.upgrade, one.setup) for one in bench.samples])
    answer = Cases(Project(folder, "")).lint(dev_url=bench.server_url)
    found = {one["revision"] for one in answer.report["findings"] if notes or one["severity"] != "note"}
    return Outcome(bench.named(found))


def squawk(bench: Bench) -> Outcome:
    """squawk, on the SQL that Alembic renders."""
    exclude = [word for rule in STYLE for word in ("--exclude", rule)]
    scripts = sorted(bench.scripts.glob("*.sql"))
    found = json.loads(run(bench, program("squawk"), "--reporter", "json", *exclude, *scripts) or "[]")
    found = [one for one in found if one["rule_name"] != "syntax-error"]
    return Outcome(bench.named(one["file"] for one in found), frozenset(bench.unrendered))


def alembic_guard(bench: Bench) -> Outcome:
    """alembic-guard, on the Python."""
    found = json.loads(run(bench, program("alembic-guard"), "--format", "json", bench.versions) or "[]")
    return Outcome(bench.named(one["path"] for one in found))


def lockcheck(bench: Bench) -> Outcome:
    """lockcheck, on the Python."""
    file, found = "", set()
    for line in run(bench, program("lockcheck"), bench.versions).splitlines():
        if line.endswith(".py") and not line.startswith(" "):
            file = line
        elif re.match(r"\s+\d+\s+LC\d+", line):
            found.add(file)
    return Outcome(bench.named(found))


def zdm(bench: Bench) -> Outcome:
    """zdm, on the Python."""
    found = json.loads(run(bench, program("zdm"), "--output-format", "json", bench.folder / "migrations") or "{}")
    return Outcome(bench.named(one["path"] for one in found.get("diagnostics", ())))


def alembic_migration_linter(bench: Bench) -> Outcome:
    """alembic-migration-linter, on what it renders itself; the revisions on which it crashes are left out."""
    words = [program("alembic-lint"), "-c", "alembic.ini", "-d", "postgresql", "--no-cache"]
    crashed: set[str] = set()
    while True:
        left_out = [word for id in sorted(crashed) for word in ("--ignore-revision", id)]
        done = subprocess.run([*words, *left_out], cwd=bench.folder, capture_output=True, text=True, check=False)
        if done.stdout or not (places := re.findall(r"versions/(case_\d+)\.py", done.stderr)):
            break
        crashed.add(places[-1])
    found = [line for line in done.stdout.splitlines() if re.search(r"\(case_\d+\)\.\.\. (?!OK|IGNORE)", line)]
    return Outcome(bench.named(found), bench.named(crashed))


LINTERS: Mapping[str, tuple[str, Callable[[Bench], Outcome]]] = {
    "alembic-ext": (OURS, alembic_ext),
    "… with its notes": (OURS, lambda bench: alembic_ext(bench, notes=True)),
    "squawk on rendered SQL": ("squawk-cli", squawk),
    "zdm": ("zdm", zdm),
    "alembic-guard": ("alembic-guard", alembic_guard),
    "lockcheck": ("lockcheck", lockcheck),
    "alembic-migration-linter": ("alembic-migration-linter", alembic_migration_linter),
}


# ----------------------------------------------------------------------------------------------------------- the tables


def table(samples: Sequence[Sample], server_url: str, place: Path) -> list[str]:
    """How many hazards each linter finds in these samples, and how many false alarms it raises."""
    bad = {one.name for one in samples if one.is_hazard}
    good = {one.name for one in samples if not one.is_hazard}
    bench = Bench(place, samples, server_url)
    lines = [f"| linter | hazards found, of {len(bad)} | false alarms, in {len(good)} |", "|--|--|--|"]
    said = []
    for name, (package, linter) in LINTERS.items():
        try:
            outcome = linter(bench)
        except NotRun as reason:
            lines.append(f"| {name} | not run: {reason} | |")
            continue
        version = "" if package == OURS else f" {metadata.version(package)}"
        hit, alarms = outcome.flagged & bad, outcome.flagged & good
        lines.append(f"| {name}{version} | {len(hit)} ({share(hit, bad)}) | {len(alarms)} ({share(alarms, good)}) |")
        if outcome.unread:
            said.append(f"{len(outcome.unread)} could not be rendered to the end for {name}.")
        if name == OURS:
            said += [f"No error or warning of alembic-ext: {'; '.join(sorted(bad - hit)) or 'none'}.", ""]
            said += [f"False alarms of alembic-ext: {'; '.join(sorted(alarms)) or 'none'}.", ""]
    return [*lines, "", *said]


def share(some: Sequence[Any] | frozenset[str] | set[str], of: set[str]) -> str:
    """A share in per cent."""
    return f"{100 * len(some) / len(of):.0f} %" if of else "-"


def main(words: Sequence[str]) -> None:
    """Print the tables, and write them into a page."""
    parser = argparse.ArgumentParser(prog="python -m tests.lint.peers")
    parser.add_argument(
        "--sets", type=Path, default=os.environ.get("LINT_SETS"), help="a folder with checkouts of the public sets"
    )
    parser.add_argument("--write", type=Path, help="the page whose figures are written anew")
    asked = parser.parse_args(words)
    sets = Path(asked.sets).absolute() if asked.sets else None
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder, embedded.server() as server:
        place = Path(folder)
        with psycopg.connect(server.url) as connection:
            version = connection.info.server_version // 10000
        lines += [f"### Our own cases, on PostgreSQL {version}", ""]
        lines += table(ours(server.url), server.url, place / "ours")
        for name, (url, read) in PUBLIC.items():
            lines += ["", f"### {name}", ""]
            try:
                checkout = fetched(name, url, sets, place)
                samples = read(checkout)
            except (NotRun, OSError, ParseError) as reason:
                lines += [f"Not run: {reason}."]
                continue
            lines += [f"{url}, commit {commit(checkout)}.", ""]
            lines += table(samples, server.url, place / f"set-{name}")
    text = "\n".join(lines).strip()
    print(text)
    if asked.write:
        page = asked.write.read_text()
        before, after = page.partition(BEGIN)[0], page.partition(END)[2]
        asked.write.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


if __name__ == "__main__":
    main(sys.argv[1:])
