"""``create_all`` and ``drop_all``: everything of a MetaData without migrations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Session

from alembic_ext import View, create_all, drop_all, register
from alembic_ext.errors import AlembicExtError, CannotCreate

ENTITIES = """
    CREATE VIEW w AS SELECT * FROM v;
    CREATE VIEW v AS SELECT id, later(t) AS x FROM t;
    CREATE FUNCTION code() RETURNS text LANGUAGE sql AS $$ SELECT 'x' || suffix() $$;
    CREATE FUNCTION suffix() RETURNS text LANGUAGE sql AS $$ SELECT 'y' $$;
    CREATE FUNCTION later(one t) RETURNS integer LANGUAGE sql AS $$ SELECT $1.id $$;
    COMMENT ON VIEW w IS 'on top';
"""


def declared(entities: str = ENTITIES) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("c", sa.Text, server_default=sa.text("code()")),
    )
    register(metadata, entities)
    return metadata


@pytest.fixture(params=["psycopg", "psycopg2"])
def connection(database: str, request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    engine = sa.create_engine(database.replace("postgresql:", f"postgresql+{request.param}:"), poolclass=sa.NullPool)
    with engine.connect() as made:
        yield made


def test_tables_and_entities_come_in_an_order_that_works(
    connection: sa.Connection, dump: Callable[..., dict[str, str]]
) -> None:
    metadata = declared()
    create_all(metadata, connection)
    connection.execute(sa.text("INSERT INTO t (id) VALUES (1)"))

    assert connection.execute(sa.text("SELECT w.id, w.x, t.c FROM w JOIN t USING (id)")).all() == [(1, 1, "xy")]
    assert connection.execute(sa.text("SELECT obj_description('w'::regclass)")).scalar() == "on top"
    assert connection.execute(sa.text("SHOW check_function_bodies")).scalar() == "on"

    drop_all(metadata, connection)

    left = sa.text("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    assert connection.execute(left).scalar() == 0
    drop_all(metadata, connection)  # nothing is there


MEANINGS = """
    CREATE VIEW v AS SELECT bigger(ROW(1, 2)::ver, ROW(1, 3)::ver) AS b, ROW(1, 2)::ver IN (ROW(1, 3)::ver, ROW(2, 4)::ver) AS i;
    CREATE FUNCTION bigger(one ver, two ver) RETURNS text LANGUAGE sql
        RETURN CASE WHEN one > two THEN one::text ELSE two::text END;
    CREATE CAST (ver AS text) WITH FUNCTION ver_text(ver);
    CREATE OPERATOR > (LEFTARG = ver, RIGHTARG = ver, FUNCTION = ver_gt);
    CREATE OPERATOR = (LEFTARG = ver, RIGHTARG = ver, FUNCTION = ver_eq);
    CREATE FUNCTION ver_text(v ver) RETURNS text LANGUAGE sql IMMUTABLE RETURN (v).major || '.' || (v).minor;
    CREATE FUNCTION ver_gt(v ver, w ver) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN (v).major + 1 > (w).major;
    CREATE FUNCTION ver_eq(v ver, w ver) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN (v).major = (w).major;
    CREATE TYPE ver AS (major integer, minor integer);
"""


def test_what_hides_something_of_postgresql_comes_before_its_users(connection: sa.Connection) -> None:
    metadata = sa.MetaData()
    register(metadata, MEANINGS)
    create_all(metadata, connection)
    assert connection.execute(sa.text("SELECT b, i FROM v")).all() == [("1.2", True)]


def test_what_the_server_refuses_is_one_error_with_its_place(connection: sa.Connection) -> None:
    metadata = declared("CREATE VIEW v AS SELECT nope FROM t")
    metadata.tables["t"].columns["c"].server_default = None
    with pytest.raises(CannotCreate, match=r"(?s)view v cannot be created.*test_direct.py.*nope"):
        create_all(metadata, connection)


def test_a_view_of_a_select_is_made_once(connection: sa.Connection) -> None:
    metadata = declared("")
    metadata.tables["t"].columns["c"].server_default = None
    register(metadata, View("v", sa.select(metadata.tables["t"].c.id)))
    create_all(metadata, connection)
    assert connection.execute(sa.text("SELECT id FROM v")).all() == []


def test_default_privileges_come_last_and_go_first(connection: sa.Connection) -> None:
    metadata = sa.MetaData()
    defaults = "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC; ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC"
    register(metadata, defaults, "CREATE VIEW w AS SELECT a FROM v", "CREATE VIEW v AS SELECT 1 AS a")
    create_all(metadata, connection)
    granted = "SELECT count(relacl) FROM pg_class WHERE relname IN ('v', 'w')"
    assert connection.exec_driver_sql(granted).scalar_one() == 0
    assert connection.exec_driver_sql("SELECT count(*) FROM pg_default_acl").scalar_one() == 2
    drop_all(metadata, connection)
    assert connection.exec_driver_sql("SELECT count(*) FROM pg_default_acl").scalar_one() == 0


@pytest.mark.parametrize("function", [create_all, drop_all])
def test_what_is_no_connection_is_an_error_that_says_how(connection: sa.Connection, function: Any) -> None:
    for given, way in {
        connection.engine: r"with engine.begin\(\) as connection",
        Session(connection): r"session.connection\(\)",
        AsyncConnection.__new__(AsyncConnection): r"await connection.run_sync\(lambda connection",
    }.items():
        with pytest.raises(AlembicExtError, match=way):
            function(sa.MetaData(), given)
    with pytest.raises(
        AlembicExtError, match=r"was given <class .*> instead of a MetaData\n  help: give Base.metadata"
    ):
        function(sa.MetaData, connection)
    with (
        sa.create_engine("sqlite://", poolclass=sa.NullPool).connect() as other,
        pytest.raises(AlembicExtError, match="was given a connection to sqlite\n  help: connect to PostgreSQL"),
    ):
        function(sa.MetaData(), other)
