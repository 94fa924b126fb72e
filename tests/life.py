"""The life of a project in one process: models and declarations change, and revisions lead there and back.

Each command is Alembic's own, called as a function, since a process for each would take most of the time; what is left
to real processes is told in `tests.project`. Upgrades and downgrades run while this package cannot be imported.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.dialects import postgresql

from alembic_ext import embedded, register
from alembic_ext.declare import collect
from alembic_ext.errors import DeclarationError

PACKAGE = "alembic_ext"
ENV = """\
from alembic import context
from tests.life import compare_type
attributes = context.config.attributes
how = {"target_metadata": attributes["metadata"], "compare_type": compare_type, **attributes["configure"]}
if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True, dialect_opts={"paramstyle": "named"}, **how)
    with context.begin_transaction():
        context.run_migrations()
else:
    with attributes["engine"].connect() as connection:
        context.configure(connection=connection, **how)
        with context.begin_transaction():
            context.run_migrations()
"""
MAKO = """\
from alembic import op
import sqlalchemy as sa
import tests.life
${imports or ""}
revision, down_revision = ${repr((up_revision, down_revision))}


def upgrade() -> None:
    ${upgrades or "pass"}


def downgrade() -> None:
    ${downgrades or "pass"}
"""


class Broken(AssertionError):
    """A promise that was not kept: where in the life, and how."""


class Domain(sa.types.UserDefinedType[Any]):
    """A column of a domain, as models would have it: Alembic shall not make the domain."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


SEES_DOMAINS = hasattr(postgresql.base.PGDialect, "_reflect_type")
"""The first releases of SQLAlchemy 2.0 reflect the type below a domain."""


def compare_type(context: Any, inspected: Any, column: Any, stored: Any, declared: Any) -> bool | None:
    """Whether a column's type has changed; None where Alembic can tell."""
    return None if SEES_DOMAINS or not isinstance(declared, Domain) else False


@dataclass
class Life:
    """An Alembic project, its database, and what its models declare at the moment."""

    folder: Path
    url: str
    """The database, without a driver."""

    configure: Mapping[str, Any] = field(default_factory=dict)
    """Keywords for ``context.configure``."""

    search_path: str = ""
    metadata: sa.MetaData = field(default_factory=sa.MetaData)

    def __post_init__(self) -> None:
        (self.folder / "versions").mkdir(parents=True)
        (self.folder / "env.py").write_text(ENV)
        (self.folder / "script.py.mako").write_text(MAKO)

    def declare(self, metadata: sa.MetaData, *items: Any) -> None:
        """Let the models be these: tables, and the declarations that are registered beside them."""
        register(metadata, *items)
        self.metadata = metadata

    def revise(self, name: str) -> str:
        """Autogenerate a revision; give its text."""
        self._run(f"autogenerate {name}", command.revision, name, autogenerate=True, rev_id=name)
        return self.revision(name)

    def check(self) -> None:
        """Autogenerate finds nothing to do."""
        self._run("check", command.check)

    def upgrade(self, to: str = "head") -> None:
        """Run upgrades where the package is not installed."""
        with not_installed():
            self._run(f"upgrade to {to}", command.upgrade, to)

    def downgrade(self, to: str) -> None:
        """Run downgrades where the package is not installed."""
        with not_installed():
            self._run(f"downgrade to {to}", command.downgrade, to)

    def script(self, to: str = "head") -> str:
        """Give what ``upgrade --sql`` writes."""
        output = io.StringIO()
        with not_installed():
            self._run("upgrade --sql", command.upgrade, to, sql=True, output=output)
        return output.getvalue()

    def revision(self, name: str) -> str:
        """Give the text of a revision."""
        (path,) = (self.folder / "versions").glob(f"{name}_*.py")
        return path.read_text()

    def engine(self) -> sa.Engine:
        """Give an engine for the database, whose connections have the search_path of this life."""
        return engine(self.url, self.search_path)

    def _run(
        self, step: str, run: Callable[..., object], *words: str, output: io.StringIO | None = None, **how: Any
    ) -> None:
        attributes = {"engine": self.engine(), "metadata": self.metadata, "configure": dict(self.configure)}
        config = Config(stdout=io.StringIO(), output_buffer=output, attributes=attributes)
        config.set_main_option("script_location", str(self.folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of SQLAlchemy's reflection: it does not know every type
                run(config, *words, **how)
        except Exception as error:
            written = sorted((self.folder / "versions").glob("*.py"), key=lambda path: path.stat().st_mtime_ns)
            text = f"\n\nThe last revision:\n{written[-1].read_text()}" if written else ""
            raise Broken(f"{step}: {type(error).__name__}: {error}{text}") from error


def refusal(text: str) -> str:
    """Give the words with which a declaration is refused, without a database."""
    metadata = sa.MetaData()
    register(metadata, text)
    try:
        collect(metadata)
    except DeclarationError as error:
        return str(error)
    raise Broken(f"it can be declared: {text}")


def engine(url: str, search_path: str = "", driver: str = "psycopg") -> sa.Engine:
    """Give an engine whose connections end with their use."""
    options = "-c statement_timeout=60s" + (f" -c search_path={search_path.replace(' ', '')}" if search_path else "")
    address = sa.make_url(url).set(drivername=f"postgresql+{driver}")
    return sa.create_engine(address, poolclass=sa.NullPool, connect_args={"options": options})


def execute(url: str, *texts: str, search_path: str = "") -> list[tuple[Any, ...]]:
    """Run each text as it is; give the rows of the last one."""
    rows: list[tuple[Any, ...]] = []
    options = "-c client_min_messages=error" + (
        f" -c search_path={search_path.replace(' ', '')}" if search_path else ""
    )
    with psycopg.connect(url, autocommit=True, options=options) as connection:
        for text in texts:
            cursor = connection.execute(text.encode())
            rows = cursor.fetchall() if cursor.description else []
    return rows


def psql(bin: Path, url: str, script: str) -> None:
    """Pipe a script into psql, which stops at the first error."""
    words = [str(bin / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url]
    done = subprocess.run(words, input=script.encode(), env=embedded.environment(bin), capture_output=True, check=False)
    if done.returncode:
        raise Broken(f"psql: {done.stderr.decode()}\n\n{script}")


def tables_of(url: str, *, schemas: bool = False, search_path: str = "") -> sa.MetaData:
    """Give the tables of a database as a project's models would have them: no table makes a type.

    ``schemas`` takes those of all schemas, else they are those of the default schema.
    """
    metadata = sa.MetaData()
    with warnings.catch_warnings(), engine(url, search_path).connect() as connection:
        warnings.simplefilter("ignore")
        inspector = sa.inspect(connection)
        others = set(inspector.get_schema_names()) - {"information_schema", inspector.default_schema_name}
        for schema in [None, *sorted(others)] if schemas else [None]:
            metadata.reflect(connection, schema=schema)
        types = {(table, column): said for table, column, *said in connection.exec_driver_sql(TYPES)}
    for table in metadata.tables.values():
        for column in table.columns:
            _as_models_have_it(column)
            if said := types.get((table.key, column.name)):
                column.type = Domain(said[0])
                column.nullable = not said[1]  # what a domain has SQLAlchemy takes for the column's
                column.server_default = column.server_default if said[2] else None
    return metadata


TYPES = """
    SELECT concat_ws('.', nullif(n.nspname, current_schema()), c.relname), a.attname, format_type(t.oid, a.atttypmod),
           a.attnotnull, a.atthasdef
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
         JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typsubscript <> 0
    WHERE coalesce(e.typtype, t.typtype) IN ('d', 'c', 'r', 'm') AND t.oid >= 16384 AND a.attnum > 0
"""
"""The columns of types that models know by name alone."""


def _as_models_have_it(column: sa.Column[Any]) -> None:
    inner = getattr(column.type, "item_type", column.type)
    if isinstance(inner, postgresql.ENUM):
        inner.create_type = False


class Forbid:
    """A finder that makes the package impossible to import."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] == PACKAGE:
            raise ImportError(f"a revision must not import {PACKAGE}")


@contextmanager
def not_installed() -> Iterator[None]:
    """Make importing the package fail, as where only Alembic and SQLAlchemy are installed."""
    hidden = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == PACKAGE}
    forbid: Any = Forbid()
    for name in hidden:
        del sys.modules[name]
    sys.meta_path.insert(0, forbid)
    try:
        yield
    finally:
        sys.meta_path.remove(forbid)
        sys.modules.update(hidden)


# ----------------------------------------------------------------------------- the same in a process with other hashes


class Twin:
    """A process with another PYTHONHASHSEED and another driver, which autogenerates the same revisions again."""

    def __init__(self, driver: str = "psycopg2") -> None:
        seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
        # It runs what the process of the tests runs too, and coverage would make it half as fast.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"from tests.life import twin; twin({driver!r})"],
            cwd=Path(__file__).parents[1],
            env=environment | {"PYTHONHASHSEED": seed},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def revise(self, life: Life, name: str, items: Sequence[str], folder: Path) -> str:
        """Give the text of the revision that it would write for this life; nothing is changed."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        plain = sa.MetaData()
        for table in life.metadata.sorted_tables:
            table.to_metadata(plain)
        job = {"folder": str(folder), "of": str(life.folder), "url": life.url, "configure": dict(life.configure), "name": name,
               "search_path": life.search_path, "items": list(items), "tables": pickle.dumps(plain).hex()}  # fmt: skip
        stdin.write(json.dumps(job).encode() + b"\n")
        stdin.flush()
        answer: dict[str, str] = json.loads(stdout.readline())
        if "error" in answer:
            raise Broken(f"under other hashes and another driver, {answer['error']}")
        return answer["text"]

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def twin(driver: str) -> None:
    """Answer jobs, one a line, until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        job = json.loads(line)
        try:
            print(json.dumps({"text": _twin(job, driver)}), file=answers, flush=True)
        except Exception as error:
            print(json.dumps({"error": str(error)}), file=answers, flush=True)


def _twin(job: Mapping[str, Any], driver: str) -> str:
    life = _Other(Path(job["folder"]), job["url"], job["configure"], job["search_path"])
    life.driver = driver
    for path in (Path(job["of"]) / "versions").glob("*.py"):
        if not path.name.startswith(f"{job['name']}_"):
            (life.folder / "versions" / path.name).write_bytes(path.read_bytes())
    life.declare(pickle.loads(bytes.fromhex(job["tables"])), *job["items"])
    return life.revise(job["name"])


class _Other(Life):
    driver = "psycopg"

    def engine(self) -> sa.Engine:
        return engine(self.url, self.search_path, self.driver)
