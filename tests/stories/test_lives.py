"""Lives of more than one change: what is dropped, adopted, given up, declared again, or changed behind our back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_ext import CompositeType
from tests.life import Broken, Life, execute
from tests.pgdump import Dump
from tests.story import difference

VIEW = "CREATE VIEW v AS SELECT 1 AS a"
FUNCTION = "CREATE FUNCTION f(x integer DEFAULT 1) RETURNS integer LANGUAGE sql AS 'SELECT x'"
Witness = Callable[[], Dump]


@pytest.fixture
def life(database: str, tmp_path: Path) -> Life:
    return Life(tmp_path / "life", database)


@pytest.fixture
def seen(life: Life, dump: Callable[..., Dump]) -> Witness:
    """Give a function that says what pg_dump sees."""
    return lambda: dump(life.url)


def step(life: Life, name: str, *items: str) -> str:
    """Declare, autogenerate, upgrade, and be quiet."""
    life.declare(sa.MetaData(), *items)
    text = life.revise(name)
    life.upgrade()
    life.check()
    return text


def test_dropped_and_declared_again(life: Life, seen: Witness) -> None:
    step(life, "r1", VIEW, FUNCTION)
    both = seen()
    dropped = step(life, "r2", FUNCTION)
    one = seen()
    again = step(life, "r3", VIEW, FUNCTION)

    assert "# drop view v" in dropped
    assert "# create view v" in again
    assert seen() == both
    life.downgrade("r2")
    assert seen() == one
    life.downgrade("r1")
    assert seen() == both


def test_an_object_goes_comes_changes_and_goes(life: Life, seen: Witness) -> None:
    texts = ["", VIEW, "CREATE VIEW v AS SELECT 1 AS a, 2 AS b", "", "CREATE MATERIALIZED VIEW v AS SELECT 1 AS c", ""]
    states = [seen()]
    for number, text in enumerate(texts):
        step(life, f"r{number}", *([text] if text else []))
        states.append(seen())

    assert difference(states[-1], states[0]) == ""
    for number in reversed(range(len(texts))):
        life.downgrade("-1")
        assert difference(seen(), states[number]) == ""


def test_what_nobody_declared_is_left_alone(life: Life, seen: Witness) -> None:
    execute(life.url, VIEW, FUNCTION)
    before = seen()
    step(life, "r1", "CREATE VIEW w AS SELECT a FROM v")
    step(life, "r2")

    assert seen() == before


def test_manage_all_drops_what_nobody_declared(life: Life, seen: Witness) -> None:
    execute(life.url, VIEW, FUNCTION, "CREATE VIEW w AS SELECT f(a) FROM v", "CREATE PROCEDURE p() LANGUAGE sql AS ''")
    before = seen()
    life.configure = {"alembic_ext": {"manage": "all"}}
    text = step(life, "r1", "CREATE OR REPLACE " + FUNCTION.removeprefix("CREATE "))

    assert {line.strip() for line in text.splitlines() if line.startswith("    # drop")} == {
        "# drop view w", "# drop view v", "# drop procedure p()",
    }  # fmt: skip
    life.downgrade("base")
    assert difference(seen(), before) == ""


def test_manage_some_kinds(life: Life, seen: Witness) -> None:
    execute(life.url, VIEW, "CREATE FUNCTION g() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    before = seen()
    life.configure = {"alembic_ext": {"manage": ["view"]}}
    text = step(life, "r1", FUNCTION)

    assert "# drop view v" in text
    assert "function g" not in text
    life.downgrade("base")
    assert seen() == before


def test_a_change_behind_our_back_is_taken_back_and_a_downgrade_gives_it_back(life: Life, seen: Witness) -> None:
    step(life, "r1", VIEW, FUNCTION)
    declared = seen()
    execute(life.url, "CREATE OR REPLACE VIEW v AS SELECT 1 AS a, 2 AS b", "DROP FUNCTION f(integer)")
    found = seen()
    text = step(life, "r2", VIEW, FUNCTION)

    assert "# create function f(integer)" in text
    assert seen() == declared
    life.downgrade("-1")
    assert difference(seen(), found) == ""


def test_grants_of_others_stay(life: Life, seen: Witness, server_url: str) -> None:
    execute(server_url, "DROP ROLE IF EXISTS somebody", "CREATE ROLE somebody")
    step(life, "r1", "CREATE VIEW v AS SELECT 1 AS a, 2 AS b", FUNCTION)
    execute(life.url, "GRANT SELECT (a) ON v TO somebody", "GRANT UPDATE ON v TO somebody WITH GRANT OPTION",
            "COMMENT ON COLUMN v.a IS 'theirs'", "ALTER FUNCTION f(integer) OWNER TO somebody")  # fmt: skip
    granted = {head: text for head, text in seen().items() if "ACL" in head or "COMMENT" in head}
    step(
        life,
        "r2",
        "CREATE VIEW v AS SELECT 3 AS c, 1 AS a",
        FUNCTION.replace("RETURNS integer", "RETURNS bigint").replace("x'", "x::bigint'"),
    )
    after = seen()

    assert granted
    assert {head: after.get(head) for head in granted} == granted
    assert any("f(integer)" in head and "Owner: somebody" in head for head in after)
    life.downgrade("-1")
    assert {head: seen().get(head) for head in granted} == granted


def test_a_revision_by_hand_makes_nothing_ours(life: Life, seen: Witness) -> None:
    (life.folder / "versions" / "r0_hand.py").write_text(
        "from alembic import op\n"
        "revision, down_revision = 'r0', None\n"
        f"def upgrade():\n    # a view of ours, made by hand\n    op.execute({VIEW!r})\n"
        "def downgrade():\n    op.execute('DROP VIEW v')\n"
    )
    life.upgrade()
    text = step(life, "r1", FUNCTION)

    assert "view v" not in text
    adopted = step(life, "r2", "CREATE VIEW v AS SELECT 2 AS a", FUNCTION)
    assert "# replace view v" in adopted
    given_up = step(life, "r3", FUNCTION)
    assert "view v" not in given_up


def test_a_squashed_history_keeps_what_its_lines_say(life: Life) -> None:
    step(life, "r1", VIEW)
    step(life, "r2", VIEW, FUNCTION)
    text = life.revision("r1").replace("    pass\n", "").replace("'r1'", "'r2'")
    second = life.revision("r2")
    body = second[second.index("    # create function") : second.index("    # ### end")]
    squashed = text.replace("    # ### end", f"{body}    # ### end", 1)
    for path in (life.folder / "versions").glob("*.py"):
        path.unlink()
    (life.folder / "versions" / "r2_squashed.py").write_text(squashed)
    dropped = step(life, "r3", VIEW)

    assert "# drop function f(integer)" in dropped


def test_the_label_of_an_object_with_a_hostile_name_is_found_again(life: Life, seen: Witness) -> None:
    name = '"line\nbreak \\ # drop view v\t%s :x"'
    before = seen()
    step(life, "r1", f"CREATE VIEW {name} AS SELECT 1 AS a", VIEW)
    step(life, "r2", f"CREATE VIEW {name} AS SELECT 2 AS a", VIEW)
    text = step(life, "r3")

    dropped = [line for line in text.splitlines() if line.startswith("    # drop view")]
    assert dropped == ["    # drop view v", r'    # drop view "line\nbreak \\ # drop view v\t%s :x"']
    assert seen() == before
    life.downgrade("base")
    assert seen() == before


def test_a_typed_table_follows_its_type(life: Life, seen: Witness) -> None:
    """Only where that is declared; the models say what columns it has, and Alembic's operations on them are left out."""

    def declared(columns: str, *, cascade: bool) -> tuple[object, ...]:
        attributes = dict.fromkeys(columns, "integer")
        view = f"CREATE VIEW v AS SELECT {', '.join(columns)} FROM t; COMMENT ON VIEW v IS 'said'"
        return CompositeType("pair", attributes, cascade=cascade), view

    def models(columns: str) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table("t", metadata, *(sa.Column(name, sa.Integer) for name in columns))
        return metadata

    step(life, "r1", "CREATE TYPE pair AS (a integer)")
    execute(life.url, "CREATE TABLE t OF pair", "INSERT INTO t VALUES (1)")
    life.declare(models("a"), *declared("a", cascade=False))
    life.revise("r2")
    life.upgrade()
    states = [seen()]
    life.declare(models("ab"), *declared("ab", cascade=False))
    with pytest.raises(Broken, match=r"has to be dropped and made again, but table public.t uses it\n.*cascade=True"):
        life.revise("no")
    for columns in "ab", "a":
        life.declare(models(columns), *declared(columns, cascade=True))
        text = life.revise(f"r{columns}")
        life.upgrade()
        life.check()
        states.append(seen())
    assert "ALTER TYPE pair DROP ATTRIBUTE b CASCADE" in text
    assert text.index("DROP VIEW v") < text.index("DROP ATTRIBUTE b") < text.index("CREATE VIEW v")
    assert "op.drop_column" not in text
    assert execute(life.url, "SELECT a FROM t") == [(1,)]
    for state in states[1::-1]:
        life.downgrade("-1")
        assert seen() == state


STILL_USED = {
    "ALTER TABLE t ALTER state SET DEFAULT 'lost'": r"default state on public.t uses a value that is removed.*compare_server_defa",
    "ALTER TABLE t ALTER states SET DEFAULT '{lost}'": r"default states on public.t uses a value that is removed",
    "ALTER TABLE t ADD CHECK (state <> 'lost')": r"constraint t_state_check on public.t uses a value that is removed",
    "CREATE INDEX i ON t (id) WHERE state = 'lost'": r"index public.i uses a value that is removed",
    "CREATE DOMAIN d AS state DEFAULT 'lost'; CREATE TABLE u (d d)": r"domain public.d uses a value that is removed",
    "CREATE VIEW v AS SELECT id FROM t WHERE state = 'lost'": r"view public.v is not declared.*cannot be made again",
    "CREATE FUNCTION f(s state DEFAULT 'lost') RETURNS int LANGUAGE sql RETURN 1": r"function public.f.* not declared",
    "CREATE POLICY p ON t USING (state = 'lost')": r"policy p on public.t is not declared",
    "ALTER TABLE t ADD g bool GENERATED ALWAYS AS (state = 'new') STORED": r"used by generated column.*in a revision before",
    "CREATE TABLE p (s state) PARTITION BY LIST (s)": r"part of the partition key of relation \"p\".*in a revision before",
    "CREATE TABLE p (s state) PARTITION BY LIST (s); CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('lost')":
        r"table public.p1 uses a value that is removed",
}  # fmt: skip


def test_a_value_goes_that_something_still_has(life: Life, new_database: Callable[[], str]) -> None:
    """Nothing is written, and what has it is named."""
    life.configure = {"include_object": lambda *said: said[2] not in ("table", "index")}
    step(life, "r1", "CREATE TYPE state AS ENUM ('new', 'lost')")
    life.declare(sa.MetaData(), "CREATE TYPE state AS ENUM ('new')")
    for text, said in STILL_USED.items():
        life.url = new_database()
        life.upgrade()
        execute(life.url, "CREATE TABLE t (id integer PRIMARY KEY, state state, states state[])", text)
        with pytest.raises(Broken, match=f"(?s){said}"):
            life.revise("r2")
    assert len(list((life.folder / "versions").glob("*.py"))) == 1


def test_a_value_comes_and_the_way_back_cannot_take_it(life: Life) -> None:
    """It is said that the way back fails, and why, and how to go without it."""
    life.configure = {"include_object": lambda *said: said[2] not in ("table", "index")}
    step(life, "r1", "CREATE TYPE state AS ENUM ('new', 'lost')")
    execute(
        life.url,
        "CREATE TABLE t (state state NOT NULL, g bool GENERATED ALWAYS AS (state = 'new') STORED)",
    )
    life.declare(sa.MetaData(), "CREATE TYPE state AS ENUM ('new', 'old', 'lost')")
    by_hand = "ALTER TYPE state ADD VALUE 'old' AFTER 'new'"
    with pytest.raises(Broken, match=rf"(?s)of the downgrade.*generated column \"g\".*the way back.*\({by_hand}\)"):
        life.revise("no")
    execute(life.url, by_hand)
    life.check()
