"""Enum columns of the models declare their types: made before the table, changed with the model, dropped after it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import psycopg

from tests.integration.shops import configure
from tests.pgdump import Dump
from tests.project import Project

HEAD = """\
import enum
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
import alembic_ext
from alembic_ext import register

metadata = sa.MetaData()
Mood = enum.Enum("Mood", "{}", module=__name__)


def id():
    return sa.Column("id", sa.Integer, primary_key=True)


"""
PERSON = 'person = sa.Table("person", metadata, id(), sa.Column("mood", sa.Enum(Mood)))\n'
MORE = """
class Own(sa.TypeDecorator):
    impl = sa.Enum("x", "y", name="own")
    cache_ok = True


Price = postgresql.DOMAIN("price", sa.Numeric(8, 2), check="VALUE > 0", schema="public")
Stamp = sa.DateTime(timezone=True)
register(metadata, "CREATE DOMAIN price AS numeric(8, 2) DEFAULT 1 NOT NULL; CREATE DOMAIN day AS timestamptz")
person.append_column(sa.Column("before", sa.Enum(Mood)))
person.append_column(sa.Column("own", Own()))
sa.Table(
    "note", metadata, id(), sa.Column("moods", sa.ARRAY(sa.Enum(Mood), dimensions=2)), sa.Column("own", sa.ARRAY(Own())),
    sa.Column("mood", sa.Enum(Mood).with_variant(sa.String(), "sqlite")),
    sa.Column("level", sa.String(9).with_variant(postgresql.ENUM("a+b", "(c", name="level"), "postgresql")),
    sa.Column("plain", sa.Enum("p", "q", name="plain", native_enum=False)),
    sa.Column("theirs", postgresql.ENUM("a", name="theirs", create_type=False)),
    sa.Column("price", Price), sa.Column("prices", sa.ARRAY(Price)), sa.Column("day", postgresql.DOMAIN("day", Stamp)),
)
"""
Witness = Callable[..., Dump]


def lines(text: str) -> list[str]:
    """Our comment lines of an upgrade."""
    return re.findall(r"^    # ((?!##).*)$", text.partition("def downgrade")[0], re.MULTILINE)


def to(project: Project, models: str) -> str:
    """Declare, autogenerate, upgrade, and be quiet; give the revision."""
    project.declare(models)
    text = project.revise()
    project.alembic("upgrade", "head", bare=True)
    project.alembic("check")
    return text


def models(values: str, text: str = "") -> str:
    """Models with a class Mood of these values."""
    return HEAD.format(values) + text


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def counted(url: str) -> int:
    """The number of the next object that a server makes, whatever the database."""
    rows(url, "CREATE TABLE counter ()")
    ((number,),) = rows(url, "SELECT 'counter'::regclass::oid::bigint")
    rows(url, "DROP TABLE counter")
    return int(number)


def unordered(dump: Dump) -> dict[str, list[str]]:
    """A dump in which columns stand in any order: Alembic adds them again in another one."""
    return {head: sorted(text.replace(",", "").split("\n")) for head, text in dump.items()}


def test_a_life(project: Callable[..., Project], dump: Witness) -> None:
    """A type comes with a table and with columns, in every disguise, gains and loses values, and goes.

    Domains that are declared beside the columns that name them come and go with them.
    """
    shop = project("", configure="compare_server_default=True")
    rows(shop.url, "CREATE TYPE theirs AS ENUM ('a')")
    states = [dump(shop.url)]
    text = to(shop, models("sad ok", PERSON))
    assert lines(text) == ["create enum mood"]
    assert text.index("CREATE TYPE mood") < text.index("op.create_table")
    assert text.index("op.drop_table") < text.index("DROP TYPE mood")
    assert "postgresql.ENUM('sad', 'ok', name='mood', create_type=False)" in text
    assert "from sqlalchemy.dialects import postgresql" in text
    states.append(dump(shop.url))

    text = to(shop, models("sad ok", PERSON + MORE))
    assert lines(text) == ["create enum level", "create enum own", "create domain day", "create domain price"]
    assert text.count("create_type=False") == 10
    assert "postgresql.DOMAIN('price', postgresql.NUMERIC(8, 2), schema='public', create_type=False)" in text
    assert "models." not in text
    states.append(dump(shop.url))

    default = PERSON.replace("sa.Enum(Mood)", 'sa.Enum(Mood), server_default="glad"')
    text = to(shop, models("sad so ok glad", default + MORE))
    assert lines(text) == ["alter enum mood"]
    assert "ADD VALUE IF NOT EXISTS 'so' AFTER 'sad'" in text.partition("autocommit_block()")[2]
    states.append(dump(shop.url))

    rows(shop.url, "INSERT INTO note VALUES (1, '{{sad,ok}}', '{x}', 'ok'); INSERT INTO person VALUES (1)")
    text = to(shop, models("ok sad glad", default + MORE))
    assert "recreate enum mood" in lines(text)
    found = rows(shop.url, "SELECT moods::text, note.mood::text, person.mood::text FROM note, person")
    assert found == [("{{sad,ok}}", "ok", "glad")]
    states.append(dump(shop.url))

    text = to(shop, models("ok sad glad", default))
    assert sorted(lines(text)) == ["drop domain day", "drop domain price", "drop enum level", "drop enum own"]
    states.append(dump(shop.url))
    text = to(shop, models(""))
    assert lines(text) == ["drop enum mood"]
    for state in reversed(states):
        shop.alembic("downgrade", "-1", bare=True)
        assert unordered(dump(shop.url)) == unordered(state)
    shop.alembic("upgrade", "head", bare=True)


def test_a_history_of_plain_alembic(project: Callable[..., Project], dump: Witness) -> None:
    """What operations of Alembic's made is not ours: it follows the models, and is never dropped."""
    plain = models("sad ok", PERSON).replace("import alembic_ext\nfrom alembic_ext import register\n", "")
    shop = project(plain)
    assert "create_type" not in to(shop, plain)
    shop.declare(models("sad ok", PERSON))
    shop.alembic("check")

    other = PERSON + PERSON.replace("person", "other")
    text = to(shop, models("sad ok", other))
    assert "CREATE TYPE" not in text
    assert "create_type=False" in text

    before = dump(shop.url)
    assert lines(to(shop, models("sad ok glad", other))) == ["alter enum mood"]
    shop.declare(models(""))
    said = shop.alembic("revision", "--autogenerate", "-m", "gone").stderr
    assert "enum public.mood is no longer declared, but no revision created it: it is left alone" in said
    text = shop.revisions()[-1].read_text()
    assert "DROP TYPE" not in text
    assert text.count("create_type=False") == 2
    shop.alembic("upgrade", "head", bare=True)
    assert "mood; Type: TYPE; Schema: public; Owner: postgres" in dump(shop.url)
    shop.alembic("downgrade", "-2", bare=True)
    assert dump(shop.url) == before


def test_schemas(project: Callable[..., Project], dump: Witness) -> None:
    """A type is where SQLAlchemy has it."""
    tables = """
sa.Table("a", metadata, id(), sa.Column("m", sa.Enum(Mood, schema="one")), sa.Column("n", sa.ARRAY(sa.Enum(Mood, schema="one"))))
sa.Table("b", metadata, id(), sa.Column("m", sa.Enum(Mood)))
other = sa.MetaData(schema="two")
sa.Table("c", other, id(), sa.Column("m", sa.Enum(Mood, metadata=other)))
metadata = [metadata, other]
"""
    shop = project("", configure="include_schemas=True")
    rows(shop.url, "CREATE SCHEMA one; CREATE SCHEMA two")
    nothing = dump(shop.url)
    text = to(shop, models("sad ok", tables))
    assert sorted(lines(text)) == ["create enum mood", "create enum one.mood", "create enum two.mood"]
    text = to(shop, models("ok", tables))
    assert text.count("# recreate enum") == 6 - 3
    shop.alembic("downgrade", "base", bare=True)
    assert dump(shop.url) == nothing


def test_under_what_nobody_declared(project: Callable[..., Project], dump: Witness) -> None:
    """A value goes while a domain, a composite type, a partitioned table and more use the type."""
    table = PERSON.replace("sa.Enum(Mood)", "sa.Enum(Mood), nullable=False")
    shop = project(models("sad ok bad", table))
    to(shop, models("sad ok bad", table))
    rows(
        shop.url,
        """
        CREATE DOMAIN good AS mood CHECK (VALUE > 'sad'); CREATE TYPE pair AS (a mood, b integer);
        CREATE TABLE part (id integer, mood mood DEFAULT 'ok', good good) PARTITION BY LIST (id);
        CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1);
        CREATE VIEW glad AS SELECT mood FROM person WHERE mood = 'ok';
        GRANT SELECT ON glad TO PUBLIC;
        INSERT INTO part VALUES (1, 'sad', 'ok');
        """,
    )
    before = dump(shop.url)
    configure(shop, 'include_object=lambda item, name, type_, reflected, other: type_ != "table" or not reflected')
    text = to(shop, models("sad ok", table))
    assert "recreate enum mood" in lines(text)
    assert rows(shop.url, "SELECT mood::text, good::text FROM part") == [("sad", "ok")]
    shop.alembic("downgrade", "-1", bare=True)
    assert dump(shop.url) == before


def test_a_declaration_beside_the_column(project: Callable[..., Project]) -> None:
    declared = (
        'from alembic_ext import EnumType\nregister(metadata, EnumType("mood", [{}], schema={}, comment="said"))\n'
    )
    shop = project(models("sad ok", PERSON + declared.format('"sad", "ok"', '"public"')))
    text = shop.revise()
    assert lines(text) == ["create enum mood", "create comment on enum mood"]
    assert text.count("CREATE TYPE") == 1
    shop.revisions()[-1].unlink()
    shop.declare(models("sad ok", PERSON + declared.format('"ok", "sad"', '"public"')))
    said = shop.alembic("check", code=255).stderr
    assert "has other values in another place: ok, sad and sad, ok" in said
    assert "models.py:" in said
    assert "the Table person, column mood" in said
    both = 'sa.Table("b", metadata, id(), sa.Column("m", sa.Enum("a", name="mood")))'
    shop.declare(models("sad ok", PERSON + both))
    said = shop.alembic("check", code=255).stderr
    assert "enum mood has other values in another place: a and sad, ok" in said
    assert "the Table b, column m and the Table person, column mood" in said


def test_left_to_alembic(project: Callable[..., Project]) -> None:
    """By the option, or because a hook keeps the table, the column or the type out."""
    for how in (
        'alembic_ext={"enum_columns": False}',
        'include_object=lambda item, name, *_: name != "mood"',
    ):
        shop = project(models("sad ok", PERSON), configure=how)
        text = shop.revise()
        assert "CREATE TYPE" not in text
        assert "postgresql" not in text
        shop.revisions()[-1].unlink()
    shop.declare(models("sad ok", PERSON.replace('"mood"', '"feels"')))
    text = shop.revise()
    assert "CREATE TYPE" not in text
    assert "sa.Enum('sad', 'ok', name='mood')" in text


def test_known_from_before(project: Callable[..., Project]) -> None:
    """A run that finds nothing new makes no sandbox."""
    shop = project("")
    to(shop, models("sad ok", PERSON + MORE.replace("theirs", "ours").replace(", create_type=False", "")))
    before = counted(shop.url)
    shop.alembic("check")
    assert counted(shop.url) - before < 10
