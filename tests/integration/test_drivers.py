"""Law 6: whatever driver a project has, the same bytes are written, and they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

from tests.integration.shops import done_by
from tests.pgdump import Dump
from tests.project import Project

DRIVERS = [("generic", "psycopg"), ("generic", "psycopg2"), ("async", "asyncpg")]
ASYNC = ("async", "psycopg")

FIRST = r'''
import sqlalchemy as sa
from alembic_ext import Function, MaterializedView, Trigger, View, register

metadata = sa.MetaData()
person = sa.Table(
    "person", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.Text, server_default=sa.text("fresh_email()")),
    sa.Column("seen", sa.DateTime(timezone=True)),
)
register(
    metadata,
    View("active_person", sa.select(person.c.id, person.c.email).where(person.c.email.like("%@%"))),
    """CREATE VIEW "per cent" AS
    SELECT id, email LIKE '100%' AS "%s", ':x' AS colon, E'\\ \t' AS back, seen > '2020-01-01 00:00+00' AS late
    FROM active_person JOIN person USING (id, email)""",
    Function("fresh_email()", returns="text", language="sql", body="SELECT 'a' || chr(58) || '%s %% :c' || '@'"),
    """CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE NOTICE '% :name \\: %%', NEW.id;
      RETURN NEW;
    END $$;
    COMMENT ON FUNCTION touch() IS '50 % of :all';
    CREATE TRIGGER touch BEFORE UPDATE OF email ON person FOR EACH ROW EXECUTE FUNCTION touch()""",
    "CREATE MATERIALIZED VIEW mails AS SELECT email, count(*) AS n FROM active_person GROUP BY email;"
    "CREATE UNIQUE INDEX mails_email ON mails (email)",
)
'''
SECOND = (
    FIRST.replace('"seen", sa.DateTime(timezone=True)', '"seen", sa.Date')
    .replace("'100%' AS", "'10%%' AS")
    .replace("count(*) AS n", "count(*) AS n, min(id) AS first")
    .replace("50 % of :all", "60 %")
)


def write_alike(projects: list[Project], revision: str) -> str:
    """Let every project write a revision; give what it does, which must be the same bytes in all."""
    scripts = [done_by(each.revise("--rev-id", revision)) for each in projects]
    assert scripts[1:] == scripts[:-1]
    return scripts[0]


def test_every_driver_writes_the_same_bytes(
    project: Callable[..., Project], database: str, dump: Callable[..., Dump]
) -> None:
    projects = [project(FIRST, url=database, template=template, driver=driver) for template, driver in DRIVERS]
    psycopg3, psycopg2, asyncpg = projects
    empty = dump(database)
    assert "# create materialized view mails" in write_alike(projects, "0001")
    assert dump(database) == empty

    # What one has written, another one runs.
    psycopg2.alembic("upgrade", "head", bare=True)
    first = dump(database)
    for each in projects:
        each.declare(SECOND)
    script = write_alike(projects, "0002")
    assert "op.alter_column('person', 'seen'" in script
    assert "existing_type=postgresql.TIMESTAMP(timezone=True)" in script
    assert dump(database) == first

    asyncpg.alembic("upgrade", "head", bare=True)
    assert dump(database) != first
    for each in projects:
        each.alembic("check")
    asyncpg.alembic("downgrade", "-1", bare=True)
    assert dump(database) == first
    psycopg3.alembic("downgrade", "base", bare=True)
    assert dump(database) == empty


def test_and_under_a_longer_search_path(
    project: Callable[..., Project],
    connect: Callable[..., psycopg.Connection[Any]],
    database: str,
    dump: Callable[..., Dump],
) -> None:
    connection = connect(database)
    connection.execute("CREATE SCHEMA tenant; CREATE SCHEMA shared")
    (name,) = connection.execute("SELECT quote_ident(current_database())").fetchone() or ()
    connection.execute(f"ALTER DATABASE {name} SET search_path = tenant, missing, shared, public".encode())

    first = project(FIRST, url=database)
    first.revise("--rev-id", "0001")
    first.alembic("upgrade", "head", bare=True)
    before = dump(database)
    assert any(head.startswith("mails; Type: MATERIALIZED VIEW; Schema: tenant;") for head in before)

    others = [project(FIRST, url=database, template=template, driver=driver) for template, driver in (*DRIVERS, ASYNC)]
    for each in others:
        take_over(each, first)
        each.declare(SECOND)
    script = write_alike(others, "0002")
    assert '# recreate view "per cent"' in script
    assert "tenant" not in script
    assert "public" not in script
    others[-1].alembic("upgrade", "head", bare=True)
    others[-1].alembic("check")
    others[0].alembic("downgrade", "-1", bare=True)
    assert dump(database) == before


def take_over(project: Project, other: Project) -> None:
    """Give a project the revisions of another one."""
    for path in other.revisions():
        (project.folder / "migrations" / "versions" / path.name).write_bytes(path.read_bytes())


TENANT = """\
    from sqlalchemy import text
    tenant = context.get_x_argument(as_dictionary=True)["tenant"]
    connection.execute(text('SET search_path TO "%s"' % tenant))
    connection.commit()
    connection.dialect.default_schema_name = tenant
"""


def let_choose(tenants: Project) -> None:
    """Let env.py choose the tenant, as Alembic's cookbook does."""
    head = "def do_run_migrations(connection: Connection) -> None:\n"
    tenants.edit(tenants.env, head, head + TENANT)


def test_a_script_made_in_public_runs_in_a_tenants_schema(
    project: Callable[..., Project], connect: Callable[..., psycopg.Connection[Any]]
) -> None:
    made = project(FIRST)
    made.revise("--rev-id", "0001")
    made.alembic("upgrade", "head", bare=True)
    made.declare(SECOND)
    made.revise("--rev-id", "0002")

    tenants = project(SECOND, url=made.url, template="async", driver="asyncpg")
    let_choose(tenants)
    take_over(tenants, made)
    connection = connect(made.url)
    connection.execute('CREATE SCHEMA "Tenant 1"; CREATE SCHEMA t2')
    for tenant in ("Tenant 1", "t2"):
        tenants.alembic("-x", f"tenant={tenant}", "upgrade", "head", bare=True)

    def objects(schema: str) -> list[Any]:
        connection.execute("SELECT set_config('search_path', quote_ident(%s), false)", [schema])
        return connection.execute(
            "SELECT relname, pg_get_viewdef(oid) FROM pg_class "
            "WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relkind IN ('v', 'm') UNION "
            "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = quote_ident(current_schema())::regnamespace "
            "ORDER BY 1"
        ).fetchall()

    assert [name for name, _ in objects("t2")] == ["active_person", "fresh_email", "mails", "per cent", "touch"]
    assert objects("Tenant 1") == objects("t2")

    # In a tenant the declarations are quiet, and a change is written in the same bytes as in public.
    tenants.alembic("-x", "tenant=Tenant 1", "check")
    third = SECOND.replace("min(id) AS first", "max(id) AS last")
    tenants.declare(third)
    tenants.alembic("-x", "tenant=Tenant 1", "revision", "--autogenerate", "-m", "change", "--rev-id", "0003")
    made.declare(third)
    made.alembic("upgrade", "head", bare=True)
    assert done_by(tenants.revisions()[-1].read_text()) == done_by(made.revise("--rev-id", "0003"))
    tenants.alembic("-x", "tenant=t2", "upgrade", "head", bare=True)
    tenants.alembic("-x", "tenant=t2", "check")
    tenants.alembic("-x", "tenant=t2", "downgrade", "base", bare=True)
    assert not objects("t2")
