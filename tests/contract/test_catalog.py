"""What a snapshot says beside the text of objects: edges, columns, aspects, what stands for what, what is not read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator

import psycopg
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

from alembic_ext import catalog
from alembic_ext.model import Edge, Key, Snapshot
from alembic_ext.session import Session, through
from tests.contract.examples import EXAMPLES
from tests.contract.rebuilding import differences, made, opened, read
from tests.pgdump import Dump


def key(text: str) -> Key:
    """``view:v``, ``function:f(integer)``, ``trigger:t:x``: an object in the schema public."""
    kind, name, *detail = text.split(":")
    if "(" in name:
        name, arguments = name.split("(")
        detail = ["(" + arguments]
    return Key(kind, "" if kind in ("schema", "extension", "event trigger") else "public", name, *detail)


def edges(snapshot: Snapshot, user: str) -> set[tuple[str, str, bool]]:
    """What an object needs: the key without the schema, the column, whether it goes along."""
    return {
        (":".join(filter(None, (edge.used.kind, edge.used.name, edge.used.detail))), edge.column, edge.auto)
        for edge in snapshot.edges
        if edge.user == key(user)
    }


def test_edges_of_views_name_the_columns(database: str) -> None:
    snapshot = made(
        database,
        """
        CREATE TABLE t (gone int, a int PRIMARY KEY, "B b" text, c int);
        ALTER TABLE t DROP COLUMN gone;
        CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE VIEW v AS SELECT a, "B b", f(t) AS f FROM t;
        CREATE VIEW w AS SELECT a, "B b", count(*) FROM t GROUP BY a;
        CREATE MATERIALIZED VIEW m AS SELECT f FROM v;
        CREATE INDEX i ON m (f);
    """,
    )

    assert {("table:t", "", False)} == edges(snapshot, "function:f(public.t)")
    assert {("table:t", "a", False), ("table:t", "B b", False), ("function:f:(public.t)", "", False)} == (
        edges(snapshot, "view:v")
    )
    assert ("constraint:t_pkey:t", "", False) in edges(snapshot, "view:w")
    assert {("view:v", "f", False)} == edges(snapshot, "materialized view:m")
    assert {("materialized view:m", "f", True)} == edges(snapshot, "index:i")
    assert snapshot[key("table:t")].columns == (("a", "integer"), ("B b", "text"), ("c", "integer"))
    assert snapshot[key("materialized view:m")].columns == (("f", "integer"),)


def test_parts_stand_for_what_they_belong_to(database: str) -> None:
    snapshot = made(
        database,
        """
        CREATE SEQUENCE s;
        CREATE TYPE pair AS (a int, b text);
        CREATE TYPE spans AS RANGE (SUBTYPE = float8);
        CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int DEFAULT nextval('s'), p pair[], r spans_multirange,
                        twice int GENERATED ALWAYS AS (length('x') * 2) STORED);
        CREATE TABLE u (t int REFERENCES t ON DELETE CASCADE);
        CREATE VIEW v AS SELECT n FROM t;
        CREATE FUNCTION f(v[]) RETURNS t LANGUAGE sql AS 'SELECT NULL::t';
        CREATE FUNCTION five() RETURNS int LANGUAGE sql AS 'SELECT 5';
        ALTER VIEW v ALTER COLUMN n SET DEFAULT five();
        CREATE RULE r AS ON DELETE TO v DO INSTEAD NOTHING;
    """,
    )

    assert {("composite type:pair", "", False), ("range type:spans", "", False)} == edges(snapshot, "table:t")
    assert {("table:t", "n", True), ("sequence:s", "", False)} == edges(snapshot, "default:n:t")
    assert {("table:t", "id", False), ("constraint:t_pkey:t", "", False), ("table:u", "t", True)} == edges(
        snapshot, "constraint:u_t_fkey:u"
    )
    assert {("view:v", "", False), ("table:t", "", False)} == edges(snapshot, "function:f(public.v[])")
    assert ("function:five:()", "", False) in edges(snapshot, "view:v")
    assert {("view:v", "", True)} == edges(snapshot, "rule:r:v")


def test_no_object_is_its_own_user(database: str) -> None:
    snapshot = made(database, "CREATE TABLE t (id serial PRIMARY KEY, up int REFERENCES t, CHECK (id > 0))")

    assert [edge for edge in snapshot.edges if edge.user == edge.used] == []


def test_members_of_extensions_stand_for_the_extension(database: str) -> None:
    snapshot = made(
        database,
        """
        CREATE SCHEMA ext;
        CREATE EXTENSION citext SCHEMA ext;
        CREATE TABLE t (a ext.citext);
        CREATE FUNCTION f(ext.citext) RETURNS int LANGUAGE sql AS 'SELECT 1';
        ALTER FUNCTION f(ext.citext) DEPENDS ON EXTENSION citext;
    """,
    )

    assert {("extension:citext", "", False)} == edges(snapshot, "table:t")
    assert {("extension:citext", "", True)} == edges(snapshot, "function:f(ext.citext)")
    assert {("schema:ext", "", False)} == edges(snapshot, "extension:citext")
    assert {"schema", "extension", "table", "function"} == {found.kind for found in snapshot}


def test_partitions_and_heirs_stand_for_what_they_come_from(database: str) -> None:
    snapshot = made(
        database,
        """
        CREATE FUNCTION ok(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TABLE whole (a int PRIMARY KEY, CHECK (ok(a))) PARTITION BY LIST (a);
        CREATE TABLE part PARTITION OF whole FOR VALUES IN (1);
        CREATE TRIGGER touch BEFORE INSERT ON whole FOR EACH ROW EXECUTE FUNCTION touch();
        CREATE TABLE refers (a int REFERENCES whole);
        CREATE INDEX i ON whole (a);
    """,
    )

    assert {"constraint", "function", "index", "schema", "table", "trigger"} == {found.kind for found in snapshot}
    assert {"part_pkey", "refers_a_fkey", "whole_a_check", "whole_pkey"} == {
        found.name for found in snapshot if found.kind == "constraint"
    }
    assert {"i", "part_a_idx"} == {found.name for found in snapshot if found.kind == "index"}
    assert {("table:whole", "", True)} == {edge for edge in edges(snapshot, "table:part") if not edge[1]}
    assert {("table:part", "", True), ("index:i", "", True)} <= edges(snapshot, "index:part_a_idx")


def test_a_collation_of_icu_is_printed_where_the_server_has_none(database: str, dump: Callable[..., Dump]) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        version = connection.info.server_version
        connection.execute("CREATE COLLATION c (LOCALE = 'C'); SET allow_system_table_mods = on")
        locale = "colllocale" if version >= 170000 else "colliculocale" if version >= 150000 else "collcollate"
        none = ", collcollate = NULL, collctype = NULL" if version >= 150000 else ", collctype = 'und-u-ks-level2'"
        rules = ", collicurules = '&V << w <<< W, it''s'" if version >= 160000 else ""
        connection.execute(
            "UPDATE pg_collation SET collprovider = 'i', collisdeterministic = false, "
            f"{locale} = 'und-u-ks-level2'{none}{rules} WHERE collname = 'c'"
        )
    with opened(database) as session:
        create = read(session)[key("collation:c")].create
    said = dict(re.findall(r"(\w+) = ('(?:[^']|'')*'|\w+)", create))
    (dumped,) = (text for head, text in dump(database).items() if "Type: COLLATION" in head)

    assert said == {name.upper(): value for name, value in re.findall(r"(\w+) = ('(?:[^']|'')*'|\w+)", dumped)}
    assert ("RULES" in said) is (version >= 160000)


def test_what_is_not_read_is_named(database: str) -> None:
    snapshot = made(
        database,
        """
        CREATE TYPE half;
        CREATE TABLE t (a int);
    """,
    )

    assert snapshot.unread == ("type public.half",)


def test_secrets_are_not_read(database: str) -> None:
    snapshot = made(
        database,
        """
        CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER far FOREIGN DATA WRAPPER nothing;
        CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS ("user" 'me', password 'hunter2');
        CREATE SERVER "1 Ä" FOREIGN DATA WRAPPER nothing OPTIONS ("API key" 'hunter2', password_required 'false');
    """,
    )

    assert "hunter2" not in repr(snapshot)
    assert [snapshot[key].create for key in sorted(snapshot) if key.kind in ("server", "user mapping")] == [
        'CREATE SERVER "1 Ä" FOREIGN DATA WRAPPER nothing '
        "OPTIONS (\"API key\" '${env:_1_API_KEY}', password_required 'false')",
        "CREATE SERVER far FOREIGN DATA WRAPPER nothing",
        "CREATE USER MAPPING FOR postgres SERVER far OPTIONS (password '${env:FAR_POSTGRES_PASSWORD}', \"user\" 'me')",
    ]


def test_temporary_and_internal_objects_are_not_read(database: str) -> None:
    with opened(database) as session:
        session.run("CREATE TABLE t (a text PRIMARY KEY, b text REFERENCES t)")
        session.run("CREATE TEMP TABLE x (a serial PRIMARY KEY CHECK (a > 0)); CREATE TEMP VIEW y AS SELECT * FROM x")
        snapshot = read(session)

    assert {"schema:public", "table:t", "constraint:t_pkey", "constraint:t_b_fkey"} == {
        f"{found.kind}:{found.name}" for found in snapshot
    }


def test_aspects_say_how_they_are_set_and_unset(database: str) -> None:
    snapshot = made(
        database,
        """
        CREATE VIEW v AS SELECT 1 AS "A b", 2 AS c;
        COMMENT ON VIEW v IS 'it''s';
        COMMENT ON COLUMN v."A b" IS 'one';
        GRANT SELECT, INSERT ON v TO pg_monitor;
        GRANT UPDATE ("A b") ON v TO pg_monitor WITH GRANT OPTION;
        ALTER VIEW v OWNER TO pg_read_all_stats;
        CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
        REVOKE ALL ON FUNCTION f() FROM PUBLIC;
    """,
    )

    view, function = snapshot[key("view:v")], snapshot[key("function:f()")]
    assert [aspect.name for aspect in view.aspects] == [
        "owner",
        "grant to pg_monitor",
        "comment",
        "comment on column A b",
    ]
    owner, grant, comment, column = view.aspects
    assert owner.set == ("ALTER VIEW public.v OWNER TO pg_read_all_stats",)
    assert owner.unset == ("ALTER VIEW public.v OWNER TO CURRENT_USER",)
    assert grant.set == (
        "GRANT INSERT ON TABLE public.v TO pg_monitor",
        "GRANT SELECT ON TABLE public.v TO pg_monitor",
        'GRANT UPDATE ("A b") ON TABLE public.v TO pg_monitor WITH GRANT OPTION',
    )
    assert grant.unset[1] == "REVOKE SELECT ON TABLE public.v FROM pg_monitor"
    assert comment.set == ("COMMENT ON VIEW public.v IS 'it''s'",)
    assert column.unset == ('COMMENT ON COLUMN public.v."A b" IS NULL',)
    (public,) = function.aspects
    assert public.name == "grant to PUBLIC"
    assert public.set == ("REVOKE EXECUTE ON FUNCTION public.f() FROM PUBLIC",)
    assert public.unset == ("GRANT EXECUTE ON FUNCTION public.f() TO PUBLIC",)


def test_defaults_are_no_aspects(database: str) -> None:
    snapshot = made(
        database,
        """
        CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE e AS ENUM ('a');
        GRANT SELECT ON t TO CURRENT_USER; GRANT EXECUTE ON FUNCTION f() TO PUBLIC; GRANT USAGE ON TYPE e TO CURRENT_USER;
        GRANT SELECT ON t TO pg_monitor; REVOKE SELECT ON t FROM pg_monitor;
    """,
    )

    assert [aspect for stored in snapshot.objects.values() for aspect in stored.aspects] == []


@pytest.fixture
def stranger(database: str) -> Iterator[Session]:
    """A session of a role that may connect, and nothing more."""
    with opened(database) as session:
        session.run("CREATE ROLE stranger")
        yield session
        session.run("RESET ROLE; DROP ROLE stranger")


def test_a_role_without_rights_reads_the_same(stranger: Session) -> None:
    stranger.run("""
        CREATE SCHEMA secret; CREATE TABLE secret.t (id serial PRIMARY KEY, a int CHECK (a > 0)); CREATE VIEW secret.v AS SELECT * FROM secret.t;
        CREATE FUNCTION secret.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION secret.f() FROM PUBLIC;
        CREATE POLICY p ON secret.t USING (a > 1); CREATE MATERIALIZED VIEW secret.m AS SELECT * FROM secret.v;
    """)
    before = read(stranger)
    stranger.run("SET ROLE stranger")

    after = read(stranger)

    others = [different for different in differences(before, after) if different[1] != "aspects"]
    assert others == []
    owned = [
        stored.aspects[0].name for stored in after.objects.values() if stored.key.schema == "secret" and stored.aspects
    ]
    assert {"owner"} == set(owned)


def test_a_failed_read_puts_the_settings_back(database: str) -> None:
    with opened(database) as session:

        def failing(sql: str) -> list[tuple[object, ...]]:
            if "pg_depend" in sql:
                session.rows("SELECT 1 / 0")
            return list(session.rows(sql))

        with pytest.raises(psycopg.errors.DivisionByZero):
            catalog.read(failing, session.version)

        assert session.rows("SELECT current_setting('search_path'), current_setting('jit')") == [
            ('"$user", public', "on")
        ]


def test_the_number_of_queries_does_not_grow(database: str) -> None:
    with opened(database) as session:
        asked: list[str] = []

        def counting(sql: str) -> object:
            asked.append(sql)
            return session.rows(sql)

        def count() -> int:
            asked.clear()
            catalog.read(counting, session.version)  # type: ignore[arg-type]
            return len(asked)

        make = "CREATE TABLE {0} (id serial PRIMARY KEY, a int); CREATE VIEW {0}_v AS SELECT * FROM {0}; CREATE INDEX ON {0} (a);"
        session.run(make.format("one"))
        few = count()
        session.run("".join(f"CREATE SCHEMA s{number}; " + make.format(f"s{number}.t") for number in range(20)))

        assert few == count()


def test_some_kinds_alone(database: str) -> None:
    with opened(database) as session:
        session.run("CREATE TABLE t (a int); CREATE VIEW v AS SELECT * FROM t; COMMENT ON VIEW v IS 'x'")
        snapshot = read(session)

        some = catalog.stored(session.rows, session.version, {"view"})

    assert {key("view:v"): snapshot[key("view:v")].definition} == {
        name: stored.definition for name, stored in some.items()
    }


def test_an_edge_is_automatic_where_any_dependency_is(database: str) -> None:
    snapshot = made(database, "CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a, (b + a))")

    assert Edge(key("index:i"), key("table:t"), "a", True) in snapshot.edges
    assert Edge(key("index:i"), key("table:t"), "a", False) not in snapshot.edges


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg"])
def test_every_driver_reads_the_same(driver: str, database: str) -> None:
    sql = EXAMPLES["owners and grants"] + EXAMPLES["hostile names"] + EXAMPLES["partitions"]
    expected = made(database, sql)
    url = sqlalchemy.make_url(database).set(drivername=f"postgresql+{driver}")

    def through_alembic(connection: sqlalchemy.Connection) -> Snapshot:
        return catalog.read(through(connection), connection.dialect.server_version_info[0] * 10000)  # type: ignore[index]

    async def through_asyncpg() -> Snapshot:
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            snapshot = await connection.run_sync(through_alembic)
        await engine.dispose()
        return snapshot

    if driver == "asyncpg":
        snapshot = asyncio.run(through_asyncpg())
    else:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            snapshot = through_alembic(connection)
        engine.dispose()

    assert differences(expected, snapshot) == []
    assert expected.places == snapshot.places
