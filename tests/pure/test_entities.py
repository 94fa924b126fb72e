"""The classes: each is a value that writes itself as SQL, the way a person would."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import uuid
from collections.abc import Callable
from enum import Enum as PythonEnum
from pathlib import Path
from textwrap import dedent

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Index, Integer, MetaData, String, Table, bindparam, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from alembic_ext import (
    Aggregate,
    DefaultPrivileges,
    EventTrigger,
    Function,
    Grant,
    MaterializedView,
    Policy,
    Procedure,
    Rule,
    Statistics,
    Trigger,
    View,
    register,
)  # fmt: skip
from alembic_ext.declare import collect
from alembic_ext.errors import DeclarationError
from alembic_ext.kinds._routine import dollar_quoted

HERE = Path(__file__).name


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "order"
    __table_args__ = (
        Trigger("order_touch", timing="before", events=["update"], execute="touch()"),
        Index("order_state", "state"),
        {"schema": "shop"},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]


def sql(text: str) -> str:
    return dedent(text).lstrip("\n")


def test_a_function_with_everything() -> None:
    function = Function(
        """"Order"(a integer, b text DEFAULT '(x)', VARIADIC c numeric(3,2)[])""",
        schema="shop", returns="SETOF integer", language="plpgsql", body="\nBEGIN\n  RETURN;\nEND\n", volatility="stable",
        strict=True, leakproof=False, parallel="safe", cost=2, rows=10, security="definer", window=False,
        set={"search_path": 'shop, "My Schema", pg_temp', "work_mem": "64MB", "jit": False, "my.level": 3,
             "DateStyle": ["ISO", "DMY"], "TimeZone": None},
        comment="it's\n\\ done", owner="Admin", grants={"public": None, "app": "execute", "current_user": ["execute"]},
    )  # fmt: skip
    assert function.sql == sql("""
        CREATE FUNCTION shop."Order"(a integer, b text DEFAULT '(x)', VARIADIC c numeric(3,2)[]) RETURNS SETOF integer
        LANGUAGE plpgsql
        STABLE STRICT NOT LEAKPROOF PARALLEL SAFE COST 2 ROWS 10
        SECURITY DEFINER
        SET search_path TO 'shop', 'My Schema', 'pg_temp'
        SET work_mem TO '64MB'
        SET jit TO off
        SET my.level TO 3
        SET "DateStyle" TO 'ISO', 'DMY'
        SET "TimeZone" FROM CURRENT
        AS $$
        BEGIN
          RETURN;
        END
        $$;
        COMMENT ON FUNCTION shop."Order"(integer, text, numeric[]) IS E'it''s
        \\\\ done';
        ALTER FUNCTION shop."Order"(integer, text, numeric[]) OWNER TO "Admin";
        REVOKE ALL ON FUNCTION shop."Order"(integer, text, numeric[]) FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION shop."Order"(integer, text, numeric[]) TO app;
        GRANT EXECUTE ON FUNCTION shop."Order"(integer, text, numeric[]) TO CURRENT_USER;
    """)
    assert len(collect_of(function)) == 6


def collect_of(*items: object) -> list[str]:
    metadata = MetaData()
    register(metadata, *items)
    return [f"{item.address}: {item.aspect or item.creates}" for item in collect(metadata)]


@pytest.mark.parametrize(("function", "create"), [
    (Function("one", returns="int", body="RETURN 1;"), "CREATE FUNCTION one() RETURNS int\nRETURN 1"),
    (Function("one ( )", returns="int", body=" begin atomic select 1; end"),
     "CREATE FUNCTION one( ) RETURNS int\nbegin atomic select 1; end"),
    (Function("f(OUT a int)", body="SELECT 1", language="SQL"), "CREATE FUNCTION f(OUT a int)\nLANGUAGE sql\nAS $$SELECT 1$$"),
    (Function("f(int)", returns="int", language="c", body=("lib", "it's"), support="sup", transform=["hstore"], window=True),
     "CREATE FUNCTION f(int) RETURNS int\nLANGUAGE c\nTRANSFORM FOR TYPE hstore\nWINDOW SUPPORT sup\nAS 'lib', 'it''s'"),
    (Function("f()", returns="int", language="plpgsql", body="BEGIN RETURN 1; END", set={"search_path": ""}, strict=False),
     "CREATE FUNCTION f() RETURNS int\nLANGUAGE plpgsql\nCALLED ON NULL INPUT\nSET search_path TO ''\nAS $$BEGIN RETURN 1; END$$"),
    (Procedure("p(INOUT a int)", language="plpgsql", body="BEGIN END", security="invoker", schema="s"),
     "CREATE PROCEDURE s.p(INOUT a int)\nLANGUAGE plpgsql\nSECURITY INVOKER\nAS $$BEGIN END$$"),
])  # fmt: skip
def test_functions_and_procedures(function: Function, create: str) -> None:
    assert function.statements() == (create,)


@pytest.mark.parametrize(("body", "quoted"), [
    ("a", "$$a$$"), ("a $1", "$$a $1$$"), ("a$", "$body$a$$body$"), ("$$", "$body$$$$body$"),
    ("$$ $body$", "$body1$$$ $body$$body1$"), ("$$ $body$ $body1$", "$body2$$$ $body$ $body1$$body2$"), ("$$ $body", "$body1$$$ $body$body1$"),
])  # fmt: skip
def test_a_body_is_quoted_with_a_mark_that_is_not_in_it(body: str, quoted: str) -> None:
    assert dollar_quoted(body) == quoted


def test_a_trigger_with_everything() -> None:
    trigger = Trigger(
        'on "it"', on=Order, timing="after", events=["INSERT", "update", "delete"], columns=[Order.state, "Id"],
        execute=Function("shop.check_it()", returns="trigger", language="plpgsql", body="BEGIN END"), when="OLD.id > 1",
        constraint=True, deferrable=True, initially_deferred=True, from_="shop.customer", enabled="always", comment="c",
    )  # fmt: skip
    assert trigger.sql == sql("""
        CREATE CONSTRAINT TRIGGER "on ""it\"""
        AFTER INSERT OR UPDATE OF state, "Id" OR DELETE ON shop."order"
        FROM shop.customer
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW
        WHEN (OLD.id > 1)
        EXECUTE FUNCTION shop.check_it();
        ALTER TABLE shop."order" ENABLE ALWAYS TRIGGER "on ""it\""";
        COMMENT ON TRIGGER "on ""it\""" ON shop."order" IS 'c';
    """)
    assert collect_of(trigger) == ['trigger shop.order.on "it": True', 'trigger shop.order.on "it": False',
                                   'trigger shop.order.on "it": comment']  # fmt: skip


@pytest.mark.parametrize(("on", "name"), [
    ("t", "t"), ("Shop.Order", '"Shop"."Order"'), ('shop."a.b"', 'shop."a.b"'), (Order.__table__, 'shop."order"'),
    (View("v", "SELECT 1", schema="s"), "s.v"), (Table("T", MetaData()), '"T"'),
])  # fmt: skip
def test_a_trigger_may_be_on_anything(on: object, name: str) -> None:
    trigger = Trigger("t", on=on, timing="instead of", events="update of a, b", execute="f('x')")
    assert trigger.statements() == (
        f"CREATE TRIGGER t\nINSTEAD OF UPDATE OF a, b ON {name}\nFOR EACH ROW\nEXECUTE FUNCTION f('x')",
    )


def test_transition_tables_and_switches() -> None:
    trigger = Trigger(
        "t",
        on="x",
        timing="after",
        events=["update"],
        for_each="statement",
        execute="f()",
        enabled=False,
        referencing={"old": "before", "new": "After"},
        deferrable=False,
    )
    assert trigger.sql == sql("""
        CREATE TRIGGER t
        AFTER UPDATE ON x
        NOT DEFERRABLE
        REFERENCING OLD TABLE AS before NEW TABLE AS "After"
        FOR EACH STATEMENT
        EXECUTE FUNCTION f();
        ALTER TABLE x DISABLE TRIGGER t;
    """)


def test_a_trigger_stands_beside_the_indexes_of_a_model() -> None:
    (declared,) = collect(Base.metadata)
    assert declared.text == (
        'CREATE TRIGGER order_touch\nBEFORE UPDATE ON shop."order"\nFOR EACH ROW\nEXECUTE FUNCTION touch()'
    )
    assert HERE in declared.source
    assert {index.name for index in Base.metadata.tables["shop.order"].indexes} == {"order_state"}


def test_one_trigger_may_stand_at_many_tables() -> None:
    touch = Trigger("touch", timing="before", events=["update"], execute="touch()")
    written = Trigger.from_sql("CREATE TRIGGER written AFTER INSERT ON a EXECUTE FUNCTION touch()")
    metadata, other = MetaData(), MetaData()
    a = Table("a", metadata, Column("id", Integer), touch, written)
    Table("b", metadata, touch)
    assert touch.on is None
    assert [item.address.names for item in collect(metadata)] == [("a", "touch"), ("a", "written"), ("b", "touch")]
    a.to_metadata(other)
    assert collect(other) == ()


def test_a_trigger_stands_at_tables_alone() -> None:
    with pytest.raises(DeclarationError, match="it stands where there is no table"):
        Column("a", Integer, Trigger("t", timing="before", events=["update"], execute="f()"))


def test_rules_and_policies_stand_there_too() -> None:
    metadata = MetaData()
    Table(
        "a", metadata, Column("id", Integer), Rule("r", event="delete", do=["NOTIFY x", "NOTIFY y"], enabled="replica"),
        Policy("p", as_="restrictive", to=["app", "current_user"], using="id > 1", with_check="true", comment="c"),
        schema="s",
    )  # fmt: skip
    assert [item.text for item in collect(metadata)] == [
        "CREATE RULE r AS ON DELETE TO s.a\nDO (NOTIFY x; NOTIFY y)", "ALTER TABLE s.a ENABLE REPLICA RULE r",
        "CREATE POLICY p ON s.a\nAS RESTRICTIVE\nTO app, CURRENT_USER\nUSING (id > 1)\nWITH CHECK (true)",
        "COMMENT ON POLICY p ON s.a IS 'c'",
    ]  # fmt: skip


def test_statistics_are_on_columns_and_expressions() -> None:
    statistics = Statistics(
        "S", on=[Order.id, "State", "(lower(state))"], from_=Order, kinds=["mcv"], schema="x", owner="o"
    )
    assert statistics.statements() == (
        'CREATE STATISTICS x."S" (mcv)\nON id, "State", (lower(state)) FROM shop."order"',
        'ALTER STATISTICS x."S" OWNER TO o',
    )


def test_an_aggregate_is_called_with_what_it_takes() -> None:
    add = Function("shop.add_up(bigint, integer)", returns="bigint", body="SELECT $1 + $2")
    aggregate = Aggregate(
        "total(VARIADIC n integer[])", schema="s", sfunc=add, stype="bigint", finalfunc="f", finalfunc_extra=True,
        mfinalfunc_modify="read_write", initcond="it's", hypothetical=False, comment="c", grants={"app": None, "public": "execute"},
    )  # fmt: skip
    assert aggregate.sql == sql("""
        CREATE AGGREGATE s.total(VARIADIC n integer[]) (
            SFUNC = shop.add_up,
            STYPE = bigint,
            FINALFUNC = f,
            FINALFUNC_EXTRA,
            INITCOND = 'it''s',
            MFINALFUNC_MODIFY = READ_WRITE
        );
        COMMENT ON AGGREGATE s.total(integer[]) IS 'c';
        REVOKE ALL ON FUNCTION s.total(integer[]) FROM app;
        GRANT EXECUTE ON FUNCTION s.total(integer[]) TO PUBLIC;
    """)
    assert Aggregate("n(*)", sfunc="f", stype="int", owner="o", grants={"a": None}).statements()[1:] == (
        "ALTER AGGREGATE n(*) OWNER TO o", "REVOKE ALL ON FUNCTION n() FROM a",
    )  # fmt: skip


def test_an_event_trigger_calls_a_function() -> None:
    function = Function("shop.f()", returns="event_trigger", language="plpgsql", body="BEGIN END")
    assert EventTrigger("e", event="sql_drop", tags="drop view", execute=function, owner="o").statements() == (
        "CREATE EVENT TRIGGER e ON sql_drop\nWHEN TAG IN ('DROP VIEW')\nEXECUTE FUNCTION shop.f()",
        "ALTER EVENT TRIGGER e OWNER TO o",
    )  # fmt: skip


def test_a_view_with_everything() -> None:
    view = View("Active", """
            SELECT id,
                   state -- as it is
            FROM "order";
        """, columns=["id", ("state", String)], schema="shop", security_barrier=True, security_invoker=False,
        check_option="cascaded", defaults={"state": "'new'"}, comment="c", owner="o", grants={"r": ["select (id)", "insert"]},
    )  # fmt: skip
    assert view.sql == sql("""
        CREATE VIEW shop."Active" (id, state)
        WITH (security_barrier = true, security_invoker = false) AS
        SELECT id,
               state -- as it is
        FROM "order"
        WITH CASCADED CHECK OPTION;
        ALTER VIEW shop."Active" ALTER COLUMN state SET DEFAULT 'new';
        COMMENT ON VIEW shop."Active" IS 'c';
        ALTER VIEW shop."Active" OWNER TO o;
        GRANT select (id), INSERT ON shop."Active" TO r;
    """)
    assert [type(column.type) for column in view.table.columns] == [sa.types.NullType, String]
    assert view.table.metadata is not Base.metadata


def test_a_recursive_view() -> None:
    view = View(
        "n", "VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 9", columns=[Column("i", Integer)], recursive=True
    )
    assert view.statements() == (
        "CREATE RECURSIVE VIEW n (i) AS\nVALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 9",
    )


class Color(PythonEnum):
    red = "r"


VALUES = {
    "a%b:c'd\\e\"": "'a%b:c''d\\e\"'", "line \n end": "'line \n end'", 3: "3", True: "true", None: "NULL",
    decimal.Decimal("1.50"): "1.50", datetime.date(2020, 1, 2): "'2020-01-02'", 1.5: "1.5", (1, 2): "(1, 2)",
    datetime.datetime(2020, 1, 2, 3, 4, tzinfo=datetime.timezone.utc): "'2020-01-02 03:04:00+00:00'",
    uuid.UUID(int=1): "'00000000-0000-0000-0000-000000000001'",
}  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_values_are_written_out(value: object) -> None:
    query = (
        select(Order.id).where(Order.id.in_(value)) if isinstance(value, tuple) else select(literal(value).label("x"))
    )
    (statement,) = View("v", query).statements()
    assert VALUES[value] in statement


def test_a_select_becomes_readable_text() -> None:
    query = (
        select(Order.id, Order.state.label("Now"), func.count().label("n"))
        .where(Order.id % 7 == 0, Order.state.like("%_x"), Order.state.notin_([]))
        .group_by(Order.id).order_by(Order.id)
    )  # fmt: skip
    view = View("v", query)
    assert view.sql == sql("""
        CREATE VIEW v AS
        SELECT shop."order".id, shop."order".state AS "Now", count(*) AS n
        FROM shop."order"
        WHERE shop."order".id % 7 = 0 AND shop."order".state LIKE '%_x' AND (shop."order".state NOT IN (NULL) OR (1 = 1)) GROUP BY shop."order".id ORDER BY shop."order".id;
    """)
    assert [(column.name, type(column.type)) for column in view.table.columns] == [
        ("id", Integer),
        ("Now", String),
        ("n", Integer),
    ]
    renamed = View("w", query, columns=["a", "b", "c"])
    assert renamed.statements()[0].startswith("CREATE VIEW w (a, b, c) AS\nSELECT")
    assert [(column.name, type(column.type)) for column in renamed.table.columns] == [
        ("a", Integer),
        ("b", String),
        ("c", Integer),
    ]


def test_other_constructs_are_queries_too() -> None:
    union = select(Order.id).union_all(select(literal(1)))
    assert View("v", union).statements() == (
        'CREATE VIEW v AS\nSELECT shop."order".id\nFROM shop."order" UNION ALL SELECT 1 AS anon_1',
    )
    typed = text(r"SELECT 1 AS a, '\:x'::text AS b").columns(Column("a", Integer), Column("b", String))
    assert View("v", typed).statements() == ("CREATE VIEW v AS\nSELECT 1 AS a, ':x'::text AS b",)
    assert [column.name for column in View("v", typed).table.columns] == ["a", "b"]
    assert View("v", text("SELECT 1")).statements() == ("CREATE VIEW v AS\nSELECT 1",)
    assert "ARRAY[1, 2]" in View("v", select(literal([1, 2], ARRAY(Integer)))).sql
    assert "= 'red'" in View("v", select(Order.id).where(Column("c", sa.Enum(Color)) == Color.red)).sql


class Unwritable:
    def __repr__(self) -> str:
        return "<unwritable>"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (select(Order.id).where(Order.state == bindparam("wanted")), "the parameter 'wanted' has no value"),
        (select(literal(b"x")), "the value b'x'"),
        (select(literal(float("nan"))), "the value nan"),
        (select(literal(Unwritable())), "the value <unwritable> of type NullType()"),
        (text("SELECT :x"), "the parameter 'x' has no value"),
        (select(literal({"a": 1}, JSONB)), "the value {'a': 1} of type JSONB"),
    ],
)
def test_what_cannot_be_written_is_named(query: object, words: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        View("v", query, schema="app").statements()  # type: ignore[arg-type]
    assert f"the query of view app.v cannot be written as SQL text: {words}" in str(caught.value)
    assert HERE in str(caught.value)


def test_a_view_may_be_mapped() -> None:
    class Mine(DeclarativeBase):
        pass

    view = View("active", select(Order.id, Order.state))

    class Active(Mine):
        __table__ = view.table
        __mapper_args__ = {"primary_key": [view.table.c.id]}  # noqa: RUF012

    assert str(select(Active)) == "SELECT active.id, active.state \nFROM active"
    assert not Mine.metadata.tables


def test_a_materialized_view_with_everything() -> None:
    view = MaterializedView(
        "m", select(Order.id, Order.state), schema="s", with_data=False, using="heap", tablespace="Fast",
        storage={"fillfactor": 70, "autovacuum_enabled": False, "autovacuum_vacuum_scale_factor": 0.5}, comment="c", owner="o",
        grants={"r": "select"}, columns=["a", "b"],
        indexes=["  CREATE INDEX m_text ON s.m (a);", Index("m_a", "a", unique=True, postgresql_include=["b"]),
                 Index("m_low", func.lower(Column("b")), postgresql_using="gin", postgresql_where=text("a > 1"))],
    )  # fmt: skip
    Index("m_late", view.table.c.b, view.table.c.a.desc())
    expected = sql("""
        CREATE MATERIALIZED VIEW s.m (a, b)
        USING heap
        WITH (fillfactor = 70, autovacuum_enabled = false, autovacuum_vacuum_scale_factor = 0.5)
        TABLESPACE "Fast" AS
        SELECT shop."order".id, shop."order".state
        FROM shop."order"
        WITH NO DATA;
        CREATE INDEX m_text ON s.m (a);
        CREATE UNIQUE INDEX m_a ON s.m (a) INCLUDE (b);
        CREATE INDEX m_low ON s.m USING gin (lower(b)) WHERE a > 1;
        CREATE INDEX m_late ON s.m (b, a DESC);
        COMMENT ON MATERIALIZED VIEW s.m IS 'c';
        ALTER MATERIALIZED VIEW s.m OWNER TO o;
        GRANT SELECT ON s.m TO r;
    """)
    assert view.sql == expected
    assert view.sql == expected


def test_indexes_need_no_types() -> None:
    view = MaterializedView("m", "SELECT 1 AS a, 2 AS b", indexes=[Index("i", "b", "a"), Index("j", text("(a + b)"))])
    assert view.statements() == ("CREATE MATERIALIZED VIEW m AS\nSELECT 1 AS a, 2 AS b", "CREATE INDEX i ON m (b, a)",
                                 "CREATE INDEX j ON m ((a + b))")  # fmt: skip


def test_grants_and_default_privileges() -> None:
    table = Table("order", MetaData(schema="shop"), Column("id", Integer), Column("State", Integer))
    function = Function("f(a int, b text DEFAULT 'x')", returns="int", body="SELECT 1", schema="app")
    grants = [
        (Grant("select", on=table, to="r"), 'GRANT SELECT ON shop."order" TO r'),
        (Grant(["select", "update"], on=table, to=["R", "public"], columns=[table.c.State, "id"], grantable=True),
         'GRANT SELECT ("State", id), UPDATE ("State", id) ON shop."order" TO "R", PUBLIC WITH GRANT OPTION'),
        (Grant(["select (id)", "delete"], on="t", to="current_user"), "GRANT select (id), DELETE ON t TO CURRENT_USER"),
        (Grant("all", on=View("v", "SELECT 1", schema="app"), to="r", revoke=True), "REVOKE ALL ON TABLE app.v FROM r"),
        (Grant("execute", on=function, to="r"), "GRANT EXECUTE ON FUNCTION app.f(integer, text) TO r"),
        (Grant("usage", on="app.My", kind="type", to="r"), 'GRANT USAGE ON TYPE app."My" TO r'),
        (Grant("usage", on="far", kind="foreign server", to="r"), "GRANT USAGE ON FOREIGN SERVER far TO r"),
        (Grant("execute", on='"F"(int)', kind="procedure", to="r"), 'GRANT EXECUTE ON PROCEDURE "F"(int) TO r'),
        (DefaultPrivileges("all", on="types", to=["a", "b"], grantable=True),
         "ALTER DEFAULT PRIVILEGES GRANT ALL ON TYPES TO a, b WITH GRANT OPTION"),
        (DefaultPrivileges(["select", "update"], on="sequences", to="a", for_role="X y", schema="s", revoke=True),
         'ALTER DEFAULT PRIVILEGES FOR ROLE "X y" IN SCHEMA s REVOKE SELECT, UPDATE ON SEQUENCES FROM a'),
    ]  # fmt: skip
    assert [grant.statements() for grant, _ in grants] == [(text,) for _, text in grants]
    metadata = MetaData()
    Table("t", metadata, Column("id", Integer), Grant("select", to="r", columns=["id"]))
    assert [one.text for one in collect(metadata)] == ["GRANT SELECT (id) ON t TO r"]


WRITTEN = {
    Function: "CREATE OR REPLACE FUNCTION s.f(a int) RETURNS int\n  RETURN 1; COMMENT ON FUNCTION s.f(int) IS 'x';",
    Procedure: "CREATE PROCEDURE p() LANGUAGE sql AS ''",
    Trigger: "CREATE TRIGGER t BEFORE INSERT ON s.x EXECUTE FUNCTION f()",
    View: 'CREATE VIEW s."V" AS\n  SELECT 1',
    MaterializedView: "CREATE MATERIALIZED VIEW m AS SELECT 1; CREATE INDEX i ON m (a)",
    Rule: "CREATE RULE r AS ON INSERT TO s.x DO NOTHING; ALTER TABLE s.x DISABLE RULE r",
    Policy: "CREATE POLICY p ON s.x USING (true)",
    Statistics: "CREATE STATISTICS s.t ON a, b FROM x",
    EventTrigger: "CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION f()",
    Grant: "GRANT SELECT ON s.x TO r",
    DefaultPrivileges: "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r",
    Aggregate: "CREATE AGGREGATE s.a(*) (SFUNC = f, STYPE = int)",
}


@pytest.mark.parametrize("cls", WRITTEN)
def test_each_may_be_made_from_sql(cls: type[View]) -> None:
    made = cls.from_sql(WRITTEN[cls])
    assert made.statements() == tuple(part.strip() for part in WRITTEN[cls].split(";") if part)
    assert made == cls.from_sql(WRITTEN[cls])
    assert eval(repr(made), {cls.__name__: cls}) == made
    assert HERE in made.source


def test_names_are_read_from_sql() -> None:
    function, view = Function.from_sql(WRITTEN[Function]), View.from_sql(WRITTEN[View])
    assert (function.schema, function.signature) == ("s", "f(integer)")
    assert (view.schema, view.name) == ("s", "V")
    trigger = Trigger.from_sql(WRITTEN[Trigger])
    assert (trigger.name, trigger.on) == ("t", "s.x")
    rule, policy = Rule.from_sql(WRITTEN[Rule]), Policy.from_sql(WRITTEN[Policy])
    assert (rule.name, rule.on, policy.name, policy.on) == ("r", "s.x", "p", "s.x")
    assert Statistics.from_sql(WRITTEN[Statistics]).name == "t"
    assert EventTrigger.from_sql(WRITTEN[EventTrigger]).event == "sql_drop"
    assert Aggregate.from_sql(WRITTEN[Aggregate]).signature == "a(*)"


@pytest.mark.parametrize("text", ["CREATE TABLE t ()", "", "CREATE VIEW v AS SELECT 1; CREATE VIEW w AS SELECT 1"])
def test_text_has_to_make_one_object(text: str) -> None:
    with pytest.raises(DeclarationError, match="does not make exactly one view"):
        View.from_sql(text)


def test_each_is_a_value() -> None:
    view = View("v", "SELECT 1", schema="s", grants={"a": "select"})
    assert view == View("v", "SELECT 1", schema="s", grants={"a": "select"}) != View("v", "SELECT 2", schema="s")
    assert hash(view) == hash(View("v", "SELECT 1", schema="s"))
    assert repr(view) == "View('v', 'SELECT 1', schema='s', grants={'a': 'select'})"
    assert str(view) == "view s.v"
    with pytest.raises(dataclasses.FrozenInstanceError):
        view.name = "w"  # type: ignore[misc]


WRONG = {
    lambda: Grant("select", on="t", to=[]): "nothing is granted, or to nobody",
    lambda: Grant("select", on="t", to="r", revoke=True, grantable=True): "what is revoked cannot be granted on",
    lambda: Grant("usage", on="t", to="r", kind="database"): "kind='database' is unknown",
    lambda: Grant("usage", to="r").sql: "it is on nothing",
    lambda: DefaultPrivileges("usage", on="views", to="r"): "on='views' is unknown",  # type: ignore[arg-type]
    lambda: DefaultPrivileges("all", on="types", to="r", revoke=True, grantable=True): "what is revoked cannot",
    lambda: Trigger("t", timing="befor", events=["insert"], execute="f()"): "trigger t: timing='befor' is unknown (",  # type: ignore[arg-type]
    lambda: Trigger("t", timing="before", events=["upsert"], execute="f()"): "the event 'upsert' is unknown",
    lambda: Trigger("t", timing="before", events=["insert"], execute="f()").sql: "it is on nothing",
    lambda: Trigger("t", on=3, timing="before", events=["insert"], execute="f()").sql: "3 is not a relation",
    lambda: Rule("r", on="t", event="insert", do=""): "it does nothing",
    lambda: Rule("r", on="t", event="select", do="NOTHING"): "event='select' is unknown",  # type: ignore[arg-type]
    lambda: Policy("p", on="t", for_="truncate"): "for_='truncate' is unknown",  # type: ignore[arg-type]
    lambda: Statistics("s", on="a", from_=None).sql: "it is on nothing",
    lambda: Statistics("s", on="a", from_="t", kinds=["all"]): "kinds='all' is unknown",  # type: ignore[list-item]
    lambda: EventTrigger("e", event="login", execute="f()", enabled="never"): "is unknown",  # type: ignore[arg-type]
    lambda: Aggregate("a", sfunc="f", stype="int"): "the signature 'a' cannot be read",
    lambda: Aggregate("a(*)", sfunc="f", stype="int", parallel="yes"): "parallel='yes' is unknown",  # type: ignore[arg-type]
    lambda: Function("f()", returns="int"): "function f(): it has no body (",
    lambda: Function("f(", returns="int", body="x"): "cannot be read",
    lambda: Function("a.f()", schema="b", returns="int", body="x"): "the schema is given twice",
    lambda: Function("f()", returns="int", body="x", volatility="never"): "volatility='never' is unknown",  # type: ignore[arg-type]
    lambda: View("v", "SELECT 1", check_option="all"): "check_option='all' is unknown",  # type: ignore[arg-type]
    lambda: View("v", "SELECT 1", recursive=True): "has to name its columns",
    lambda: View("v", "SELECT 1").table: "its columns are not known without a connection",
}


@pytest.mark.parametrize("make", WRONG)
def test_what_is_wrong_is_said(make: Callable[[], object]) -> None:
    with pytest.raises(DeclarationError) as caught:
        make()
    assert WRONG[make] in str(caught.value)
    assert HERE in str(caught.value)
    assert "\n  help: " in str(caught.value)


def test_an_index_on_a_column_that_is_not_there_is_an_error() -> None:
    view = MaterializedView("m", select(Order.id), indexes=[Index("i", "nope")])
    with pytest.raises(DeclarationError, match=r"the index i names a column that is not there: .*nope"):
        view.statements()
    view = MaterializedView("m", select(Order.id), indexes=[Index("i", "id", postgresql_include=["nope"])])
    with pytest.raises(DeclarationError, match="the index i of materialized view m cannot be written as SQL text"):
        view.statements()
