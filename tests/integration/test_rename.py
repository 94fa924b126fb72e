"""Renames are said, never guessed: the revision renames, and what uses the object still works."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from tests.pgdump import Dump
from tests.project import Project

MODELS = """\
import sqlalchemy as sa
from alembic_ext import EnumType, Function, Trigger, View, register
metadata = sa.MetaData()
sa.Table("account", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
"""
FIRST = (
    MODELS
    + """
register(metadata, '''
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE FUNCTION f(m mood) RETURNS mood LANGUAGE sql RETURN m;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE VIEW a AS SELECT id, name, 'sad'::mood AS mood FROM account;
COMMENT ON VIEW a IS 'kept';
CREATE VIEW b AS SELECT id FROM a;
CREATE TRIGGER on_a INSTEAD OF INSERT ON a FOR EACH ROW EXECUTE FUNCTION touch();
''')
"""
)
THEN = (
    MODELS
    + """
register(metadata, '''
-- renamed from mood
-- renamed value 'sad' to 'it''s blue'
CREATE TYPE feeling AS ENUM ('it''s blue', 'ok');
CREATE FUNCTION f(m feeling) RETURNS feeling LANGUAGE sql RETURN m;
-- renamed from touch
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
-- renamed from a
CREATE VIEW "A to z" AS SELECT id, name, 'it''s blue'::feeling AS mood FROM account;
COMMENT ON VIEW "A to z" IS 'kept';
CREATE VIEW b AS SELECT id FROM "A to z";
CREATE TRIGGER on_a INSTEAD OF INSERT ON "A to z" FOR EACH ROW EXECUTE FUNCTION touched();
''')
"""
)
UPGRADE = """\
    # rename enum mood to enum feeling
    op.execute("ALTER TYPE mood RENAME TO feeling")

    # alter enum feeling
    op.execute("ALTER TYPE feeling RENAME VALUE 'sad' TO 'it''s blue'")

    # rename function touch() to function touched()
    op.execute("ALTER FUNCTION touch() RENAME TO touched")

    # rename view a to view "A to z"
    # rename function f(mood) to function f(feeling)
    # rename trigger on_a on a to trigger on_a on "A to z"
    # rename comment on view a to comment on view "A to z"
    op.execute('ALTER VIEW a RENAME TO "A to z"')
"""


def test_everything_that_uses_what_is_renamed_stays(project: Callable[..., Project], dump: Callable[..., Dump]) -> None:
    shop = project(FIRST)
    shop.revise()
    shop.alembic("upgrade", "head")
    before = dump(shop.url)
    shop.declare(THEN)
    script = shop.revise()
    assert UPGRADE in script
    assert script.count("op.execute") == 8
    shop.alembic("upgrade", "head")
    shop.alembic("check")
    shop.alembic("downgrade", "-1")
    assert dump(shop.url) == before
    shop.alembic("upgrade", "head")
    shop.declare(MODELS + "register(metadata, 'CREATE VIEW other AS SELECT 1 AS x')")
    script = shop.revise()
    lines = [line.strip() for line in script.partition("def downgrade")[0].splitlines()]
    assert {line for line in lines if line.startswith(("# drop", "# create"))} == {
        "# drop view b",
        '# drop trigger on_a on "A to z"',
        '# drop view "A to z"',
        "# drop function touched()",
        "# drop function f(feeling)",
        "# drop enum feeling",
        "# create view other",
    }


def test_a_class_says_it_too(project: Callable[..., Project]) -> None:
    shop = project(MODELS + 'register(metadata, View("a", "SELECT 1 AS x"), EnumType("e", ["x", "y"]))')
    shop.revise()
    shop.alembic("upgrade", "head")
    shop.declare(
        MODELS
        + 'register(metadata, View("b", "SELECT 2 AS x", renamed_from="a"), EnumType("e", ["x", "z"], renamed_values={"y": "z"}))'
    )
    script = shop.revise()
    assert "    # rename view a to view b\n" in script
    assert "    # replace view b\n" in script
    assert "RENAME VALUE 'y' TO 'z'" in script
    shop.alembic("upgrade", "head")
    said = shop.alembic("check").text
    assert "renamed" not in said  # it may stand there for ever
    with psycopg.connect(shop.url) as connection:
        connection.execute("CREATE VIEW a AS SELECT 1")
    assert "view public.b is not renamed: view public.a is there too" in shop.alembic("check").text
    with psycopg.connect(shop.url) as connection:
        connection.execute("DROP VIEW a")
    shop.alembic("downgrade", "base")
    for path in shop.revisions():
        path.unlink()
    assert (
        "view public.b is not renamed: there is no view public.a: it is created"
        in shop.alembic("revision", "--autogenerate").text
    )


def test_a_rename_that_was_not_said_is_hinted_at(project: Callable[..., Project]) -> None:
    shop = project(MODELS + 'register(metadata, View("a", "SELECT 1 AS x"))')
    shop.revise()
    shop.alembic("upgrade", "head")
    shop.declare(MODELS + 'register(metadata, View("b", "SELECT 1 AS x"))')
    script = shop.revise()
    assert "    # create view b\n    # if this is view a under a new name: declare it with renamed_from='a'\n" in script
    assert script.count("under a new name") == 1, "the way back is no change of the declarations"


def test_what_cannot_be_renamed(project: Callable[..., Project]) -> None:
    shop = project(MODELS + 'register(metadata, View("a", "SELECT 1 AS x"))')
    shop.revise()
    shop.alembic("upgrade", "head")
    with psycopg.connect(shop.url) as connection:
        connection.execute("CREATE TABLE c (x integer)")
    shop.declare(MODELS + 'register(metadata, View("c", "SELECT 1 AS x", renamed_from="a"))')
    answer = shop.alembic("revision", "--autogenerate", code=255)
    assert "ALTER VIEW public.a RENAME TO c is refused" in answer.text
    assert 'relation "c" already exists' in answer.text


COLUMN = """\
import sqlalchemy as sa
from alembic_ext import Domain, EnumType, View, register
from sqlalchemy.dialects.postgresql import DOMAIN
metadata = sa.MetaData()
a = sa.Table("a", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("m", sa.Enum("x", "y", name="{0}")),
  sa.Column("p", DOMAIN("{1}", sa.Integer, create_type=False)))
register(metadata, EnumType("{0}", ["x", "y"], renamed_from="mm"), Domain("{1}", sa.Integer, renamed_from="pos"),
  View("v", "SELECT m, p FROM a"))
"""


def test_a_type_that_columns_have(project: Callable[..., Project], dump: Callable[..., Dump]) -> None:
    shop = project(COLUMN.format("mm", "pos"))
    shop.revise()
    shop.alembic("upgrade", "head")
    before = dump(shop.url)
    shop.declare(COLUMN.format("mmm", "positive"))
    script = shop.revise()
    assert "alter_column" not in script
    assert script.count("op.execute") == 4
    shop.alembic("upgrade", "head")
    shop.alembic("check")
    shop.alembic("downgrade", "-1")
    assert dump(shop.url) == before


PARTS = """\
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import DOMAIN
from alembic_ext import register
metadata = sa.MetaData()
t = sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True),
  sa.Column("a", sa.Integer, server_default=sa.text("{f}(1)")), sa.Column("b", sa.Integer, sa.Computed("{f}(a)", persisted=True)),
  sa.Column("s", sa.BigInteger, server_default=sa.text("nextval('{f}_s')")),
  sa.Column("m", sa.Enum("x", "y", name="{f}_m"), server_default=sa.text("'x'::{f}_m")),
  sa.Column("p", DOMAIN("{f}_p", sa.Integer, create_type=False), server_default=sa.text("1::{f}_p")),
  sa.CheckConstraint("{f}(a) > 0", name="c"), sa.CheckConstraint("m <> 'y'::{f}_m OR p > 1::{f}_p", name="d"),
  sa.Index("i", sa.text("{f}(a)")), sa.Index("j", "id", postgresql_where=sa.text("{f}(a) > 1")),
  sa.Index("k", "m", postgresql_where=sa.text("m = 'x'::{f}_m")))
sa.Index("l", sa.func.{f}(t.c.a), t.c.id)
register(metadata, '''
{function} CREATE FUNCTION {f}(x integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN x;
{sequence} CREATE SEQUENCE {f}_s;
{enum} CREATE TYPE {f}_m AS ENUM ('x', 'y');
{domain} CREATE DOMAIN {f}_p AS integer;
''')
"""
KINDS = {"function": "f", "sequence": "f_s", "enum": "f_m", "domain": "f_p"}


def test_parts_of_tables_follow(project: Callable[..., Project], dump: Callable[..., Dump]) -> None:
    shop = project(PARTS.format(f="f", **dict.fromkeys(KINDS, "")), configure='alembic_ext={"compare": "all"}')
    shop.revise()
    shop.alembic("upgrade", "head")
    before = dump(shop.url)
    with psycopg.connect(shop.url) as connection:
        connection.execute("INSERT INTO t (id) VALUES (1)")
    shop.declare(PARTS.format(f="g", **{kind: f"-- renamed from {name}\n" for kind, name in KINDS.items()}))
    script = shop.revise()
    assert script.count("op.") == script.count("RENAME TO") == 8
    assert "not proved" not in script
    shop.alembic("upgrade", "head")
    shop.alembic("check")
    with psycopg.connect(shop.url) as connection:
        connection.execute("INSERT INTO t (id) VALUES (2)")
        assert connection.execute("SELECT a, b, s, m::text, p FROM t ORDER BY id").fetchall() == [
            (1, 1, 1, "x", 1), (1, 1, 2, "x", 1)
        ]  # fmt: skip
    shop.alembic("downgrade", "-1")
    assert dump(shop.url) == before
    shop.alembic("upgrade", "head")
    shop.alembic("check")


def test_roles_are_there_when_something_is_renamed_on_another_server(project: Callable[..., Project]) -> None:
    """A role of the live server is none of the embedded one: what is granted to it is neither given nor taken again."""
    role = "renamed_reader"
    models = """\
import sqlalchemy as sa
from alembic_ext import Policy, View, register
metadata = sa.MetaData()
sa.Table("account", metadata, sa.Column("id", sa.Integer, primary_key=True))
register(metadata, View("{view}", "SELECT 1 AS a", grants={{"renamed_reader": "select"}}{was}))
register(metadata, Policy("{policy}", on="account", to="renamed_reader"{own}))
"""
    shop = project(models.format(view="v", policy="p", was="", own=""), configure='alembic_ext={"sandbox": "embedded"}')
    with psycopg.connect(shop.url) as connection:
        connection.execute(f"CREATE ROLE {role}")  # type: ignore[arg-type]
    try:
        shop.revise()
        shop.alembic("upgrade", "head")
        shop.declare(models.format(view="w", policy="q", was=', renamed_from="v"', own=', renamed_from="p"'))

        text = shop.revise()

        assert 'op.execute("ALTER VIEW v RENAME TO w")' in text
        assert 'op.execute("ALTER POLICY p ON account RENAME TO q")' in text
        assert 'op.execute("GRANT' not in text
        assert "REVOKE" not in text
        shop.alembic("upgrade", "head")
        shop.alembic("check")
        shop.alembic("downgrade", "base")
    finally:
        with psycopg.connect(shop.url) as connection:
            connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")  # type: ignore[arg-type]
