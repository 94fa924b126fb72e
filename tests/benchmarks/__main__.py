"""Time autogenerate against a floor, and print the ratios.

    python -m tests.benchmarks [--sizes 100 1000] [--runs 3] [--url postgresql://…]
    python -m tests.benchmarks pipeline    # what the commands take: see there

The floor is psql running the same CREATE statements in one transaction, on the tables alone. Each figure is the median
of fresh processes, less what Alembic needs by itself; nothing asserts a time.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psycopg

from alembic_ext import embedded
from tests.benchmarks import pipeline
from tests.benchmarks.workload import database, workload

MODES = {
    "same": "nothing has changed",
    "one": "one function of all has changed, proved",
    "new": "everything is new, proved",
    "same+cache": "nothing has changed, and an earlier run knew that",
    "one+cache": "one function has changed, the rest is known",
}


def child(url: str, size: int, mode: str) -> None:
    """One autogenerate in a process of its own."""
    import sqlalchemy as sa
    from alembic.autogenerate import produce_migrations
    from alembic.runtime.migration import MigrationContext

    made = workload(size)
    metadata, engine = sa.MetaData(), sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:", 1))
    if mode != "alembic":
        from alembic_ext import register

        register(metadata, *(made.changed() if mode == "one" else made).entities)
    with engine.connect() as connection:
        metadata.reflect(connection, views=False)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        start = time.perf_counter()
        script = produce_migrations(context, metadata)
        seconds = time.perf_counter() - start
    assert script.upgrade_ops is not None
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([seconds, len(script.upgrade_ops.ops), megabytes]))


def reading(url: str, runs: int) -> None:
    """The catalog read on two fresh sessions, as autogenerate does it, but alone."""
    from alembic_ext import catalog
    from alembic_ext.kinds import kinds
    from alembic_ext.sandbox.server import parameters
    from alembic_ext.session import PRINTING, connected, spare

    kinds()

    def once() -> float:
        first, second = (connected(parameters(url), PRINTING) for _ in range(2))
        start = time.perf_counter()
        answers = catalog.answered(first.rows, partial(spare, lambda: second), first.version)
        catalog.snapshot(answers.__getitem__, first.version)
        seconds = time.perf_counter() - start
        first.close()
        return seconds

    seconds = statistics.median(once() for _ in range(2 * runs + 1))
    print(json.dumps([seconds, 0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def run(url: str, size: int, mode: str, cache: str) -> tuple[float, int, float]:
    words = [sys.executable, "-m", "tests.benchmarks", "--child", mode, "--sizes", str(size), "--url", url]
    done = subprocess.run(
        words, check=True, capture_output=True, text=True, env={**os.environ, "XDG_CACHE_HOME": cache}
    )
    seconds, count, megabytes = json.loads(done.stdout)
    return seconds, count, megabytes


def floor(url: str, path: Path, psql: str, environment: dict[str, str], runs: int) -> float:
    def once() -> float:
        start = time.perf_counter()
        subprocess.run(
            [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", str(path)], check=True, env=environment
        )
        return time.perf_counter() - start

    return statistics.median([once() for _ in range(runs + 1)][1:])


def bench(url: str, bin: Path, size: int, runs: int) -> None:
    """One table of figures; ``bin`` has psql."""
    made = workload(size)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bare, full = (
            stack.enter_context(database(url, f"bench_{name}_{os.getpid()}", made.tables)) for name in ("bare", "full")
        )
        with psycopg.connect(full, autocommit=True) as connection:
            connection.execute(";\n".join(made.entities).encode())
        script = folder / "floor.sql"
        script.write_text("BEGIN;\n" + ";\n".join(made.entities) + ";\nROLLBACK;\n")
        base = floor(bare, script, str(bin / "psql"), embedded.environment(bin), runs)
        print(f"\n{size} objects; floor {base:.3f} s\n")
        print(f"| {'what':50} | x floor | operations | MB |\n|{'-' * 52}|---:|---:|---:|")
        own = {
            place: statistics.median(run(place, size, "alembic", str(folder))[0] for _ in range(runs))
            for place in (bare, full)
        }
        seconds, _, megabytes = run(full, size, "read", str(folder))
        print(f"| {'the catalog is read on two sessions':50} | {seconds / base:.3f} | 0 | {megabytes:.0f} |")
        for mode, words in MODES.items():
            place = bare if mode == "new" else full
            warm = mode.endswith("+cache")
            if warm:
                run(place, size, "same", str(folder / "warm"))
            found = [
                run(place, size, mode.removesuffix("+cache"), str(folder / ("warm" if warm else f"{mode}{n}")))
                for n in range(runs)
            ]
            seconds = statistics.median(seconds for seconds, _, _ in found) - own[place]
            print(
                f"| {words:50} | {seconds / base:.2f} | {found[-1][1]} | {max(mb for *_, mb in found):.0f} |",
                flush=True,
            )


def imports(runs: int = 5) -> None:
    """What importing the package adds to importing Alembic and SQLAlchemy."""

    def once(words: str) -> float:
        code = f"import time; s = time.perf_counter(); import {words}; print(time.perf_counter() - s)"
        return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)

    base, whole = (
        statistics.median(once(words) for _ in range(runs))
        for words in ("alembic, sqlalchemy", "alembic, sqlalchemy, alembic_ext")
    )
    print(f"\nimport alembic_ext adds {1000 * (whole - base):.0f} ms to {1000 * base:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["autogenerate", "pipeline"], default="autogenerate")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--url", default="", help="of a superuser on a server of yours, instead of the embedded one")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child == "read":
        return reading(asked.url, asked.runs)
    if asked.child:
        return child(asked.url, asked.sizes[0], asked.child)
    if asked.what == "pipeline":
        return pipeline.main(asked.runs)
    with ExitStack() as stack:
        url = asked.url or stack.enter_context(embedded.server(tcp=True)).url  # not by the socket, as users do
        for size in asked.sizes:
            bench(url, embedded.find_binaries(), size, asked.runs)
    imports()
    return None


if __name__ == "__main__":
    main()
