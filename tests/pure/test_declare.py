"""What is declared is placed: the object, what is said of it, and where; or there is one clear error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import Column, Index, Integer, MetaData, Table, select
from sqlalchemy import __version__ as sqlalchemy_version

from alembic_ext import MaterializedView, View, register
from alembic_ext.declare import collect
from alembic_ext.errors import AlembicExtError, DeclarationError
from alembic_ext.model import Declared
from alembic_ext.options import Options

HERE = Path(__file__).name


def collected(*items: object) -> tuple[Declared, ...]:
    metadata = MetaData()
    register(metadata, *items)
    return collect(metadata)


def placed(sql: str) -> list[tuple[str, str, bool]]:
    return [(str(one.address), one.aspect, one.creates) for one in collected(sql)]


def refused(*items: object) -> str:
    with pytest.raises(DeclarationError) as caught:
        collected(*items)
    return str(caught.value)


MAKES = {
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''": "function f",
    "CREATE OR REPLACE FUNCTION app.f(int, b varchar(10) DEFAULT 'a,b', OUT c text, VARIADIC d numeric(3,2)[]) "
    "LANGUAGE sql AS ''": "function app.f(integer, character varying, numeric[])",
    'CREATE FUNCTION f(a "char", b char, c timestamptz, d interval day, e public."T"[][], f t.c%TYPE) RETURNS '
    "TABLE (x int) LANGUAGE sql AS ''": 'function f("char", character, timestamptz, interval, public."T"[][], t.c%TYPE)',
    "CREATE FUNCTION f(INOUT a double precision, x s.t.c%TYPE) LANGUAGE sql AS ''": "function f(double precision, s.t.c%TYPE)",
    "CREATE FUNCTION f() RETURNS int RETURN 1": "function f",
    "CREATE PROCEDURE p(a int, INOUT b int, OUT c int) LANGUAGE sql AS ''": "procedure p(integer, integer)",
    "CREATE TRIGGER t BEFORE INSERT ON app.x EXECUTE PROCEDURE f()": "trigger app.x.t",
    "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON x FOR EACH ROW EXECUTE FUNCTION f()": "trigger x.t",
    "CREATE OR REPLACE VIEW v AS SELECT 1": "view v",
    "CREATE RECURSIVE VIEW app.v (n) AS SELECT 1": "view app.v",
    "CREATE MATERIALIZED VIEW IF NOT EXISTS m AS SELECT 1 WITH NO DATA": "materialized view m",
    "CREATE UNIQUE INDEX i ON app.m (a)": "index app.i",
    "CREATE OR REPLACE RULE r AS ON DELETE TO app.x DO INSTEAD NOTHING": "rule app.x.r",
    "CREATE POLICY p ON app.x AS RESTRICTIVE FOR SELECT TO a, PUBLIC USING (true)": "policy app.x.p",
    "CREATE STATISTICS IF NOT EXISTS app.s (mcv) ON a, (b + 1) FROM x": "statistics app.s",
    "CREATE EVENT TRIGGER e ON sql_drop WHEN TAG IN ('DROP VIEW') EXECUTE FUNCTION f()": "event trigger e",
    "CREATE AGGREGATE app.a(int, VARIADIC b text[]) (SFUNC = f, STYPE = text)": "aggregate app.a(integer, text[])",
    "CREATE AGGREGATE a(*) (SFUNC = f, STYPE = int)": "aggregate a",
    'CREATE OR REPLACE AGGREGATE a(bigint ORDER BY "any") (SFUNC = f, STYPE = int)': 'aggregate a(bigint, "any")',
    'CREATE AGGREGATE a(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = f, STYPE = int)': 'aggregate a("any")',
    "CREATE AGGREGATE a (BASETYPE = int[], SFUNC = f, STYPE = int)": "aggregate a(integer[])",
    "CREATE AGGREGATE a (SFUNC = f, STYPE = int, BASETYPE = 'ANY')": "aggregate a",
    'CREATE AGGREGATE a (SFUNC = f, STYPE = int, BASETYPE = "any")': "aggregate a",
    "CREATE AGGREGATE a (SFUNC1 = f, BASETYPE = 'Odd', STYPE = int)": 'aggregate a("Odd")',
}

ALTERS = {
    "ALTER FUNCTION f(int) COST 3 STABLE": "function f(integer)",
    "ALTER PROCEDURE f RESET ALL": "procedure f",
    "ALTER ROUTINE f(int) COST 3": "routine f(integer)",
    "ALTER TABLE app.x DISABLE TRIGGER t": "trigger app.x.t",
    "ALTER TABLE x ENABLE ALWAYS TRIGGER t": "trigger x.t",
    "ALTER VIEW v ALTER a SET DEFAULT 1": "view v",
    "ALTER VIEW v SET (security_barrier)": "view v",
    "ALTER MATERIALIZED VIEW m ALTER a SET STATISTICS 5": "materialized view m",
    "ALTER MATERIALIZED VIEW m CLUSTER ON i": "index i",
    "ALTER INDEX i SET (fillfactor = 70)": "index i",
    "ALTER TRIGGER t ON app.x DEPENDS ON EXTENSION e": "trigger app.x.t",
    "ALTER FUNCTION f(int) NO DEPENDS ON EXTENSION e": "function f(integer)",
    "ALTER MATERIALIZED VIEW m DEPENDS ON EXTENSION e": "materialized view m",
    "ALTER INDEX app.i DEPENDS ON EXTENSION e": "index app.i",
    "ALTER TABLE app.x DISABLE RULE r": "rule app.x.r",
    "ALTER STATISTICS app.s SET STATISTICS 5": "statistics app.s",
    "ALTER EVENT TRIGGER e ENABLE ALWAYS": "event trigger e",
}

SAYS = {
    "COMMENT ON FUNCTION f(a int, OUT b text) IS 'x'": ("function f(integer)", "comment"),
    "COMMENT ON TRIGGER t ON app.x IS NULL": ("trigger app.x.t", "comment"),
    "COMMENT ON VIEW v IS 'x'": ("view v", "comment"),
    "COMMENT ON COLUMN app.v.\"A b\" IS 'x'": ("relation app.v", "comment on column A b"),
    "ALTER FUNCTION f() OWNER TO x": ("function f", "owner"),
    "ALTER VIEW v OWNER TO CURRENT_USER": ("view v", "owner"),
    "ALTER TABLE v OWNER TO x": ("relation v", "owner"),
    'GRANT SELECT (a, b), INSERT ON v TO "A b" WITH GRANT OPTION': ("relation v", 'grant to "A b"'),
    "REVOKE ALL ON FUNCTION f(int) FROM PUBLIC": ("routine f(integer)", "grant to PUBLIC"),
    "GRANT EXECUTE ON ROUTINE f TO CURRENT_USER": ("routine f", "grant to CURRENT_USER"),
    "GRANT SELECT ON type TO CURRENT_ROLE": ("relation type", "grant to CURRENT_USER"),
    "GRANT USAGE ON SEQUENCE app.s TO SESSION_USER": ("sequence app.s", "grant to SESSION_USER"),
    "GRANT USAGE ON SCHEMA app TO x GRANTED BY CURRENT_USER": ("schema app", "grant to x"),
}


@pytest.mark.parametrize("sql", MAKES)
def test_a_statement_makes_an_object(sql: str) -> None:
    assert placed(sql) == [(MAKES[sql], "", True)]
    assert collected(sql)[0].text == sql


@pytest.mark.parametrize("sql", ALTERS)
def test_a_statement_adds_to_a_definition(sql: str) -> None:
    assert placed(sql) == [(ALTERS[sql], "", False)]


@pytest.mark.parametrize("sql", SAYS)
def test_a_statement_says_something_of_an_object(sql: str) -> None:
    assert placed(sql) == [(*SAYS[sql], False)]
    assert collected(sql)[0].text == sql


def test_what_a_statement_leaves_open_is_told_by_the_object_that_is_declared() -> None:
    sql = """
        CREATE VIEW v AS SELECT 1 AS a; CREATE PROCEDURE p(int) LANGUAGE sql AS '';
        GRANT SELECT ON v TO x; COMMENT ON COLUMN v.a IS 'a'; ALTER TABLE v OWNER TO x;
        GRANT EXECUTE ON ROUTINE p(integer) TO x; COMMENT ON PROCEDURE p IS 'p';
        CREATE AGGREGATE a(*) (SFUNC = f, STYPE = int); COMMENT ON FUNCTION a() IS 'a'
    """
    assert [str(one.address) for one in collected(sql)] == ["view v", "procedure p(integer)", *["view v"] * 3,
                                                            *["procedure p(integer)"] * 2, *["aggregate a"] * 2]  # fmt: skip


def test_alter_table_may_name_a_relation_of_any_kind() -> None:
    made = "CREATE VIEW s.v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE INDEX i ON m (a)"
    said = {
        "ALTER TABLE ONLY s.v ALTER COLUMN a SET DEFAULT 1": "view s.v",
        "ALTER TABLE ONLY m ALTER COLUMN a SET STATISTICS 5": "materialized view m",
        "ALTER TABLE m CLUSTER ON i": "index i",
        "ALTER TABLE t ALTER COLUMN a SET STATISTICS 5": "table t",
    }
    for sql, meant in said.items():
        for found in (collected(f"{sql}; {made}")[0], collected(f"{made}; {sql}")[-1]):
            assert (found.text, str(found.address)) == (sql, meant)
    assert "it is not supported yet" in refused(f"{made}; ALTER TABLE m REPLICA IDENTITY FULL")
    assert "tables belong to the models" in refused(f"{made}; ALTER TABLE v ALTER COLUMN a SET DEFAULT 1")


def test_grants_are_one_for_each_object_and_grantee() -> None:
    sql = 'GRANT SELECT (a, b), INSERT ON TABLE v, "s,x"."Ü" TO GROUP r, PUBLIC,cascade WITH GRANT OPTION'
    head = "GRANT SELECT (a, b), INSERT ON TABLE"
    assert [(str(one.address), one.aspect, one.text) for one in collected(sql)] == [
        ("relation v", "grant to r", f"{head} v TO GROUP r WITH GRANT OPTION"),
        ("relation v", "grant to PUBLIC", f"{head} v TO PUBLIC WITH GRANT OPTION"),
        ("relation v", "grant to cascade", f"{head} v TO cascade WITH GRANT OPTION"),
        ("relation s,x.Ü", "grant to r", f'{head} "s,x"."Ü" TO GROUP r WITH GRANT OPTION'),
        ("relation s,x.Ü", "grant to PUBLIC", f'{head} "s,x"."Ü" TO PUBLIC WITH GRANT OPTION'),
        ("relation s,x.Ü", "grant to cascade", f'{head} "s,x"."Ü" TO cascade WITH GRANT OPTION'),
    ]
    sql = "REVOKE EXECUTE ON FUNCTION f(int, text), g FROM a, b CASCADE"
    assert [one.text for one in collected(sql)] == [
        "REVOKE EXECUTE ON FUNCTION f(int, text) FROM a CASCADE", "REVOKE EXECUTE ON FUNCTION f(int, text) FROM b CASCADE",
        "REVOKE EXECUTE ON FUNCTION g FROM a CASCADE", "REVOKE EXECUTE ON FUNCTION g FROM b CASCADE",
    ]  # fmt: skip
    for on in "SEQUENCE", "TYPE", "DOMAIN", "SCHEMA", "FOREIGN DATA WRAPPER", "FOREIGN SERVER", "PROCEDURE", "ROUTINE":
        assert [one.text for one in collected(f"GRANT ALL ON {on} a, b TO x, y")] == [
            f"GRANT ALL ON {on} {name} TO {grantee}" for name in "ab" for grantee in "xy"
        ]


BEYOND = {
    "GRANT CONNECT ON DATABASE shop TO x": "a database has another name wherever the revision runs",
    "ALTER DATABASE shop OWNER TO x": "a database has another name wherever the revision runs",
    "COMMENT ON DATABASE shop IS 'x'": "a database has another name wherever the revision runs",
    "GRANT CREATE ON TABLESPACE fast TO x": "it belongs to the whole server",
    "GRANT SET ON PARAMETER work_mem TO x": "it belongs to the whole server",
    "GRANT SELECT ON LARGE OBJECT 1, 2 TO x": "large objects are data",
    "GRANT SELECT ON ALL TABLES IN SCHEMA app TO x": "it names many objects at once",
}


@pytest.mark.parametrize("sql", BEYOND)
def test_what_is_beyond_the_database_is_an_error_that_says_why(sql: str) -> None:
    with pytest.raises(DeclarationError) as error:
        collected(sql)
    assert f"cannot declare {sql!r}: {BEYOND[sql]}" in str(error.value)
    assert "\n  help: " in str(error.value)


def test_several_commands_are_several_statements() -> None:
    found = collected('ALTER TABLE "Ü".x * ENABLE REPLICA TRIGGER "a,b", DISABLE TRIGGER c')
    assert [(str(one.address), one.text) for one in found] == [
        ("trigger Ü.x.a,b", 'ALTER TABLE "Ü".x * ENABLE REPLICA TRIGGER "a,b"'),
        ("trigger Ü.x.c", 'ALTER TABLE "Ü".x * DISABLE TRIGGER c'),
    ]


def test_an_index_is_not_made_concurrently_with_what_it_is_on() -> None:
    (found,) = collected("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON m (a)")
    assert found.text == "CREATE INDEX IF NOT EXISTS i ON m (a)"


@pytest.mark.parametrize("made", [View, MaterializedView])
def test_a_statement_in_the_place_of_a_query(made: Any) -> None:
    with pytest.raises(DeclarationError) as caught:
        made("v", " -- what it is\n /* for */ create VIEW v AS SELECT 1")
    said = str(caught.value)
    assert f"{made.KIND.name} v: its query is a CREATE statement (" in said
    assert f"{HERE}:" in said
    assert f"help: give the query alone; {made.__name__}.from_sql(…)" in said
    assert made("v", "SELECT created FROM t").sql


REFUSED = {
    "CREATE TABLE t (a int)": "tables belong to the models",
    "CREATE TABLE t AS SELECT 1": "tables belong to the models",
    "ALTER TABLE t ADD a int": "tables belong to the models",
    "ALTER TABLE t DISABLE TRIGGER ALL": "it speaks of all triggers at once",
    "ALTER TABLE t ENABLE TRIGGER USER": "help: write it for each trigger, by its name",
    "CREATE TYPE e": "a base type and a shell need functions in C",
    "ALTER OPERATOR FAMILY f USING btree DROP OPERATOR 1 (int, int)": "not supported yet",
    "COMMENT ON LARGE OBJECT 3 IS 'x'": "large objects are data",
    "GRANT SELECT ON ALL TABLES IN SCHEMA s TO x": "name each object",
    "ALTER TRIGGER t ON x RENAME TO y": "under its new name",
    "SELECT 1": "a query needs a name: CREATE VIEW name AS …",
    "INSERT INTO t VALUES (1)": "rows are declared with Rows(table, [{…}, …])",
    "DO $$ $$": "it creates nothing",
    "REFRESH MATERIALIZED VIEW m": "it creates nothing",
    "CREATE TEMP VIEW v AS SELECT 1": "omit TEMPORARY",
    "CREATE INDEX ON m (a)": "the object has no name",
    "DROP VIEW v": "what is no longer declared is dropped",
    "CREATE STATISTICS ON a, b FROM t": "the object has no name",
    "ALTER POLICY p ON t USING (true)": "declare the policy as it shall be",
    "ALTER VIEW v RENAME TO w": "under its new name",
    "ALTER FUNCTION f() SET SCHEMA x": "in its new schema",
    "BEGIN": "Alembic begins and commits",
    "SET search_path TO x": "omit it",
}


@pytest.mark.parametrize("sql", REFUSED)
def test_what_cannot_be_placed_is_an_error(sql: str, tmp_path: Path) -> None:
    path = tmp_path / "a.sql"
    path.write_text(f"CREATE VIEW v AS SELECT 1;\n\n-- here\n{sql};\n")
    message = refused(path)
    assert REFUSED[sql] in message
    assert f"({path}:4)" in message
    assert sql in message
    assert "\n  help: " in message


def test_what_makes_a_view_is_no_rule() -> None:
    message = refused('CREATE RULE "_RETURN" AS ON SELECT TO v DO INSTEAD SELECT 1')
    assert "cannot declare rule v._RETURN: a rule ON SELECT makes a view" in message
    assert "\n  help: declare the view" in message


def test_a_word_that_is_the_name_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "SQL text cannot be read: views" in refused("views")
    (tmp_path / "views").mkdir()
    with pytest.raises(
        DeclarationError, match=r"'views' is text, and looks like a path .*\n  help: give Path\('views'\)"
    ):
        register(MetaData(), "views")


@pytest.mark.parametrize(
    "comment", ["-- renamed value a to b", "-- Renamed from", "--renamed value 'a' to b", "-- renamed from:"]
)
def test_a_rename_that_is_spelled_otherwise(comment: str) -> None:
    message = refused(f"{comment}\nCREATE TYPE mood AS ENUM ('b')")
    assert f"the comment {comment!r} cannot be read" in message
    assert "help: write -- renamed from old_name, or -- renamed value 'old' to 'new'" in message


@pytest.mark.parametrize(
    "comment", ["-- renamed values are kept for ever", "-- renamed value by value", "-- was renamed from"]
)
def test_a_comment_that_is_none_of_ours(comment: str) -> None:
    (found,) = collected(f"{comment}\nCREATE TYPE mood AS ENUM ('b')")
    assert (found.renamed_from, found.renamed_values) == ("", ())


def test_a_long_statement_is_shown_in_part() -> None:
    assert "... " not in refused("SELECT " + "x, " * 100 + "y")
    assert "..." in refused("SELECT " + "x, " * 100 + "y")


def test_items_are_read_in_the_order_of_declaration(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "1.sql").write_text("CREATE VIEW one AS SELECT 1")
    (tmp_path / "b" / "2.SQL").write_text("CREATE VIEW two AS SELECT 2")
    (tmp_path / "b.sql").write_text("CREATE VIEW three AS SELECT 3")
    (tmp_path / "b" / "readme.txt").write_text("not SQL")
    found = collected([View("four", "SELECT 4"), ("CREATE VIEW five AS SELECT 5",)], tmp_path)
    assert [one.address.names[0] for one in found] == ["four", "five", "two", "one", "three"]


def test_each_statement_knows_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "a.sql"
    path.write_bytes(b"\xef\xbb\xbf-- a\r\n\r\nCREATE VIEW v AS\r\nSELECT 1;\r\nCREATE VIEW w AS SELECT 2")
    first, second, third, fourth = collected(path, "CREATE VIEW x AS SELECT 3", View("y", "SELECT 4"))
    assert (first.source, first.text) == (f"{path}:3", "CREATE VIEW v AS\r\nSELECT 1")
    assert second.source == f"{path}:5"
    assert HERE in third.source
    assert HERE in fourth.source
    assert fourth.source.rpartition(":")[2].isdigit()


def test_a_relative_path_may_stand_beside_the_file_that_registers_it() -> None:
    beside = Path(__file__).with_suffix(".sql")
    beside.write_text("CREATE VIEW v AS SELECT 1")
    try:
        assert len(collected(Path(beside.name))) == 1
    finally:
        beside.unlink()


def test_a_missing_path_is_an_error() -> None:
    assert "no_such.sql does not exist" in refused(Path("no_such.sql"))


def test_a_folder_without_sql_is_an_error(tmp_path: Path) -> None:
    assert "has no .sql file" in refused(tmp_path)


def test_a_file_that_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_bytes("-- Größe".encode("latin-1"))
    message = refused(tmp_path)
    assert "a.sql is not UTF-8" in message
    assert "save the file in UTF-8" in message


def test_an_unreadable_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.sql").touch()

    def deny(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", deny)
    assert "a.sql cannot be read: Permission denied" in refused(tmp_path)


def test_a_syntax_error_in_a_string_names_the_call_and_the_line() -> None:
    message = refused("CREATE VIEW v AS\nSELECT FORM t x y")
    assert HERE in message
    assert "line 2 of the text" in message


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (42, "42 cannot be declared"),
        (sqlalchemy.Sequence("s"), r"SQLAlchemy's Sequence: give alembic_ext.Sequence\("),
        (sqlalchemy.text("CREATE VIEW v AS SELECT 1"), r"SQLAlchemy's text\(\): give the text alone"),
        (View, r"this is the class itself: give View\("),
        (type("User", (), {"__table__": None}), "a mapped class is declared by being one"),
        ("db/views.sql", r"looks like a path .*\n  help: give Path\('db/views.sql'\)"),
        ("../db", r"give Path\('../db'\)"),
        ("db/", r"give Path\('db/'\)"),
    ],
)
def test_what_is_no_declaration_is_refused_at_once(item: object, says: str) -> None:
    with pytest.raises(DeclarationError, match=says) as caught:
        register(MetaData(), item)

    assert Path(__file__).name in str(caught.value)


def test_one_object_may_be_declared_twice_in_the_same_words() -> None:
    sql = "CREATE VIEW v AS SELECT 1; COMMENT ON VIEW v IS 'x'; GRANT SELECT ON v TO a; GRANT INSERT ON v TO a"
    assert len(collected(sql, sql)) == 4


@pytest.mark.parametrize(("one", "other"), [
    ("CREATE VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 2"),
    ("CREATE FUNCTION f(int) RETURNS int RETURN 1", "CREATE FUNCTION f(integer) RETURNS int RETURN 2"),
    ("COMMENT ON VIEW v IS 'a'", "COMMENT ON VIEW v IS 'b'"),
    ("ALTER VIEW v OWNER TO a", "ALTER VIEW v OWNER TO b"),
])  # fmt: skip
def test_one_object_declared_twice_differently_is_an_error(one: str, other: str, tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_text(one)
    (tmp_path / "2.sql").write_text(f"\n{other}")
    message = refused(tmp_path)
    assert "declared twice with different text" in message
    assert f"{tmp_path / '1.sql'}:1 and {tmp_path / '2.sql'}:2" in message


def test_overloads_are_distinct_objects() -> None:
    assert (
        len(collected("CREATE FUNCTION f(int) RETURNS int RETURN 1", "CREATE FUNCTION f(text) RETURNS int RETURN 2"))
        == 2
    )


def test_several_metadata_do_not_share_what_is_declared() -> None:
    one, other = MetaData(), MetaData()
    register(one, "CREATE VIEW v AS SELECT 1")
    register(other, "CREATE VIEW w AS SELECT 1")
    assert [item.address.names for item in collect(one)] == [("v",)]
    assert [item.address.names for item in collect([one, other])] == [("v",), ("w",)]
    assert collect(None) == ()


@pytest.mark.skipif(sqlalchemy_version < "2.1", reason="CreateView is new in SQLAlchemy 2.1")
def test_sqlalchemys_own_views_are_declarations() -> None:
    from sqlalchemy.sql.ddl import CreateView

    metadata = MetaData()
    t = Table("t", metadata, Column("id", Integer), Column("a", Integer))
    CreateView(select(t.c.id).where(t.c.a == 1), "v", metadata=metadata, or_replace=True)
    m = CreateView(select(t.c.id), "m", metadata=metadata, schema="app", materialized=True).table
    Index("m_id", m.c.id, unique=True)
    assert [(str(one.address), one.source, one.text) for one in collect(metadata)] == [
        ("view v", "the Table v", "CREATE OR REPLACE VIEW v AS\nSELECT t.id\nFROM t\nWHERE t.a = 1"),
        ("materialized view app.m", "the Table app.m", "CREATE MATERIALIZED VIEW app.m AS\nSELECT t.id\nFROM t"),
        ("index app.m_id", "the Table app.m", "CREATE UNIQUE INDEX m_id ON app.m (id)"),
    ]


def test_what_is_no_metadata_is_refused() -> None:
    base: Any = type("Base", (), {})
    with pytest.raises(DeclarationError, match="is not a MetaData") as refused:
        register(base, "CREATE VIEW v AS SELECT 1")
    assert "give Base.metadata" in str(refused.value)


WRONG: dict[str, tuple[Any, str]] = {
    "a number as a time": ({"lock_timeout": 5}, "give a time with its unit, as PostgreSQL spells it"),
    "a word as a time": ({"lock_timeout": "soon"}, "give a time with its unit, as PostgreSQL spells it"),
    "a time with a strange unit": (
        {"lock_timeout": "1 fortnight"},
        "give a time with its unit, as PostgreSQL spells it",
    ),
    "a number": ({"manage": 7}, "give a str, or a list of them"),
    "a number among kinds": ({"manage": ["view", 3]}, "give a str, or a list of them"),
    "no word": ({"compare": True}, "give a str, or a list of them"),
    "no truth": ({"prove": "no"}, "give True or False"),
    "a time without a unit": ({"lock_timeout": "250"}, "give a time with its unit, as PostgreSQL spells it"),
    "no URL": ({"sandbox": 3}, 'give the URL of a server, or "embedded"'),
    "nothing for a URL": ({"sandbox": ""}, 'give the URL of a server, or "embedded"'),
    "a slip of the pen for a URL": ({"sandbox": "embeded"}, 'give the URL of a server, or "embedded"'),
    "a word for options": ("all", 'give a mapping of options: alembic_ext={"manage": "all"}'),
    "a list for options": (["manage"], "give a mapping of options"),
    "no major": ({"sandbox_major": 15}, 'give "same" or "any"'),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_option_of_another_sort_is_refused(case: str) -> None:
    given, help = WRONG[case]
    with pytest.raises(AlembicExtError) as refused:
        Options.read(given)
    assert f"alembic_ext={given!r} is not valid\n  help: {help}" in str(refused.value)


def test_an_option_that_is_none_is_not_given() -> None:
    assert Options.read({"manage": None, "prove": None}) == Options()


@pytest.mark.parametrize("value", ["5s", "500 ms", "0"])
def test_a_time_as_postgresql_has_it(value: str) -> None:
    assert Options.read({"lock_timeout": value}).lock_timeout == value
