"""A project whose history is made of examples: before each of them a revision that makes what it needs."""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests import forked
from tests.project import ROOT, Project

MODELS = "from sqlalchemy import MetaData\n\nmetadata = MetaData()\n"
REVISION = """\
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision, down_revision = {id!r}, {down!r}
branch_labels = depends_on = None


def upgrade():
{upgrade}


def downgrade():
    pass
"""
AFRESH = """\
op.execute("SET lock_timeout = '5s'")
op.execute("RESET statement_timeout")
for schema in op.get_bind().scalars(sa.text(
    "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|alembic_ext_lint)'")).all():
    if schema != "public":
        op.execute(sa.text(f'DROP SCHEMA "{schema}" CASCADE'))
for kind, name in op.get_bind().execute(sa.text(
    "SELECT relkind::text, oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace "
    "AND relkind IN ('r','p','v','m','f','S') AND relname <> 'alembic_version' ORDER BY relkind = 'S'")).all():
    word = {"r": "TABLE", "p": "TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW", "f": "FOREIGN TABLE", "S": "SEQUENCE"}
    op.execute(sa.text(f"DROP {word[kind]} IF EXISTS {name} CASCADE"))
for kind, name in op.get_bind().execute(sa.text(
    "SELECT CASE WHEN prokind = 'p' THEN 'PROCEDURE' WHEN prokind = 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END, "
    "oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS "
    "(SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')")).all():
    op.execute(sa.text(f"DROP {kind} IF EXISTS {name.replace(':', chr(92) + ':')} CASCADE"))
for name in op.get_bind().scalars(sa.text(
    "SELECT oid::regtype::text FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e','d','r') "
    "AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_type.oid AND deptype = 'e')")).all():
    op.execute(sa.text(f"DROP TYPE IF EXISTS {name} CASCADE"))
for name in op.get_bind().scalars(sa.text(
    "SELECT oid::regtype::text FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'c' "
    "AND typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c')")).all():
    op.execute(sa.text(f"DROP TYPE IF EXISTS {name} CASCADE"))
"""
"""Python that empties the database, but for Alembic's own table, and has a lock_timeout as every project should."""
KEEP = """
op.get_bind().exec_driver_sql("CREATE SCHEMA setup")
op.get_bind().exec_driver_sql(
    "CREATE TABLE setup.settings AS SELECT name, current_setting(name) AS value FROM pg_settings WHERE source = 'session'")
"""
"""Python that keeps what the setup has SET: the first revision that is judged is run in another session than those below
it."""
SETTLE = """\
from sqlalchemy import event
from sqlalchemy.engine import Engine


@event.listens_for(Engine, "connect")
def settle(connection, _record):
    cursor = connection.cursor()
    cursor.execute("SELECT to_regclass('setup.settings')::text")
    if cursor.fetchone()[0]:
        cursor.execute("SELECT set_config(name, value, false) FROM setup.settings")
    cursor.close()
    connection.commit()


"""
"""What is put before env.py: each session has it, as if the role had it."""


class Case(NamedTuple):
    """A revision, and SQL that makes what was there before it."""

    upgrade: str
    setup: str = ""


@dataclass(frozen=True)
class Answer:
    """What was said of each case, by its number; and the whole report."""

    code: int
    report: Mapping[str, Any]
    stderr: str

    def of(self, number: int) -> list[Mapping[str, Any]]:
        """The findings in one case."""
        return [one for one in self.report["findings"] if one["revision"] == f"case_{number:04}"]


@dataclass(frozen=True)
class Cases:
    """A project with these cases."""

    project: Project
    first_line: int = REVISION.partition("{upgrade}")[0].count("\n") + 1
    """The line of a revision's file on which its upgrade begins."""

    @classmethod
    def write(cls, folder: Path, cases: Sequence[Case], *, driver: str = "psycopg", **how: Any) -> Cases:
        """Make the project; its URL leads nowhere."""
        project = Project.write(folder, MODELS, "postgresql://nobody@127.0.0.1:1/nowhere", driver=driver, **how)
        project.env.write_text(SETTLE + project.env.read_text())
        down = None
        for number, case in enumerate(cases):
            setup = AFRESH + (f"op.get_bind().exec_driver_sql({case.setup!r})" if case.setup else "") + KEEP
            for id, body in ((f"before_{number:04}", setup), (f"case_{number:04}", case.upgrade)):
                text = REVISION.format(id=id, down=down, upgrade=textwrap.indent(body, "    "))
                (folder / "migrations" / "versions" / f"{id}.py").write_text(text)
                down = id
        return cls(project)

    def lint(self, *words: str, dev_url: str, on: Sequence[str] = (), code: int | None = None) -> Answer:
        """Judge all cases, or what the words say, with the real command; ``on`` are rules that are off else."""
        words = words or tuple(
            path.stem for path in sorted((self.project.folder / "migrations" / "versions").glob("case_*.py"))
        )
        words = (*words, *(word for rule in on for word in ("--on", rule)))
        words = ("lint", "--dev-url", dev_url, "--format", "json", *words)
        path = {"PYTHONPATH": str(ROOT)}
        done = forked.run("alembic_ext", *words, folder=self.project.folder, environment=os.environ | path)
        assert code in (None, done.code), done.stderr
        return Answer(done.code, json.loads(done.stdout), done.stderr)
