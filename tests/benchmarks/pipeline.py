"""How long the pipeline's commands take: the figures in docs/testing.md and docs/drift.md are what this prints.

    nox -s bench -- pipeline

Each figure is the median of real processes where a command is timed; "without imports" is less what it takes to import
Alembic, SQLAlchemy and the models of the project. Nothing asserts a time.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from alembic_ext import embedded
from tests.benchmarks.workload import database
from tests.project import ROOT, Project

REVISION = '''"""step {number}"""
import sqlalchemy as sa
from alembic import op
revision = "r{number:04}"
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    {up}


def downgrade() -> None:
    {back}
'''
STEPS = (
    (
        "op.create_table('t{t}', sa.Column('id', sa.Integer, primary_key=True), "
        "sa.Column('name', sa.String(30), nullable=False, server_default='x'), sa.Column('ref', sa.Integer{key}))",
        "op.drop_table('t{t}')",
    ),
    (
        "op.add_column('t{t}', sa.Column('n', sa.Integer, comment='c')); op.create_index('ix_t{t}_n', 't{t}', ['n'])",
        "op.drop_index('ix_t{t}_n'); op.drop_column('t{t}', 'n')",
    ),
    (
        "op.execute('CREATE VIEW v{t} AS SELECT id, name FROM t{t}'); op.create_check_constraint('ck_t{t}', 't{t}', 'n > 0')",
        "op.drop_constraint('ck_t{t}', 't{t}'); op.execute('DROP VIEW v{t}')",
    ),
)
MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
for t in range({tables}):
    sa.Table(
        f"t{{t}}", metadata, sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(30), nullable=False, server_default="x"),
        sa.Column("ref", sa.Integer, *([sa.ForeignKey(f"t{{t - 1}}.id")] if t else [])),
        sa.Column("n", sa.Integer, comment="c"), sa.Index(f"ix_t{{t}}_n", "n"),
        sa.CheckConstraint("n > 0", name=f"ck_t{{t}}"),
    )
"""


def project(folder: Path, revisions: int) -> Project:
    """A project of so many revisions, three for each table, whose models agree with them."""
    made = Project.write(folder, MODELS.format(tables=revisions // 3), "postgresql://nobody@127.0.0.1:1/production")
    for number in range(revisions):
        table = number // 3
        key = f", sa.ForeignKey('t{table - 1}.id')" if table else ""
        up, back = (text.format(t=table, key=key) for text in STEPS[number % 3])
        down = f"r{number - 1:04}" if number else None
        path = made.folder / "migrations" / "versions" / f"r{number:04}.py"
        path.write_text(REVISION.format(number=number, down=down, up=up, back=back))
    return made


def median(runs: int, work: Callable[[], object]) -> float:
    """The median of the seconds that it takes."""

    def once() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return statistics.median(once() for _ in range(runs))


def process(folder: Path, *words: str) -> Callable[[], object]:
    """A Python that is run in a folder; something may be found there."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])}

    def run() -> None:
        done = subprocess.run([sys.executable, *words], cwd=folder, env=environment, check=False, capture_output=True)
        assert done.returncode in (0, 1), done.stderr

    return run


def commands(url: str, folder: Path, revisions: int, runs: int) -> Iterator[tuple[str, float]]:
    """`test`, `check --from-migrations` and `lint` on one project."""
    made = project(folder, revisions).folder
    imports = median(runs, process(made, "-c", "import alembic.config, sqlalchemy.dialects.postgresql.psycopg, models"))
    yield f"imports of {revisions} revisions' application", imports
    for title, often, *words in (
        ("test of the last 10", runs, "test", "--since", f"r{revisions - 11:04}"),
        ("test of all", 1, "test"),
        ("check --from-migrations", runs, "check", "--from-migrations"),
        ("lint of the newest", runs, "lint"),
        ("lint of all", 1, "lint", "--all"),
    ):
        run = process(made, "-m", "alembic_ext", *words, "--dev-url", url)
        plain = process(made, "-m", "alembic_ext", *words, "--dev-url", url, "--no-cache")
        yield f"{title} of {revisions} without imports, --no-cache", median(often, plain) - imports
        if title not in ("test of all", "lint of all"):  # nothing of it can be kept
            run()
            yield f"{title} of {revisions} without imports, the second time", median(often, run) - imports


def tracing(url: str, folder: Path) -> Iterator[tuple[str, float]]:
    """What the linter asks of the server, on top of running the revision."""
    from alembic_ext.history import Ground, opened

    each, once = [], []
    with opened(Ground(dev_url=url), folder=folder) as history:
        ids = [one.id for one in history.revisions]
        history.walk([("up", id) for id in ids[:-60]])
        for id in ids[-60:]:
            ((told,), _) = history.watch_step(id, "tests.benchmarks.traced:watched", limit=60)
            each += [one["ours"] for one in told["statements"]]
            once.append(told["once"])
    yield "what lint's tracing adds to a statement", statistics.median(each)
    yield "what lint's tracing adds to a revision with 500 relations below it", statistics.median(once)


def fixture(url: str, folder: Path, runs: int) -> Iterator[tuple[str, float]]:
    """What `alembic_ext_database` does before a test."""
    from alembic_ext.history import Ground, opened

    made = project(folder, 0)
    body = "; ".join(f"op.execute('CREATE TABLE t{n} (id serial PRIMARY KEY, name text)')" for n in range(200))
    path = made.folder / "migrations" / "versions" / "r0000.py"
    path.write_text(REVISION.format(number=0, down=None, up=body, back="pass"))
    sys.path.insert(0, str(made.folder))
    with opened(Ground(dev_url=url), folder=made.folder) as history:
        history.walk([("up", "r0000")])
        history.release()
        took = []
        for _ in range(5 * runs):
            start = time.perf_counter()
            with history.databases[0].copied():
                took.append(time.perf_counter() - start)
    yield "a database from a template of 200 tables", statistics.median(took)


def production(url: str, name: str, tables: int, entities: int, runs: int) -> Iterator[tuple[str, float | int]]:
    """What drift asks of production."""
    from alembic_ext.drift.connection import connected
    from alembic_ext.drift.reader import read
    from alembic_ext.sandbox.server import parameters

    texts = [
        f"CREATE TABLE t{n} (id serial PRIMARY KEY, name text NOT NULL, n int CHECK (n > 0))" for n in range(tables)
    ]
    texts += [f"CREATE INDEX ON t{n} (n)" for n in range(tables)]
    texts += [f"CREATE VIEW v{n} AS SELECT id, name FROM t{n % tables}" for n in range(entities // 2)]
    body = "LANGUAGE sql AS 'SELECT 1'"
    texts += [f"CREATE FUNCTION f{n}() RETURNS int {body}" for n in range(entities - entities // 2)]
    with database(url, name, ()) as place:
        with psycopg.connect(place, autocommit=True) as connection:
            for start in range(0, len(texts), 500):
                connection.execute(";\n".join(texts[start : start + 500]).encode())
            connection.execute("ANALYZE")
        size = f"{tables} tables and {entities} entities"
        took, counts = [], set()
        for _ in range(runs):
            start_at = time.perf_counter()
            with connected(parameters(place)) as there:
                read(there, "postgres")
                counts.add(there.statements)
            took.append(time.perf_counter() - start_at)
        yield f"drift on {size}, in production", statistics.median(took)
        yield f"drift on {size}, statements", max(counts)


def main(runs: int = 3) -> None:
    """Print the table."""
    print(f"| {'what':70} | |\n|{'-' * 72}|---:|")
    with embedded.server() as server, tempfile.TemporaryDirectory() as place:
        for name, figure in figures(server.url, Path(place), runs):
            print(f"| {name:70} | {figure if isinstance(figure, int) else f'{figure:.3f} s'} |", flush=True)


def figures(
    url: str, folder: Path, runs: int, *, revisions: int = 300, tables: int = 1000
) -> Iterator[tuple[str, float | int]]:
    """All of them."""
    yield from commands(url, folder / "shop", revisions, runs)
    yield from tracing(url, folder / "shop")
    yield from fixture(url, folder / "fixture", runs)
    for times in (1, 2):
        yield from production(url, f"bench_{times}", times * tables, times * tables * 5 // 2, runs)
