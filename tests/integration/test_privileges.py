"""What is granted, whose it is and what is said of it, on what the models make and on what is made later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_ext import DefaultPrivileges, Grant, View
from tests.life import Broken, Life, execute

ROLES = "reader", "writer"


@pytest.fixture
def life(new_database: Callable[[], str], server_url: str, tmp_path: Path) -> Life:
    for role in ROLES:
        if not execute(server_url, f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"):
            execute(server_url, f"CREATE ROLE {role}")
    return Life(tmp_path / "work", new_database())


def declare(life: Life, *items: object, tables: str = "item", **configure: object) -> None:
    """Let the models have some tables, and these declarations beside them."""
    metadata = sa.MetaData()
    for name in tables.split():
        sa.Table(
            name,
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("price", sa.Integer),
            sa.CheckConstraint("price > 0", name=f"{name}_price"),
            sa.Index(f"{name}_by_price", "price"),
        )
    life.configure = configure
    life.declare(metadata, *items)


def go(life: Life, name: str) -> str:
    """Write a revision, run it, there, back and there; give its text."""
    text = life.revise(name)
    life.upgrade()
    life.check()
    life.downgrade("-1")
    life.upgrade()
    life.check()
    return text


def up(text: str) -> list[str]:
    """The comment lines of the upgrade function."""
    body = text.partition("def upgrade()")[2].partition("def downgrade()")[0]
    return [
        line.strip().removeprefix("# ") for line in body.splitlines() if line.startswith("    # ") and "###" not in line
    ]


def acl(life: Life, relation: str, column: str = "relacl") -> str:
    ((found,),) = execute(life.url, f"SELECT {column}::text FROM pg_class WHERE oid = '{relation}'::regclass")
    return str(found)


DEFAULTS = "ALTER DEFAULT PRIVILEGES GRANT SELECT, UPDATE ON TABLES TO reader"


def test_what_default_privileges_add_to_a_declared_grant_is_taken_back(life: Life) -> None:
    declare(life, DEFAULTS)
    text = go(life, "r1")
    assert up(text) == ["create grant to reader on default privileges of CURRENT_USER for tables"]
    assert "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader" in text
    assert acl(life, "item") == "None"  # they are set behind all that the revision makes

    declare(
        life, DEFAULTS, "CREATE VIEW v AS SELECT id FROM item; GRANT INSERT ON v TO reader", "GRANT SELECT ON other TO reader",
        "CREATE VIEW w AS SELECT id FROM item", tables="item other",
    )  # fmt: skip
    text = go(life, "r2")
    assert "REVOKE SELECT ON TABLE v FROM reader" in text
    assert "REVOKE UPDATE ON TABLE v FROM reader" in text
    assert "REVOKE UPDATE ON TABLE other FROM reader" in text
    assert "reader=a/" in acl(life, "v")
    assert "reader=r/" in acl(life, "other")
    assert "reader=rw/" in acl(life, "w")

    declare(life, "CREATE VIEW x AS SELECT id FROM item")
    text = go(life, "r3")
    assert up(text)[0] == "drop grant to reader on default privileges of CURRENT_USER for tables"
    assert acl(life, "x") == "None"
    life.downgrade("base")
    assert execute(life.url, "SELECT count(*) FROM pg_default_acl") == [(0,)]


def test_what_nobody_declared_of_default_privileges_stays_and_counts(life: Life) -> None:
    execute(life.url, DEFAULTS, "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    view = "CREATE VIEW v AS SELECT id FROM item; GRANT INSERT ON v TO reader"
    function = "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON FUNCTION f() TO PUBLIC"
    declare(life, view, function, "ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO writer")
    text = go(life, "r1")
    assert "REVOKE UPDATE ON TABLE v FROM reader" in text
    assert "reader=a/" in acl(life, "v")
    assert execute(life.url, "SELECT has_function_privilege('reader', 'f()', 'EXECUTE')") == [(True,)]
    life.downgrade("base")
    assert execute(life.url, "SELECT count(*) FROM pg_default_acl") == [(2,)]


def test_aspects_of_what_the_models_make(life: Life) -> None:
    aspects = """
        ALTER TABLE item OWNER TO writer;
        GRANT SELECT (id), INSERT ON item TO reader;
        GRANT USAGE ON SEQUENCE item_id_seq TO reader;
        COMMENT ON INDEX item_by_price IS 'by price';
        COMMENT ON CONSTRAINT item_price ON item IS 'no gifts';
        COMMENT ON CONSTRAINT item_pkey ON item IS 'its number';
        ALTER TABLE item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    """
    declare(life, aspects)
    text = go(life, "r1")  # the table is new in the same revision
    assert sorted(up(text)) == [
        "create comment on constraint item_pkey on item",
        "create comment on constraint item_price on item",
        "create comment on index item_by_price",
        "create force row security on table item",
        "create grant to reader on sequence item_id_seq",
        "create grant to reader on table item",
        "create owner on table item",
        "create row security on table item",
    ]
    assert "reader=a/writer" in acl(life, "item")
    declare(
        life, aspects.replace("no gifts", "has a price").replace("INSERT", "DELETE").replace("TO writer", "TO reader")
    )
    assert sorted(line for line in up(go(life, "r2")) if line.startswith("replace")) == [
        "replace comment on constraint item_price on item",
        "replace grant to reader on table item",
        "replace owner on table item",
    ]
    declare(life)  # nothing declared any more: all is taken back, the table stays
    text = go(life, "r3")
    assert len(up(text)) == 7  # the grant to the owner of the sequence was none
    assert {line.split()[0] for line in up(text)} == {"drop"}
    assert execute(life.url, "SELECT count(*) FROM pg_description WHERE objoid >= 16384") == [(0,)]
    life.downgrade("base")


def test_grants_as_classes(life: Life) -> None:
    metadata = sa.MetaData()
    item = sa.Table("item", metadata, sa.Column("id", sa.Integer, primary_key=True), Grant("select", to="public"))
    view = View("v", sa.select(item.c.id))
    life.declare(
        metadata, view, Grant(["select", "update"], on=item, to=["reader", "writer"], columns=[item.c.id]),
        Grant("all", on=view, to="reader", grantable=True), Grant("usage", on="public", kind="schema", to="reader"),
        DefaultPrivileges("execute", on="functions", to="public", revoke=True),
    )  # fmt: skip
    assert sorted(up(go(life, "r1"))) == [
        "create grant to PUBLIC on default privileges of CURRENT_USER for functions",
        "create grant to PUBLIC on table item",
        "create grant to reader on schema public",
        "create grant to reader on table item",
        "create grant to reader on view v",
        "create grant to writer on table item",
        "create view v",
    ]


def test_hooks_are_asked_about_what_has_an_aspect(life: Life) -> None:
    asked = []

    def include_object(item: object, name: str, type_: str, reflected: bool, _: object) -> bool:
        asked.append((type_, name))
        return type_ != "index" and (type_ != "table" or name != "other")

    declare(
        life, "GRANT SELECT ON other TO reader; GRANT SELECT ON item TO reader; COMMENT ON INDEX item_by_price IS 'x'",
        DEFAULTS, include_object=include_object, tables="item other",
    )  # fmt: skip
    assert up(life.revise("r1")) == [
        "create grant to reader on table item",
        "create grant to reader on default privileges of CURRENT_USER for tables",
    ]
    assert ("default privileges", "of CURRENT_USER for tables") in asked


def test_grants_of_other_grantors_are_theirs(life: Life) -> None:
    declare(life, "GRANT SELECT ON item TO reader WITH GRANT OPTION; GRANT INSERT ON item TO writer")
    go(life, "r1")
    execute(life.url, "SET ROLE reader; GRANT SELECT ON item TO writer")
    life.check()
    declare(life, "GRANT SELECT ON item TO reader WITH GRANT OPTION")
    life.revise("r2")
    life.upgrade()
    life.check()
    assert "writer=r/reader" in acl(life, "item")


def test_all_grants_may_be_managed(life: Life) -> None:
    declare(life, "GRANT SELECT ON item TO reader", "CREATE VIEW v AS SELECT 1 AS a", tables="item other")
    go(life, "r1")
    execute(life.url, "GRANT INSERT ON item, other, v TO writer; GRANT UPDATE (id) ON other TO PUBLIC; CREATE SCHEMA app",
            "CREATE TABLE app.x (); GRANT SELECT ON app.x TO writer")  # fmt: skip
    life.check()
    declare(
        life, "GRANT SELECT ON item TO reader", "CREATE VIEW v AS SELECT 1 AS a", tables="item other",
        alembic_ext={"manage": ["grant"]},
    )  # fmt: skip
    assert up(go(life, "r2")) == [
        "drop grant to writer on table item",
        "drop grant to PUBLIC on table other",
        "drop grant to writer on table other",
        "drop grant to writer on view v",
    ]
    declare(life, alembic_ext={"manage": ["grants"]})
    with pytest.raises(Broken, match="there is no kind 'grants'"):
        life.check()
