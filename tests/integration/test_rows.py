"""Reference rows: compared, written, proved, taken back; read by one SELECT."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from alembic_ext import embedded
from alembic_ext.sqltext import split
from tests.integration.shops import configure, databases, done_by, name_of
from tests.integration.statements import APPLICATION, PREFIX, relations, sent
from tests.integration.test_bad_input import refused
from tests.project import Project

Connect = Callable[..., psycopg.Connection[Any]]
Make = Callable[..., Project]

HEAD = """\
import datetime, decimal, enum, uuid
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from alembic_ext import Function, Rows, Trigger, View, register
metadata = sa.MetaData()
"""
COUNTRY = (
    HEAD
    + """\
country = sa.Table("country", metadata, sa.Column("code", sa.String(2), primary_key=True), sa.Column("name", sa.Text),
                   sa.Column("note", sa.Text))
"""
)
THREE = '[{"code": "de", "name": "Germany"}, {"code": "fr", "name": "France"}, {"code": "at", "name": "Austria"}]'


def country(rows: str, mode: str = "upsert", *more: str) -> str:
    return f"{COUNTRY}register(metadata, Rows(country, {rows}, mode={mode!r}{''.join(f', {one}' for one in more)}))\n"


def told(connection: psycopg.Connection[Any], sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql.encode()).fetchall()


def done(text: str) -> str:
    """Give what an upgrade does."""
    return done_by(text).partition("def downgrade")[0]


def test_a_table_with_its_rows(project: Make, connect: Connect) -> None:
    shop = project(country(THREE))
    text = shop.revise()
    assert "# not proved" not in text
    up, _, down = done_by(text).partition("def downgrade")
    assert up.index("op.create_table") < up.index("# create rows of country")
    assert "INSERT INTO country (code, name) VALUES" in up
    assert "('de', 'Germany')," in up
    assert "rows of" not in down
    shop.alembic("upgrade", "head", bare=True)
    there = connect(shop.url)
    everything = [("at", "Austria", None), ("de", "Germany", None), ("fr", "France", None)]
    assert told(there, "SELECT * FROM country ORDER BY code") == everything
    shop.alembic("check")
    shop.alembic("downgrade", "base", bare=True)
    shop.alembic("upgrade", "head", bare=True)
    assert told(there, "SELECT * FROM country ORDER BY code") == everything
    shop.alembic("check")


@pytest.mark.parametrize("mode", ["insert", "upsert", "sync"])
def test_modes(project: Make, connect: Connect, mode: str) -> None:
    """What each mode touches; and down is what was, columns that nobody declared included."""
    shop = project(COUNTRY)
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    there = connect(shop.url)
    there.execute(
        "INSERT INTO country VALUES ('de', 'Deutschland', 'kept'), ('xx', NULL, 'a ''note'''), ('yy', 'Y', NULL)"
    )
    before = told(there, "SELECT * FROM country ORDER BY code")
    shop.declare(country(THREE, mode))
    answer = shop.alembic("check", code=255)
    assert "added rows of country" in answer.text
    assert "Deutschland" not in answer.text
    text = shop.revise()
    assert "# not proved" not in text
    up, _, down = done_by(text).partition("def downgrade")
    assert "('fr', 'France')," in up
    assert ("# alter rows of country" in up) == (mode != "insert")
    assert ("UPDATE country SET name = 'Germany' WHERE code = 'de'" in up) == (mode != "insert")
    assert ("DELETE FROM country WHERE code IN ('xx', 'yy')" in up) == (mode == "sync")
    assert "DELETE FROM country WHERE code IN ('fr', 'at')" in down
    shop.alembic("upgrade", "head", bare=True)
    after = told(there, "SELECT * FROM country ORDER BY code")
    germany = ("de", "Deutschland" if mode == "insert" else "Germany", "kept")
    others = [] if mode == "sync" else before[1:]
    assert after == [("at", "Austria", None), germany, ("fr", "France", None), *others]
    shop.alembic("check")
    shop.alembic("downgrade", "-1", bare=True)
    assert told(there, "SELECT * FROM country ORDER BY code") == before
    shop.alembic("upgrade", "head", bare=True)
    assert told(there, "SELECT * FROM country ORDER BY code") == after
    shop.alembic("check")


HOSTILE = (
    HEAD
    + r'''
class Mood(enum.Enum):
    sad = 1
    glad = 2

class Shout(sa.TypeDecorator):
    impl, cache_ok = sa.Text, True
    def process_bind_param(self, value, dialect):
        return value.upper()

odd = sa.Table(
    'odd "%s :x', metadata,
    sa.Column("id", sa.Integer, primary_key=True), sa.Column("select %(a)s", sa.Text, key="word"),
    sa.Column("number", sa.Numeric), sa.Column("real", sa.Double), sa.Column("yes", sa.Boolean),
    sa.Column("day", sa.Date), sa.Column("at", sa.DateTime(timezone=True)), sa.Column("long", sa.Interval),
    sa.Column("json", sa.JSON), sa.Column("jsonb", pg.JSONB), sa.Column("bytes", sa.LargeBinary),
    sa.Column("uuid", sa.Uuid), sa.Column("mood", sa.Enum(Mood)), sa.Column("loud", sa.Text), sa.Column("list", pg.ARRAY(sa.Text)),
    sa.Column("span", pg.INT4RANGE), sa.Column("spans", pg.INT4MULTIRANGE), sa.Column("char", sa.CHAR(4)), sa.Column("inet", pg.INET),
    sa.Column("numbers", pg.ARRAY(sa.Integer, dimensions=2)),
)
same = sa.Table('odd "%s :x', sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("loud", Shout))
TEXTS = ["it's", '"', "100% %s %(x)s", ":x \\:y ::z", "back\\slash \\n", None, "a\nb\r\n c\t\x01", "ünï → 日本 👩‍🚀 \u2028", "",
         "'); DROP TABLE odd; --", " blanks  ", '"""', "$$ $1 {x}", "NULL"]
register(metadata, Rows(odd, [
    *({"id": number, "word": text} for number, text in enumerate(TEXTS)),
    {"id": -1, "number": decimal.Decimal("1.0"), "real": float("-inf"), "yes": True, "day": datetime.date(2024, 2, 29),
     "at": datetime.datetime(2024, 2, 3, 4, 5, 6, 7, datetime.timezone(datetime.timedelta(hours=5))),
     "long": -datetime.timedelta(days=3, seconds=7205, microseconds=5), "json": {"b": [1, None, "ü:x %s"], "a": "it's \\"},
     "jsonb": [1.50, {"z": None}], "bytes": b"\x00'\\%\xff", "uuid": uuid.UUID(int=5), "mood": Mood.glad,
     "list": ["a,b", 'q"u', "back\\", None, "NULL", "", "{}", "ü"], "span": pg.Range(1, 5), "spans": [pg.Range(1, 3), pg.Range(5, None)],
     "char": "ab", "inet": "10.0.0.1", "numbers": [[1, 2], [3, 4]]},
    {"id": -2, "number": 10, "real": 0.1, "json": sa.JSON.NULL, "jsonb": "text", "list": [], "yes": False, "span": pg.Range(empty=True)},
], mode="sync"), Rows(same, [{"id": 50, "loud": "loud"}, {"id": 51, "loud": None}], mode="sync"))
'''
)
DRIVERS = [("generic", "psycopg"), ("generic", "psycopg2"), ("async", "asyncpg")]


def test_hostile_values_with_every_driver(
    project: Make, connect: Connect, new_database: Callable[[], str], psql: Callable[[str, str], str]
) -> None:
    """The same bytes, which come back equal, online and as SQL text."""
    projects = [project(HOSTILE, url=new_database(), template=each, driver=driver) for each, driver in DRIVERS]
    first, *others = [done_by(each.revise("--rev-id", "0001")) for each in projects]
    assert "# not proved" not in first
    assert [first] * len(others) == others
    projects.append(project(HOSTILE, url=new_database()))
    versions = projects[-1].folder / "migrations" / "versions"
    (versions / "0001_change.py").write_bytes(projects[0].revisions()[0].read_bytes())
    for each in projects[:3]:
        each.alembic("upgrade", "head", bare=True)
    psql(projects[-1].url, projects[-1].alembic("upgrade", "head", "--sql", bare=True).stdout)
    sql = 'SELECT o::text FROM "odd ""%s :x" o ORDER BY id'
    found = [told(connect(each.url), sql) for each in projects]
    assert found[1:] == found[:-1]
    words = dict(told(connect(projects[0].url), 'SELECT id, "select %%(a)s" FROM "odd ""%%s :x"'.replace("%%", "%")))
    scope: dict[str, Any] = {}
    exec(HOSTILE[HOSTILE.index("TEXTS =") : HOSTILE.index("register(")], scope)
    assert [words[number] for number in range(len(scope["TEXTS"]))] == scope["TEXTS"]
    for each in projects:
        each.alembic("check")

    # Most of them go, and come back as they were; what a session prints and reads by makes no difference.
    odd = "-c DateStyle=SQL,DMY -c IntervalStyle=sql_standard -c extra_float_digits=0 -c bytea_output=escape"
    for each, options in zip(projects[:2], (odd, ""), strict=True):
        each.edit(each.folder / "models.py", 'jsonb": "text"', 'jsonb": "TEXT"')
        each.edit(each.folder / "models.py", '], mode="sync"), Rows(', '][-1:], mode="sync"), Rows(')
        each.alembic("revision", "--autogenerate", "-m", "change", "--rev-id", "0002", PGOPTIONS=options)
    texts = [done_by(each.revisions()[-1].read_text()) for each in projects[:2]]
    assert texts[0] == texts[1]
    assert "# not proved" not in texts[0]
    for each in projects[:2]:
        each.alembic("upgrade", "head", bare=True)
        each.alembic("check")
        assert len(told(connect(each.url), sql)) == 3
        each.alembic("downgrade", "-1", bare=True, PGOPTIONS=odd)
        assert told(connect(each.url), sql) == found[0]


def test_equal_values(project: Make, connect: Connect) -> None:
    """1.0 is 1, and JSON has no order; what is only cut or rounded by its type is equal to what it became."""
    models = HEAD + (
        't = sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Numeric),'
        'sa.Column("j", sa.JSON), sa.Column("b", pg.JSONB), sa.Column("m", sa.Numeric(5, 2)), sa.Column("c", sa.CHAR(3)))\n'
        'register(metadata, Rows("t", [{"id": 1, "n": decimal.Decimal("1.0"), "j": {"a": 1, "b": 2}, "b": {"x": 1.0}, '
        '"m": decimal.Decimal("1.004"), "c": "a"}]))\n'
    )
    shop = project(models)
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    there = connect(shop.url)
    there.execute("""UPDATE t SET n = 1, j = '{"b":2,  "a":1}', b = '{"x": 1}'""")
    shop.alembic("check")
    there.execute("UPDATE t SET n = NULL, c = NULL")
    assert "UPDATE t SET n = 1.0, c = 'a' WHERE id = 1" in shop.revise()


TWO = HEAD + (
    'sa.Table("region", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text, unique=True))\n'
    'sa.Table("area", metadata, sa.Column("country", sa.String(2), primary_key=True), sa.Column("number", sa.Integer, primary_key=True),'
    'sa.Column("region", sa.ForeignKey("region.id")), sa.Column("up", sa.Integer),'
    'sa.ForeignKeyConstraint(["country", "up"], ["area.country", "area.number"]))\n'
)


def two(areas: str, regions: str) -> str:
    return f'{TWO}register(metadata, Rows("area", {areas}, mode="sync"), [Rows("region", {regions}, mode="sync")])\n'


def test_composite_keys_and_foreign_keys(project: Make, connect: Connect) -> None:
    """Tables are filled in the order of their references and emptied in the other, in one table at once."""
    shop = project(
        two(
            '[{"country": "de", "number": 2, "up": 1}, {"country": "de", "number": 1, "region": 1}, {"country": "at", "number": 1, "region": 2}]',
            '[{"id": 1, "name": "north"}, {"id": 2, "name": "south"}]',
        )
    )
    text = shop.revise()
    assert text.index("# create rows of region") < text.index("# create rows of area")
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    there = connect(shop.url)
    sql = "SELECT * FROM region, area ORDER BY 1, 2, 3, 4"
    before = told(there, sql)

    shop.declare(two('[{"country": "de", "number": 1, "region": 3}]', '[{"id": 3, "name": "all"}]'))
    text = shop.revise()
    assert "# not proved" not in text
    assert re_lines(text) == [
        "# create rows of region",
        "# alter rows of area",
        "# drop rows of area",
        "# drop rows of region",
    ]
    assert "DELETE FROM area WHERE (country, number) IN (('at', 1), ('de', 2))" in text
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    assert told(there, sql) == [(3, "all", "de", 1, 3, None)]
    shop.alembic("downgrade", "-1", bare=True)
    assert told(there, sql) == before

    # A unique value moves to another key: what has it goes first.
    shop.revisions()[-1].unlink()
    shop.declare(two('[{"country": "de", "number": 1}]', '[{"id": 1, "name": "north"}, {"id": 5, "name": "south"}]'))
    text = shop.revise()
    assert re_lines(text)[0].startswith("# drop rows of area")
    assert re_lines(text)[-1] == "# create rows of region"
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    shop.alembic("downgrade", "-1", bare=True)
    assert told(there, sql) == before


def test_a_new_table_refers_to_new_rows_of_another(project: Make, connect: Connect) -> None:
    """On the way back its rows go before those, though it goes itself; and nothing waits for the transaction's end."""
    region = COUNTRY + 'region = sa.Table("region", metadata, sa.Column("id", sa.Integer, primary_key=True), '
    refers = (
        'sa.Column("country", sa.ForeignKey("country.code", deferrable=True, initially="DEFERRED", name="odd %s")))\n'
    )
    seeds = f"register(metadata, Rows(country, {THREE}, mode='sync'), Rows(region, [{{'id': 1, 'country': 'at'}}]))\n"
    shop = project(country(THREE.replace(', {"code": "at", "name": "Austria"}', ""), "sync"))
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    shop.declare(region + refers + seeds)
    text = shop.revise()
    assert "# not proved" not in text
    down = done_by(text).partition("def downgrade")[2]
    assert down.index("# drop rows of region") < down.index("# drop rows of country") < down.index("op.drop_table")
    assert down.count("""SET CONSTRAINTS "odd %s" DEFERRED""") == 1
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    shop.alembic("downgrade", "-1", bare=True)
    assert told(connect(shop.url), "SELECT count(*) FROM country") == [(2,)]
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("downgrade", "base", bare=True)


@pytest.mark.parametrize("nullable", [True, False])
def test_a_new_column_refers_to_new_rows_of_another(project: Make, nullable: bool) -> None:
    """The column goes after them on the way back: it is emptied before, or it is said that the way back fails."""
    models = COUNTRY + 'area = sa.Table("area", metadata, sa.Column("id", sa.Integer, primary_key=True)%s)\n'
    new = f', sa.Column("to", sa.ForeignKey("country.code", name="to_country"), nullable={nullable}, server_default=%s)'
    seeds = "register(metadata, Rows(country, %s), Rows(area, %s))\n"
    shop = project(models % "" + seeds % (THREE.replace("at", "xx"), [{"id": 1}, {"id": 2}]))
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    areas = [{"id": 1, "to": "at"}, {"id": 2, "to": "de"}]
    shop.declare(models % (new % (None if nullable else "'de'")) + seeds % (THREE, areas))
    text = shop.revise()
    down = done_by(text).partition("def downgrade")[2]
    assert ('UPDATE area SET "to" = NULL WHERE id = 1' in down) == nullable
    assert ("# not proved" in text) != nullable
    if nullable:
        shop.alembic("upgrade", "head", bare=True)
        shop.alembic("check")
        shop.alembic("downgrade", "-1", bare=True)


SEATS = (
    HEAD
    + """\
seat = sa.Table("seat", metadata, sa.Column("id", sa.Integer, primary_key=True),
                sa.Column("row", sa.Integer, sa.CheckConstraint("row > 0"), nullable=False),
                sa.Column("place", sa.SmallInteger, nullable=False), sa.Column("label", sa.String(3), nullable=False),
                sa.Column("owner", sa.Text, unique=True), sa.Column("state", pg.ENUM("a", "b", name="state"), nullable=%s),
                sa.UniqueConstraint("row", "place"), sa.Index("by_label", "label", unique=True)%s)
"""
)
FIRST = [(1, 1, 1, "a", "ann"), (2, 1, 2, "b", "bob"), (3, 1, 3, "c", None), (4, 2, 1, "~~~", "dan")]
THEN = [(1, 1, 2, "b", "bob"), (2, 1, 3, "c", "ann"), (3, 1, 1, "d", "dan"), (4, 2, 2, "a", "eve")]


@pytest.mark.parametrize("mode", ["upsert", "sync"])
def test_rows_change_places(project: Make, connect: Connect, mode: str) -> None:
    """In a ring, in a chain, at the end of which a value is free, and under an index over two columns."""
    names = ("id", "row", "place", "label", "owner")
    seats = SEATS % (True, "")
    shop = project(seats)

    def declare(rows: list[tuple[object, ...]]) -> None:
        declared = [dict(zip(names, row, strict=True)) for row in rows]
        shop.declare(f"{seats}register(metadata, Rows(seat, {declared}, mode={mode!r}))\n")

    declare(FIRST)
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    there, read = connect(shop.url), "SELECT id, row, place, label, owner FROM seat ORDER BY id"
    declare(THEN)
    text = shop.revise()
    assert "# not proved" not in text
    assert "# a row steps aside" in text
    shop.alembic("upgrade", "head", bare=True)
    assert told(there, read) == THEN
    shop.alembic("check")
    shop.alembic("downgrade", "-1", bare=True)
    assert told(there, read) == FIRST


@pytest.mark.parametrize("deferrable", [True, False])
def test_rows_change_places_where_no_value_is_spare(project: Make, connect: Connect, deferrable: bool) -> None:
    """It is deferred, where it may be; else that is the advice."""
    models = SEATS % (False, f", sa.UniqueConstraint('state', name='own_state', deferrable={deferrable or None})")

    def declare(*states: str) -> None:
        rows = [{"id": n, "row": 1, "place": n, "label": str(n), "state": one} for n, one in enumerate(states, 1)]
        shop.declare(f"{models}register(metadata, Rows(seat, {rows}))\n")

    shop = project(models)
    declare("a", "b")
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    declare("b", "a")
    if not deferrable:
        answer = shop.alembic("check", code=None)
        assert answer.code != 0
        assert "declare the constraint DEFERRABLE" in answer.text
        return
    text = shop.revise()
    assert "SET CONSTRAINTS own_state DEFERRED" in text
    shop.alembic("upgrade", "head", bare=True)
    assert told(connect(shop.url), "SELECT state FROM seat ORDER BY id") == [("b",), ("a",)]
    shop.alembic("downgrade", "-1", bare=True)
    assert told(connect(shop.url), "SELECT state FROM seat ORDER BY id") == [("a",), ("b",)]


def re_lines(text: str) -> list[str]:
    """Give the comment lines of the upgrade that speak of rows."""
    return [line.strip() for line in done(text).splitlines() if " rows of " in line and line.strip().startswith("#")]


def test_a_column_together_with_its_values(project: Make, connect: Connect) -> None:
    """What a default of the new column gave already is not written again; another type is compared as it will be."""
    shop = project(country(THREE, "sync"))
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    there = connect(shop.url)
    before = told(there, "SELECT * FROM country ORDER BY code")
    rows = THREE.replace('"Germany"', '"Germany", "eu": True, "people": 84').replace(
        '"France"', '"France", "eu": True, "people": None'
    )
    wider = country(rows.replace('"Austria"', '"Österreich", "eu": False'), "sync").replace(
        'sa.Column("note", sa.Text)',
        'sa.Column("note", sa.String(9)), sa.Column("eu", sa.Boolean, server_default=sa.true(), nullable=False), sa.Column("people", sa.Integer)',
    )
    shop.declare(wider)
    text = shop.revise()
    assert "# not proved" not in text
    up, _, down = done_by(text).partition("def downgrade")
    assert up.count("UPDATE") == 2
    assert "UPDATE country SET people = 84 WHERE code = 'de'" in up
    assert "UPDATE country SET name = 'Österreich', eu = false WHERE code = 'at'" in up
    assert down.count("UPDATE") == 1
    assert "UPDATE country SET name = 'Austria' WHERE code = 'at'" in down
    shop.alembic("upgrade", "head", bare=True)
    after = told(there, "SELECT * FROM country ORDER BY code")
    assert after[0] == ("at", "Österreich", None, False, None)
    shop.alembic("check")
    shop.alembic("downgrade", "-1", bare=True)
    assert told(there, "SELECT * FROM country ORDER BY code") == before
    shop.alembic("upgrade", "head", bare=True)
    assert told(there, "SELECT * FROM country ORDER BY code") == after


def test_an_enum_grows_and_a_row_has_the_value(project: Make, connect: Connect) -> None:
    """The value is committed before a row has it."""
    models = HEAD + (
        'sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("mood", pg.ENUM("a", "b", name="mood", create_type=False)))\n'
        'register(metadata, "CREATE TYPE mood AS ENUM (\'a\', \'b\')", Rows("t", [{"id": 1, "mood": "b"}]))\n'
    )
    shop = project(models)
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    shop.declare(
        models.replace("('a', 'b')", "('a', 'b', 'c')")
        .replace('"a", "b",', '"a", "b", "c",')
        .replace('"mood": "b"', '"mood": "c"')
    )
    text = shop.revise()
    assert "# not proved" not in text
    assert text.index("autocommit_block") < text.index("UPDATE t SET mood = 'c' WHERE id = 1")
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    shop.alembic("downgrade", "-1", bare=True)
    assert told(connect(shop.url), "SELECT mood::text FROM t") == [("b",)]


IDENTITY = HEAD + (
    "class Base(sa.orm.DeclarativeBase):\n    metadata = metadata\n"
    'class State(Base):\n    __tablename__ = "state"\n    __table_args__ = {"schema": "app"}\n'
    '    number: sa.orm.Mapped[int] = sa.orm.mapped_column("id", sa.Identity(always=True), primary_key=True)\n'
    "    code: sa.orm.Mapped[str] = sa.orm.mapped_column(unique=True)\n"
    '    size: sa.orm.Mapped[int] = sa.orm.mapped_column(sa.Computed("length(code)", persisted=True))\n'
)


def test_identity_generated_columns_and_another_key(project: Make, connect: Connect) -> None:
    shop = project(
        IDENTITY.replace("import sqlalchemy as sa", "import sqlalchemy as sa, sqlalchemy.orm"),
        configure="include_schemas=True",
    )
    there = connect(shop.url)
    there.execute("CREATE SCHEMA app")
    models = (shop.folder / "models.py").read_text()
    shop.declare(
        models
        + 'register(metadata, Rows(State, [{"number": 7, "code": "new"}, {"number": 8, "code": "old"}], mode="sync"))\n'
    )
    text = shop.revise()
    assert "INSERT INTO app.state (id, code) OVERRIDING SYSTEM VALUE VALUES" in text
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    before = told(there, "SELECT * FROM app.state ORDER BY id")
    assert before == [(7, "new", 3), (8, "old", 3)]

    # By another key the numbers are the database's, and the old ones come back.
    shop.declare(
        models + 'register(metadata, Rows("app.state", [{"code": "old"}, {"code": "done"}], mode="sync", key="code"))\n'
    )
    text = shop.revise()
    assert "# not proved" not in text
    assert "INSERT INTO app.state (code) VALUES" in text
    assert "DELETE FROM app.state WHERE code = 'new'" in text
    shop.alembic("upgrade", "head", bare=True)
    assert told(there, "SELECT * FROM app.state ORDER BY id") == [(1, "done", 4), (8, "old", 3)]
    shop.alembic("check")
    shop.alembic("downgrade", "-1", bare=True)
    assert told(there, "SELECT * FROM app.state ORDER BY id") == before


AUDITED = country(THREE, "sync") + (
    'sa.Table("audit", metadata, sa.Column("what", sa.Text))\n'
    'register(metadata, Function("audit()", returns="trigger", language="plpgsql", body="BEGIN INSERT INTO audit VALUES (NEW.name); /* more */ RETURN NEW; END"),'
    'Trigger("audit", on="country", timing="before", events=["insert", "update"], for_each="row", execute="audit()"))\n'
)


def test_triggers_fire(project: Make, connect: Connect) -> None:
    """They are there before the rows; one that changes what is declared is an error, not a revision every time."""
    shop = project(AUDITED)
    text = shop.revise()
    assert text.index("# create trigger") < text.index("# create rows of country")
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    assert told(connect(shop.url), "SELECT count(*) FROM audit") == [(3,)]

    shop.declare(AUDITED.replace("/* more */", "NEW.name := upper(NEW.name);").replace("Austria", "Oesterreich"))
    error = refused(shop, "revision", "--autogenerate", "-m", "bad")
    assert "rows of country can be written, but then the column 'name' is not as declared" in error
    assert "Oesterreich" not in error


def test_what_is_not_in_the_sandbox(project: Make, connect: Connect) -> None:
    """A reference to rows that are not declared cannot be proved; the revision says so, and is right."""
    models = HEAD + (
        'sa.Table("money", metadata, sa.Column("code", sa.Text, primary_key=True))\n'
        'sa.Table("country", metadata, sa.Column("code", sa.Text, primary_key=True), sa.Column("money", sa.ForeignKey("money.code")))\n'
    )
    shop = project(models)
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    there = connect(shop.url)
    there.execute("INSERT INTO money VALUES ('EUR'); INSERT INTO country VALUES ('de', NULL), ('fr', 'EUR')")
    shop.declare(
        models
        + 'register(metadata, Rows("country", [{"code": "de", "money": "EUR"}, {"code": "at", "money": "EUR"}], mode="sync"))\n'
    )
    text = shop.revise()
    up, _, down = done_by(text).partition("def downgrade")
    said = '# not proved: insert or update on table "country" violates foreign key constraint "country_money_fkey"'
    assert said in up
    assert said in down
    before = told(there, "SELECT * FROM country ORDER BY code")
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    shop.alembic("downgrade", "-1", bare=True)
    assert told(there, "SELECT * FROM country ORDER BY code") == before

    # With an operation beside it the rows are compared without being in a table.
    shop.revisions()[-1].unlink()
    shop.declare(
        (shop.folder / "models.py")
        .read_text()
        .replace('sa.Column("money", ', 'sa.Column("size", sa.Integer), sa.Column("money", ')
        .replace('"de",', '"de", "size": 5,')
    )
    text = shop.revise()
    assert (
        "UPDATE country SET money = 'EUR', size = 5 WHERE code = 'de'" in text
        or "UPDATE country SET size = 5, money = 'EUR' WHERE code = 'de'" in text
    )
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    shop.alembic("downgrade", "-1", bare=True)
    assert told(there, "SELECT * FROM country ORDER BY code") == before


def test_hooks_and_other_ways(project: Make, connect: Connect, new_database: Callable[[], str]) -> None:
    shop = project(country(THREE))
    configure(
        shop,
        'include_object=lambda o, name, type_, *_: (type_, name, getattr(o, "schema", "")) != ("rows", "country", None)',
    )
    assert "rows of" not in shop.revise()
    shop.edit(shop.env, '!= ("rows"', '!= ("row"')
    shop.edit(shop.env, "include_object=", 'alembic_ext={"prove": False, "cache": False}, include_object=')
    shop.alembic("upgrade", "head", bare=True)
    assert "# create rows of country" in shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")

    # Declared no more: nothing happens to them.
    shop.declare(COUNTRY)
    shop.alembic("check")

    url = new_database()
    code = (
        "import sys, sqlalchemy as sa, alembic_ext\nfrom models import metadata\n"
        f"engine = sa.create_engine({url.replace('postgresql:', 'postgresql+psycopg:')!r})\n"
        "for _ in range(2):\n"
        "    with engine.begin() as connection: alembic_ext.create_all(metadata, connection)\n"
    )
    shop.declare(country(THREE.replace("Austria", "50 % of :x"), "sync"))
    (shop.folder / "make.py").write_text(code)
    import os
    import subprocess
    import sys

    subprocess.run([sys.executable, "make.py"], cwd=shop.folder, check=True, env=os.environ)
    assert told(connect(url), "SELECT code, name FROM country ORDER BY code")[0] == ("at", "50 % of :x")


BAD = {
    "a limit": ('Rows(country, [{"code": str(n)} for n in range(11)], limit=10)', ("11 are declared, and the limit is 10", "(models.py:")),
    "a zero byte": (r'Rows(country, [{"code": "x", "name": "a\0b"}])', ("row 1, column 'name'", "zero byte")),
    "an expression": ('Rows(country, [{"code": "x", "name": sa.func.now()}])', ("SQL expression", "leave the column out")),
    "a column": ('Rows(country, [{"code": "x", "nmae": "y"}])', ("there is no column 'nmae'", "code, name, note")),
    "no key": ('Rows(country, [{"name": "y"}])', ("row 1 has no value for 'code'",)),
    "a key twice": ('Rows(country, [{"code": "x"}, {"code": "x"}])', ("rows 1 and 2 have the same key",)),
    "a table": ('Rows("county", [{"code": "x"}])', ("rows of county: the table does not exist",)),
    "a value": ('Rows(country, [{"code": "x", "name": object()}])', ("there is no constant for a object",)),
    "a long value": ('Rows(country, [{"code": "xyz"}])', ("the statement that would create rows of country fails", "value too long for type character varying(2)")),
    "a mode": ('Rows(country, [], mode="merge")', ("mode='merge' is unknown",)),
    "two declarations": ('Rows(country, [{"code": "x"}]), Rows("country", [], mode="sync")', ("declared twice, and differently",)),
    "no mapping": ('Rows(country, ["de"])', ("a row is a str",)),
    "no primary key": ('Rows(bare, [{"n": 1}])', ("the table has no primary key",)),
    "a key that is none": ('Rows(bare, [{"n": 1}], key="n", mode="sync")', ("n does not tell the rows apart",)),
    "a number": ('Rows("bare", [{"m": 1, "n": "many"}], key="m")', ("they cannot be compared", "server: invalid input syntax for type integer")),
}  # fmt: skip


def test_bad_rows(project: Make, connect: Connect) -> None:
    models = COUNTRY + 'bare = sa.Table("bare", metadata, sa.Column("n", sa.Integer), sa.Column("m", sa.Integer))\n'
    shop = project(models)
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    connect(shop.url).execute("INSERT INTO bare VALUES (1), (1)")
    for items, says in BAD.values():
        shop.declare(f"{models}register(metadata, {items})\n")
        answer = shop.alembic("check", code=None)
        assert answer.code != 0
        for words in says:
            assert words in answer.text, answer.text


def test_a_table_over_the_limit(project: Make, connect: Connect) -> None:
    """Only sync looks at all rows."""
    shop = project(COUNTRY)
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    connect(shop.url).execute("INSERT INTO country SELECT chr(n) FROM generate_series(65, 80) n")
    shop.declare(country(THREE, "sync", "limit=10"))
    assert "the table holds more than 10 rows, and mode='sync' would compare all" in refused(shop, "check")
    shop.declare(country(THREE, "upsert", "limit=10"))
    assert "# not proved" not in shop.revise()


def test_one_select_reads_a_table(project: Make) -> None:
    """Whatever is declared and found, the table is read once, on a session of ours; and the proof is made elsewhere."""
    with embedded.server(settings={"log_statement": "all", "log_line_prefix": PREFIX, "lc_messages": "C"}) as server:
        shop = project(COUNTRY, url=databases(server)())
        shop.revise()
        shop.alembic("upgrade", "head", bare=True)
        with psycopg.connect(shop.url) as connection:
            connection.execute("INSERT INTO country SELECT chr(n), 'secret' FROM generate_series(65, 80) n")
        wider = 'sa.Column("size", sa.Integer), sa.Column("note"'
        for models in (
            country(THREE, "sync"),
            country(THREE, "upsert").replace('sa.Column("note"', wider),
            country('[{"code": "A", "name": "secret"}]', "insert"),
        ):
            shop.declare(models)
            since = len(server.log.read_text())
            answer = shop.alembic("check", code=None)
            assert "secret" not in answer.text
            said = [(application, split(text)) for application, text in sent(server, name_of(shop), since)]
            ours = [one for application, some in said for one in some if application == APPLICATION]
            assert {one.node for one in ours} <= {"SelectStmt", "TransactionStmt"}
            found = [
                application for application, some in said for one in some if ("", "country") in relations(one.tree)
            ]
            assert found == [APPLICATION]


def test_a_sandbox_on_another_server(project: Make, connect: Connect) -> None:
    shop = project(country(THREE, "sync"), configure='alembic_ext={"sandbox": "embedded"}')
    assert "# not proved" not in shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    connect(shop.url).execute("UPDATE country SET name = 'x' WHERE code = 'de'")
    text = shop.revise()
    assert "# not proved" not in text
    assert "UPDATE country SET name = 'x' WHERE code = 'de'" in text.partition("def downgrade")[2]
