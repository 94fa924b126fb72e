"""What cannot be right is one error: what, where, the server's words, what to do. And nothing is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from tests.pgdump import Dump
from tests.project import Answer, Project

HEAD = """\
from pathlib import Path
import sqlalchemy as sa
from alembic_ext import Function, MaterializedView, Trigger, View, register

metadata = sa.MetaData()
item = sa.Table("item", metadata, sa.Column("id", sa.Integer, primary_key=True))
register(
    metadata,
    "CREATE VIEW good AS SELECT id FROM item",
"""


@dataclass(frozen=True)
class Case:
    """What is declared beside a good view, the files of the project, and what the error must say."""

    items: str
    says: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)


CASES = {
    "a syntax error in a statement": Case(
        '"CREATE VIEW v AS SELCT 1"',
        ("CREATE VIEW v AS SELCT 1", "(models.py:7, line 1 of the text)", 'server: syntax error at or near "SELCT"', "help: "),
    ),
    "text for a list": Case(
        'MaterializedView("v", "SELECT 1 AS one", indexes="CREATE INDEX i ON v (one)")',
        ("materialized view v: indexes='CREATE INDEX i ON v (one)' is not a list (models.py:10)", "help: give ['CREATE INDEX i ON v (one)']"),
    ),
    "a syntax error in a body": Case(
        '"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETRUN 1; END $$"',
        ("function f()", "(models.py:7)", 'server: syntax error at or near "RETRUN"', "help: nothing was written; the statement is:"),
    ),
    "a body with a wrong name": Case(
        'Function("f()", returns="int", language="sql", body="SELECT nmae FROM item")',
        ("the body of function f() uses what does not exist (models.py:10)", 'server: column "nmae" does not exist', "help: nothing was written; correct the name"),
    ),
    "a syntax error in a class's body": Case(
        'Function("f()", returns="int", language="sql", body="SELCT 1")',
        ("function f()", "(models.py:10)", 'server: syntax error at or near "SELCT"', "help: nothing was written; the statement is:"),
    ),
    "a missing table": Case(
        'View("v", "SELECT * FROM nothing")',
        ("view v cannot be created (models.py:10)", 'server: relation "nothing" does not exist', "help: correct the name, or declare"),
    ),
    "a missing column": Case(
        'Path("db")',
        ("view v cannot be created", "db/v.sql:2)", 'server: column "nmae" does not exist', "help: "),
        {"db/v.sql": b"-- a view\nCREATE VIEW v AS\n  SELECT nmae FROM item;\n"},
    ),
    "a missing function, and what needs the view": Case(
        '"CREATE VIEW v AS SELECT nothing(1) AS n", "CREATE VIEW w AS SELECT n FROM v"',
        ("view v cannot be created; 2 in all (models.py:7)", "function nothing(integer) does not exist", "view w (models.py:7): ", "help: "),
    ),
    "a trigger on no table": Case(
        '"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",'
        'Trigger("t", on="itme", timing="before", events=["insert"], execute="f()")',
        ("trigger t on itme cannot be created (models.py:10)", 'server: relation "itme" does not exist', "help: "),
    ),
    "a trigger called as its table, on no column": Case(
        '"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",'
        'Trigger("item", on="item", timing="before", events=["update"], columns=["nmae"], execute="f()")',
        ("trigger item on item cannot be created (models.py:10)", 'server: column "nmae" of relation "item" does not', "help: "),
    ),
    "two texts for one object": Case(
        '"CREATE VIEW v AS SELECT 1", Path("db")',
        ("view v is declared twice with different text (models.py:7 and db/v.sql:2)", "help: keep one"),
        {"db/v.sql": b"\nCREATE VIEW v AS SELECT 2;"},
    ),
    "one object in two spellings": Case(
        '"CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql RETURN 1",'
        '"CREATE FUNCTION public.f(a integer) RETURNS int LANGUAGE sql RETURN 2"',
        ("(models.py:7)", 'server: function "f" already exists', "help: it is declared twice, in different spellings"),
    ),
    "a cycle": Case(
        '"CREATE VIEW v AS SELECT n FROM w", "CREATE VIEW w AS SELECT n FROM v"',
        ("view v cannot be created because it needs itself: view v needs view w needs view v (models.py:7)",
         'server: relation "w" does not exist', "help: take one of them out"),
    ),
    "a longer cycle, and what needs it": Case(
        '"CREATE VIEW a AS SELECT n FROM v", Path("db")',
        ("function f(integer) needs view w needs view v needs function f(integer) (db/v.sql:2 and ", "help: take one"),
        {"db/v.sql": b"CREATE VIEW v AS SELECT f(1) AS n;\nCREATE FUNCTION f(int) RETURNS int RETURN (SELECT n FROM w);\n"
                     b"CREATE VIEW w AS SELECT n FROM v"},
    ),
    "a function that needs a table that needs it": Case(
        '"CREATE FUNCTION fine(r item) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN r.id > 0; END $$"); '
        'item.append_constraint(sa.CheckConstraint("fine(item.*)", name="fine")',
        ("function fine(item) needs table item needs function fine(item) (models.py:7)", "server: type item does not exist",
         "UndefinedFunction) function fine(item) does not exist", "help: leave what calls it (a check, a default, an index) "
         "out of the model of item, and add it in a second revision"),
    ),
    "a function whose type is misspelled, which a table needs": Case(
        '"CREATE FUNCTION fine(r items) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN r.id > 0; END $$"); '
        'item.append_constraint(sa.CheckConstraint("fine(item.*)", name="fine")',
        ("function fine(items) cannot be created; 2 in all (models.py:7)", "server: type items does not exist", "help: correct the name"),
    ),
    "SQL that creates nothing": Case(
        '"SELECT 1"', ("cannot declare 'SELECT 1': it creates nothing (models.py:7", "help: a query needs a name")
    ),
    "SQL that drops": Case(
        '"DROP VIEW good"', ("cannot declare 'DROP VIEW good'", "(models.py:7", "help: declare what shall exist")
    ),
    "a comment on what does not exist": Case(
        '"COMMENT ON VIEW other IS \'x\'"',
        ('"COMMENT ON VIEW other IS \'x\'" fails (models.py:7)', 'server: relation "other" does not exist', "help: correct the name"),
    ),
    "a grant to nobody": Case(
        'Path("db")',
        ("'GRANT SELECT ON item TO nobody' fails", "db/v.sql:2)", 'server: role "nobody" does not exist', "help: correct the name; or make the role"),
        {"db/v.sql": b"\nGRANT SELECT ON item TO nobody;"},
    ),
    "an owner that nobody is": Case(
        'Path("db")',
        ("'ALTER VIEW good OWNER TO nobody' fails", "db/v.sql:3)", 'server: role "nobody" does not exist', "help: correct the name; or make the role"),
        {"db/v.sql": b"\n\nALTER VIEW good OWNER TO nobody;"},
    ),
    "a grant on what is not the project's": Case(
        '"GRANT EXECUTE ON FUNCTION pg_sleep TO PUBLIC"',
        ("'GRANT EXECUTE ON FUNCTION pg_sleep TO PUBLIC' is about what is not an object of its own", "(models.py:7)", "help: what belongs to"),
    ),
    "a comment on the index of a constraint": Case(
        '"COMMENT ON INDEX item_pkey IS \'x\'"',
        ("is about what is not an object of its own", "(models.py:7)", "(the index of a constraint"),
    ),
    "a file that is not UTF-8": Case(
        'Path("db")', ("db/v.sql is not UTF-8 (models.py:7)", "server: ", "help: save the file in UTF-8"),
        {"db/v.sql": "CREATE VIEW v AS SELECT 'é' AS e".encode("latin-1")},
    ),
    "a file that is not there": Case('Path("db/v.sql")', ("db/v.sql does not exist (models.py:7)", "help: correct the path")),
    "a file that cannot be read": Case(
        'Path("db")', ("db/v.sql cannot be read: ", "(models.py:7)", "help: check the path and its permissions"),
        {"db/v.sql": b"CREATE VIEW v AS SELECT 1"},
    ),
    "a folder without .sql": Case(
        'Path("db")', ("the folder ", "db has no .sql file (models.py:7)", "help: correct the path"), {"db/v.txt": b"CREATE VIEW v AS SELECT 1"}
    ),
    "an unsupported kind": Case(
        '"CREATE TABLESPACE s LOCATION \'/s\'"',
        ("CREATE TABLESPACE s LOCATION", "not supported yet (models.py:7", "help: write it in a revision by hand"),
    ),
    "a table": Case(
        '"CREATE TABLE other (id int)"', ("cannot declare 'CREATE TABLE other (id int)'", "(models.py:7", "help: omit it here")
    ),
    "a value that cannot be a constant": Case(
        'View("v", sa.select(item.c.id).where(item.c.id == sa.bindparam("which")))',
        ("the query of view v cannot be written as SQL text", "'which'", "(models.py:10)", "help: "),
    ),
    "a role that does not exist": Case(
        '"CREATE VIEW v AS SELECT 1 AS n; GRANT SELECT ON v TO ghost"',
        ("'GRANT SELECT ON v TO ghost' fails (models.py:7)", 'server: role "ghost" does not exist', "help: correct the name; or make the role in a revision before"),
    ),
    "an owner that does not exist": Case(
        'View("v", "SELECT 1 AS n", owner="ghost")',
        ("'ALTER VIEW v OWNER TO ghost' fails (models.py:10)", 'server: role "ghost" does not exist', "help: correct the name; or make the role in a revision before"),
    ),
    "an index on a table": Case(
        '"CREATE INDEX i ON item (id)"', ("i is on a table (models.py:7)", "(models.py:7", "help: indexes of tables belong to the models")
    ),
    "psql's own commands": Case(
        'Path("db/v.sql")', ("db/v.sql:1)", 'server: syntax error at or near "\\"', "help: correct the statement (psql's own commands"),
        {"db/v.sql": b"\\set x 1\nCREATE VIEW v AS SELECT 1"},
    ),
}  # fmt: skip


def refused(project: Project, *words: str) -> str:
    """Run a command that must end with one error and no traceback; give the error."""
    before = [path.read_bytes() for path in project.revisions()]
    answer: Answer = project.alembic(*words, code=None)
    assert answer.code == 255, answer.text
    assert "Traceback" not in answer.text
    (error,) = re.findall(r"^FAILED: (.*)", answer.stdout, re.MULTILINE | re.DOTALL)
    assert [path.read_bytes() for path in project.revisions()] == before
    return str(error)


@pytest.mark.parametrize("name", CASES)
def test_bad_input(project: Callable[..., Project], dump: Callable[..., Dump], name: str) -> None:
    case = CASES[name]
    shop = project(f"{HEAD}    {case.items},\n)\n")
    for path, content in case.files.items():
        (shop.folder / path).parent.mkdir(exist_ok=True)
        (shop.folder / path).write_bytes(content)
    if name == "a file that cannot be read":
        unreadable(shop.folder / "db/v.sql")
    error = refused(shop, "revision", "--autogenerate", "-m", "bad")
    for words in case.says:
        assert words in error, error
    assert error.count("\n  server: ") <= 1
    assert error.count("\n  help: ") == 1
    assert not dump(shop.url)


def unreadable(path: Path) -> None:
    """Make a file that even root cannot read: a link to itself."""
    path.unlink()
    path.symlink_to(path.name)


def test_check_says_the_same(project: Callable[..., Project]) -> None:
    shop = project(f"{HEAD}    View('v', 'SELECT * FROM nothing'),\n)\n")
    assert refused(shop, "check") == refused(shop, "revision", "--autogenerate")


def test_what_uses_what_goes_and_is_not_declared(project: Callable[..., Project]) -> None:
    shop = project(f"{HEAD})\n")
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    with psycopg.connect(shop.url) as connection:
        connection.execute("CREATE VIEW by_hand AS SELECT id FROM good")
    shop.declare(f"{HEAD})\n".replace("CREATE VIEW good AS SELECT id FROM item", "CREATE VIEW other AS SELECT 1"))
    error = refused(shop, "revision", "--autogenerate", "-m", "bad")
    for words in ("good", "by_hand", "help: "):
        assert words in error


def test_an_event_trigger_that_is_not_declared_uses_what_goes(project: Callable[..., Project]) -> None:
    shop = project(
        f"{HEAD}    '''CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$ ''',\n)\n"
    )
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    with psycopg.connect(shop.url) as connection:
        connection.execute("CREATE EVENT TRIGGER by_hand ON sql_drop EXECUTE FUNCTION f()")
    shop.declare(f"{HEAD})\n")
    error = refused(shop, "revision", "--autogenerate", "-m", "bad")
    assert "event trigger by_hand is not declared, but uses something that changes or goes" in error


def test_a_role_that_may_not(project: Callable[..., Project]) -> None:
    shop = project(
        f"{HEAD}    '''CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';\n"
        "    CREATE EVENT TRIGGER watch ON sql_drop EXECUTE FUNCTION f(); ALTER EVENT TRIGGER watch DISABLE;\n"
        "    COMMENT ON EVENT TRIGGER watch IS 'x' ''',\n)\n"
    )
    with psycopg.connect(shop.url) as connection:
        connection.execute(
            "DO $$ BEGIN CREATE ROLE no_superuser LOGIN CREATEDB; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
            "GRANT ALL ON SCHEMA public TO no_superuser"
        )
    shop.edit(shop.folder / "alembic.ini", "postgres@", "no_superuser@")
    error = refused(shop, "revision", "--autogenerate", "-m", "bad")
    assert error.startswith(
        "event trigger watch cannot be created (models.py:7)\n  server: permission denied to create"
    )
    assert "\n  help: use a role that may" in error


def test_options(project: Callable[..., Project]) -> None:
    shop = project(f"{HEAD})\n", configure='alembic_ext={"mange": "all"}')
    error = refused(shop, "revision", "--autogenerate", "-m", "bad")
    assert "alembic_ext={…} has no option 'mange'" in error
    assert "help: did you mean 'manage'? the options are manage, " in error
    shop.edit(shop.env, '"mange": "all"', '"manage": ["vieuw"]')
    error = refused(shop, "check")
    assert "there is no kind 'vieuw'" in error
    assert "help: did you mean 'view'? say \"all\", or kinds as python -m alembic_ext.kinds lists them" in error
    shop.edit(shop.env, '{"manage": ["vieuw"]}', '"all"')
    error = refused(shop, "check")
    assert error.startswith("alembic_ext='all' is not valid\n  help: give a mapping of options: ")


def test_another_dialect(project: Callable[..., Project], tmp_path: Path) -> None:
    """On another database nothing happens to its tables; our objects are an error."""
    shop = project(f"{HEAD})\n")
    ini = (shop.folder / "alembic.ini").read_text()
    ini = re.sub(r"^sqlalchemy.url = .*$", f"sqlalchemy.url = sqlite:///{tmp_path}/shop.db", ini, flags=re.MULTILINE)
    (shop.folder / "alembic.ini").write_text(ini)
    error = refused(shop, "revision", "--autogenerate", "-m", "bad")
    assert "view good is declared for PostgreSQL, and this database is sqlite (models.py:7" in error
    assert "help: " in error

    shop.declare(HEAD.partition("register(")[0])
    assert "op.create_table('item'" in shop.revise()
    shop.alembic("upgrade", "head")
    shop.alembic("check")
