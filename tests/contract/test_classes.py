"""What the classes write is what the server understands."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    Float,
    Index,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    create_engine,
    func,
    literal,
    make_url,
    select,
    text,
)

from alembic_ext import (
    AccessMethod,
    Aggregate,
    Cast,
    Collation,
    CompositeType,
    Conversion,
    Domain,
    EnumType,
    EventTrigger,
    Extension,
    ForeignDataWrapper,
    ForeignTable,
    Function,
    Language,
    MaterializedView,
    Operator,
    OperatorClass,
    OperatorFamily,
    Policy,
    Procedure,
    Publication,
    PublishedTable,
    RangeType,
    Rule,
    Schema,
    Secret,
    Sequence,
    Server,
    Statistics,
    Subscription,
    TextSearchConfiguration,
    TextSearchDictionary,
    TextSearchParser,
    TextSearchTemplate,
    Transform,
    Trigger,
    UserMapping,
    View,
    register,
)
from alembic_ext.declare import collect
from alembic_ext.entity import Entity
from alembic_ext.kinds import kinds
from alembic_ext.model import Key
from alembic_ext.sqltext import ident
from alembic_ext.sqltext import literal as literal_text
from alembic_ext.sqltext.parsetree import NO_TYPE

NAMES = ['a"b', "it's", "100%", ":x", "\\:x", '"""', "$$", "a\tb", "a\rb", "a\nb", "Größe", "ß" * 31, "n" * 63, "Order",
         "select", "_", "a b", " ", "a.b", "1st", "x;--", "/*"]  # fmt: skip

WHOLE: list[Entity] = [
    Function("touch()", returns="trigger", language="plpgsql", body="BEGIN RETURN NEW; END"),
    Function(
        "f(a integer, b text DEFAULT '(x)', VARIADIC c numeric(3,2)[] DEFAULT '{}')", returns="SETOF integer",
        language="plpgsql", body="\nBEGIN\n  RETURN;\nEND\n", volatility="stable", strict=True, leakproof=True,
        parallel="safe", cost=2, rows=10, security="definer", comment="it's\n\\ done", owner="current_user",
        set={"search_path": 'shop, "My Schema", pg_temp', "work_mem": "64MB", "jit": False, "my.level": 3,
             "DateStyle": ["ISO", "DMY"], "TimeZone": None}, grants={"public": None, "current_user": ["execute"]},
    ),
    Function("one", returns="int", body="RETURN 1"),
    Function("atomic()", returns="int", body="BEGIN ATOMIC SELECT 1; SELECT 2; END"),
    Function("outs(OUT a int, INOUT b text)", body="SELECT 1, b", comment="x"),
    Function("col(a t.id%TYPE)", returns="TABLE (x int, y text)", body="SELECT a, 'x'::text", comment="c"),
    Function('"f 6"("char", timestamptz, char(3), interval day, bit varying(3)[], public.t)', returns="int",
             body="SELECT 1", comment="c"),
    Function("w(a int)", returns="int", language="internal", body="window_row_number", window=True),
    Procedure("p(INOUT a int, IN b text, OUT c int)", language="plpgsql", body="BEGIN a := 1; END", security="invoker",
              comment="p", grants={"public": None}),
    View("v", "SELECT id, b FROM t", columns=["x", "y"], security_barrier=True, check_option="cascaded",
         defaults={"y": "'q'"}, comment="c", grants={"public": ["select (x)", "insert"]}, owner="current_user"),
    View("n", "VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 9", columns=["i"], recursive=True),
    MaterializedView(
        "m", "SELECT id AS a, b FROM t", with_data=False, using="heap", tablespace="pg_default", comment="c",
        storage={"fillfactor": 70, "autovacuum_vacuum_scale_factor": 0.5, "autovacuum_enabled": False},
        indexes=[Index("i", "a", unique=True, postgresql_include=["b"]),
                 Index("j", func.lower(Column("b")), postgresql_where=text("a > 1"))], grants={"public": "select"},
    ),
    Trigger("t1", on="t", timing="before", events=["insert", "update of b"], when="NEW.id > 1", execute="touch()",
            enabled=False, comment="c"),
    Trigger("t2", on="t", timing="after", events=["delete", "truncate"], for_each="statement", execute="touch('a', 1)",
            enabled="always"),
    Trigger("t3", on="t", timing="after", events=["update"], for_each="statement", referencing={"old": "o", "new": "N"},
            execute="touch()", enabled="replica"),
    Trigger("t4", on="t", timing="after", events=["insert", "update"], columns=["b"], constraint=True,
            initially_deferred=True, from_="t", execute="touch()"),
    Trigger("t5", on="public.v", timing="instead of", events=["update"], execute="touch()"),
    Rule("r1", on="t", event="delete", where="OLD.id = 1", instead=True, do="NOTHING", enabled=False, comment="r"),
    Rule("r2", on="t", event="update", do=["NOTIFY a", "DELETE FROM t WHERE id = OLD.id"], enabled="always"),
    Policy("p1", on="t", as_="restrictive", for_="update", to=["current_user", "pg_monitor"], using="id > 1",
           with_check="b <> 'x'", comment="p"),
    Policy("p2", on="public.t", to="public", using="true"),
    Statistics("s1", on=[Column("id"), "b", "(lower(b))"], from_="t", kinds=["mcv", "ndistinct"], target=10, comment="s",
               owner="current_user", schema="public"),
    Statistics("s2", on="(id + 1)", from_="public.t"),
    Function("on_ddl()", returns="event_trigger", language="plpgsql", body="BEGIN END"),
    EventTrigger("e1", event="ddl_command_end", tags=["create table", "DROP TABLE"], execute="on_ddl()", enabled="replica",
                 comment="e", owner="current_user"),
    EventTrigger("e2", event="sql_drop", execute="on_ddl()", enabled=False),
    Aggregate("a1(VARIADIC integer[])", sfunc="array_cat", stype="integer[]", sspace=8, initcond="{}", parallel="safe",
              finalfunc="array_to_json", finalfunc_modify="shareable", schema="public", comment="a",
              owner="current_user", grants={"public": None}),
    Aggregate("a2(*)", sfunc="int8inc", stype="bigint", initcond="0", combinefunc="int8pl", msfunc="int8inc",
              minvfunc="int8dec", mstype="bigint", msspace=8, minitcond="0", comment="a", grants={"public": None}),
    Aggregate('a3(VARIADIC "any" ORDER BY VARIADIC "any")', sfunc="ordered_set_transition_multi", stype="internal",
              finalfunc="rank_final", finalfunc_extra=True, hypothetical=True, comment="a"),
    Aggregate("a4(integer)", sfunc="int4smaller", stype="integer", sortop="<"),
    TextSearchParser("tp", start="prsd_start", gettoken="prsd_nexttoken", end="prsd_end", lextypes="prsd_lextype",
                     headline="prsd_headline", comment="c"),
    TextSearchTemplate("tt", init="dsimple_init", lexize="dsimple_lexize", comment="c"),
    TextSearchDictionary("td", template="tt", options={"stopwords": "english", "accept": True}, comment="c",
                         owner="current_user"),
    TextSearchConfiguration("tc", parser="tp", mappings={"word, asciiword": ["td", "simple"]}, comment="c",
                            owner="current_user"),
    TextSearchConfiguration("td", copy="english", mappings={"word": "simple", "url": None}, schema="public"),
    TextSearchConfiguration("te"),
    EnumType("e1", ["a", "it's"], comment="c", owner="current_user", grants={"public": None}),
    Domain("d1", "varchar(20)", collation='"C"', default="'x'", not_null=True, checks={"a": "VALUE <> ''", "b c": "true"},
           not_valid="b c", comment="c", owner="current_user", grants={"public": "usage"}),
    Domain("d2", ARRAY(Numeric(4, 2)), schema="public"),
    CompositeType("c1", {"a": "int", "B b": 'text COLLATE "C"', "d": DateTime(timezone=True)}, comment="c",
                  comments={"B b": "b"}, owner="current_user", grants={"public": None, "current_user": "usage"}),
    CompositeType("c2", {}, schema="public"),
    RangeType("r1", "text", collation='"C"', subtype_opclass="text_pattern_ops", multirange_type_name="r1s", comment="c",
              owner="current_user", grants={"public": None}),
    RangeType("r2", Float(53), subtype_diff="float8mi", schema="public"),
    Sequence("s1", type="integer", increment=-2, minvalue=-9, maxvalue=9, start=5, cache=3, cycle=True, comment="c",
             owned_by="public.t.id", grants={"public": ["usage", "select"]}),
    Sequence("s2", type=SmallInteger, owner="current_user", schema="public"),
    Sequence("s3", owned_by=Table("t", MetaData(), Column("id")).c.id),
    Schema("sc", comment="c", owner="current_user", grants={"public": ["usage", "create"], "current_user": None}),
    Extension("citext", schema="sc", version="1.6", cascade=True, comment="c"),
    ForeignDataWrapper("fw", options={"a": 1, "b": True}, comment="c", owner="current_user",
                       grants={"current_user": "usage"}),
    Server("fs", wrapper="fw", type="t", version="1", options={"user": "it's", "password": Secret("A_B")}, comment="c",
           owner="current_user", grants={"public": ["usage"]}),
    UserMapping("public", server="fs", options={"user": "a", "password": Secret("A_B")}),
    ForeignTable("ft", columns={"id": "integer NOT NULL", "c": "text COLLATE \"C\" DEFAULT 'x'"}, server="fs",
                 constraints=["CONSTRAINT positive CHECK (id > 0)"], options={"a": "b"}, schema="public",
                 column_options={"c": {"c": "d"}}, inherits=["base"], comment="c", owner="current_user",
                 grants={"public": ["select (c)"]}),
    ForeignTable("fp", partition_of="part", for_values="FROM (1) TO (2)", server="fs"),
    ForeignTable("fd", partition_of="part", server="fs", constraints=["CHECK (a > 0)"]),
    Publication("pa", all_tables=True, publish=["insert"], publish_via_partition_root=False, comment="c",
                owner="current_user"),
    Subscription("ss", connection="host=nowhere", publications=["a", "B"], options={"binary": True, "streaming": "on"},
                 comment="c", owner="current_user"),
    Subscription("st", connection="host=nowhere", publications=["a"], slot_name="its"),
    Publication("pt", tables=["t", PublishedTable("pub")], publish=[]),
    Conversion("co", source_encoding="LATIN1", dest_encoding="UTF8", function="iso8859_1_to_utf8", default=True,
               schema="public", comment="c", owner="current_user"),
    Collation("cl1", provider="libc", locale="C", deterministic=True, comment="c", owner="current_user"),
    Collation("cl2", lc_collate="C", lc_ctype="POSIX", schema="public"),
    Collation("cl3", copy_of='"C"'),
    Language("l", handler="plpgsql_call_handler", inline="plpgsql_inline_handler", validator="plpgsql_validator",
             trusted=True, comment="c", owner="current_user", grants={"public": None, "pg_monitor": "usage"}),
    Transform("integer", "l", from_function="prsd_lextype(internal)", to_function="int4recv(internal)", comment="c"),
    AccessMethod("am", type="index", handler="bthandler", comment="c"),
    AccessMethod("ta", type="table", handler="heap_tableam_handler"),
    Function("same(t, t)", returns="boolean", body="SELECT $1.id = $2.id", volatility="immutable"),
    Function("same(t, integer)", returns="boolean", body="SELECT $1.id = $2", volatility="immutable"),
    Function("is_none(t)", returns="boolean", body="SELECT $1 IS NULL", volatility="immutable"),
    Function("number(t)", returns="integer", body="SELECT $1.id", volatility="immutable"),
    Cast("public.t", "int", function="number(t)", context="implicit", comment="c"),
    Cast("t", "xml", inout=True, context="assignment"),
    Cast("bytea", "varbit", comment="c"),
    Operator("=%", leftarg="t", rightarg="t", function="same", commutator="=%", negator="OPERATOR(public.<>%)",
             restrict="eqsel", join="eqjoinsel", hashes=True, merges=True, comment="c", owner="current_user"),
    Operator("=%", leftarg="t", rightarg="integer", function="public.same", schema="public", comment="c"),
    Operator("!%", rightarg="t", function="is_none", comment="c"),
    OperatorFamily("of", using="hash", operators={1: ["=% (t, integer)"]}, functions={"1 (integer, integer)":
                   "hashint4(integer)"}, schema="public", comment="c", owner="current_user"),
    OperatorFamily("og", using="btree"),
    OperatorClass("oc", for_type="t", using="hash", family="public.of", operators={1: "=%"}, default=True,
                  functions={"1 (t, t)": "number(t)"}, comment="c", owner="current_user"),
    OperatorClass("od", for_type="varchar", using="btree", storage="varchar", schema="public"),
]  # fmt: skip


ON_DDL = next(item for item in WHOLE if isinstance(item, Function) and item.returns == "event_trigger")


def hostile(name: str) -> list[Entity]:
    other = "m" + name[:-4] if len(name.encode()) > 61 else "m" + name
    body = f" SELECT {ident(name)} FROM x -- $$ :x %s \t "
    return [
        View(name, select(literal(name).label(name)), comment=name, grants={"current_user": "select"}),
        MaterializedView(
            other, select(literal(name).label(name)), indexes=[Index("i" + other[1:], name)], comment=name
        ),
        Function(ident(name) + "()", returns="text", body=body, comment=name),
        Trigger(name, on="t", timing="before", events=["insert"], execute=WHOLE[0], comment=name, enabled=False),  # type: ignore[arg-type]
        Rule(name, on="t", event="insert", do=f"NOTIFY {ident(name)}", comment=name, enabled="replica"),
        Policy(name, on="t", using=f"b <> {literal_text(name)}", comment=name),
        Statistics(name, on=["id", f"(b || {literal_text(name)})"], from_="t", comment=name, target=0),
        EventTrigger(name, event="sql_drop", execute=ON_DDL, comment=name, enabled="always"),
        Aggregate(f"{ident(name)}(text)", sfunc="textcat", stype="text", initcond=name, comment=name),
        Domain("d" + other[1:], "text", default=literal_text(name), checks={name: "true"}, comment=name),
        CompositeType("c" + other[1:], {name: "text"}, comments={name: name}),
        Sequence("q" + other[1:], comment=name),
        Schema(name, comment=name),
        RangeType("r" + other[1:], "text", comment=name, multirange_type_name=ident("u" + other[1:])),
        TextSearchDictionary(name, template="simple", comment=name),
        ForeignDataWrapper(name, options={name.replace("=", "~"): name}, comment=name),
        Server(name, wrapper=name, type=name, version=name, options={name: name}, comment=name),
        UserMapping("public", server=name, options={name: name}),
        ForeignTable(
            name[:60].rstrip("ß") + "f",
            columns={name: "text"},
            server=name,
            column_options={name: {name: name}},
            comment=name,
        ),
        Publication(name, tables=["t"], comment=name),
        Subscription(name, connection="host=nowhere", publications=[name], comment=name),
        TextSearchConfiguration(name, mappings={"word": ident(name)}, comment=name),
    ]


@pytest.mark.parametrize("items", [WHOLE, *map(hostile, NAMES)], ids=["whole", *NAMES])
def test_what_is_written_is_accepted_and_found(database: str, items: list[Entity]) -> None:
    metadata = MetaData()
    register(metadata, items)
    with psycopg.connect(database) as connection:
        connection.execute(
            "CREATE TABLE t (id integer, b text); CREATE TABLE base (); CREATE TABLE pub (); CREATE TABLE part (a integer) PARTITION BY RANGE (a)"
        )
        connection.execute("SET check_function_bodies = off")
        used = (WHOLE[0], ON_DDL)
        for item in [*used, *(item for item in items if item not in used)]:
            for statement in item.statements():
                connection.execute(statement.encode())
        for declared in collect(metadata):
            address, kind = declared.address, kinds()[declared.address.kind]
            if kind.identified_by == "types":
                address = kind.address(Key(kind.name, "", address.names[-1]))
            if not any("%TYPE" in arg or arg == NO_TYPE for arg in address.args or ()):
                word = kind.name if kind.identified_by == "types" else kind.address(Key("", "", "")).kind
                names = [ident(*address.names)] if kind.catalog == "pg_type" else list(address.names)
                connection.execute("SELECT pg_get_object_address(%s, %s, %s)", (word, names, list(address.args or ())))


def test_a_view_that_is_text_has_its_columns_from_the_database(database: str) -> None:
    view = View("Odd", "SELECT 1 AS a, 'x'::text AS \"B\"")
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        connection.exec_driver_sql(view.statements()[0])
        table = view.reflect(connection)
        assert [(column.name, str(column.type)) for column in table.columns] == [("a", "INTEGER"), ("B", "TEXT")]
        assert [tuple(row) for row in connection.execute(select(table))] == [(1, "x")]
    engine.dispose()
