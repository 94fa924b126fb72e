"""Partitions of a table of the models, which follow what becomes of that, with all that is on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alembic_ext import Function, Partition, Policy, Trigger, View
from tests.life import Broken, Life, execute
from tests.pgdump import Dump
from tests.story import difference

ODD, AS_SQL = 'it\'s "%s" :x', '"it\'s ""%s"" :x"'
BOTH = Partition("sale_a", of="sale", values="IN ('a', 'b')")
ONE, OTHER = Partition("sale_a", of="sale", values="IN ('a')"), Partition("sale_b", of="sale", values="IN ('b')")
REST = [
    Partition(ODD, of="sale", partition_by="HASH (id)"),
    Partition("h0", of=AS_SQL, values="WITH (MODULUS 2, REMAINDER 0)"),
    Partition("h1", of=AS_SQL, values="WITH (MODULUS 2, REMAINDER 1)"),
]
TOUCH = Function("touch()", returns="trigger", language="plpgsql", body="BEGIN RETURN NEW; END")
ON_IT = [
    TOUCH,
    Trigger("own", on="sale_a", timing="before", events=["insert"], execute="touch()"),
    Trigger("of_all", on="sale", timing="before", events=["insert"], execute="touch()"),
    Policy("own", on="sale_a", using="n > 1"),
    "GRANT SELECT ON sale_a TO PUBLIC; ALTER TABLE sale_a ENABLE ROW LEVEL SECURITY; CREATE PUBLICATION p FOR TABLE sale_a",
]
OWN = """CREATE TABLE sale_a PARTITION OF sale (n DEFAULT 9 NOT NULL, CONSTRAINT "c %s" CHECK (n > 5)) FOR VALUES IN ('a')"""

FALL, OF_BIG = (
    Function(f"fall(i {type_})", returns="integer", language="sql", body="SELECT 4", volatility="immutable")
    for type_ in ("integer", "bigint")
)
FALLS = OWN.replace("9", "fall(9)").replace("CHECK (n > 5)", "CHECK (n > fall(n))")


def sale(*more: Any) -> sa.MetaData:
    """Give a partitioned table with these columns and indexes besides."""
    metadata = sa.MetaData()
    key = [sa.Column("id", sa.Integer, primary_key=True), sa.Column("region", sa.Text, primary_key=True)]
    number = sa.Column("n", sa.Integer, server_default="7")
    whole = sa.CheckConstraint("n > 0", name="whole")
    sa.Table("sale", metadata, *key, number, whole, *more, postgresql_partition_by="LIST (region)")
    return metadata


def over(expression: str) -> View:
    return View("over_it", f"SELECT *, {expression} AS more FROM sale_a")


def several() -> list[tuple[sa.MetaData, list[Any]]]:
    """What a project declares from one revision to the next."""

    def m(type_: Any) -> Any:
        return sa.Column("m", type_)

    return [
        (sale(), [BOTH, over("n")]),
        (sale(m(sa.Integer)), [BOTH, over("m + 1"), *ON_IT]),
        (sale(m(sa.BigInteger), sa.Index("sale_n", "n")), [ONE, OTHER, over("m - 1"), *ON_IT]),
        (sale(sa.Index("sale_n", "n")), [BOTH, *REST, *ON_IT[:2]]),
        (sale(), [OTHER]),
        (sale(), [OWN, OTHER]),
        (sale(), [FALLS, OTHER, FALL]),
        (sale(m(sa.Integer)), [FALLS.replace("'a'", "'a', 'c'"), OF_BIG]),
        (sa.MetaData(), []),
        (sale(), [BOTH, *REST, TOUCH]),
    ]


@pytest.fixture
def life(database: str, tmp_path: Path) -> Life:
    return Life(tmp_path / "life", database)


def test_they_follow_their_table_there_and_back(life: Life, dump: Callable[..., Dump]) -> None:
    states = [dump(life.url)]
    for number, (metadata, items) in enumerate(several()):
        life.declare(metadata, *items)
        text = life.revise(f"r{number}")
        assert "not proved" not in text
        assert "DROP CONSTRAINT whole" not in text
        life.upgrade()
        life.check()
        states.append(dump(life.url))
        life.downgrade("-1")
        assert difference(dump(life.url), states[-2]) == ""
        life.upgrade()
        assert difference(dump(life.url), states[-1]) == ""
    for state in reversed(states[:-1]):
        life.downgrade("-1")
        assert difference(dump(life.url), state) == ""


def test_they_are_as_if_made_directly(
    life: Life, new_database: Callable[[], str], dump: Callable[..., Dump], tmp_path: Path
) -> None:
    for number, (metadata, items) in enumerate(several()[:3]):
        life.declare(metadata, *items)
        life.revise(f"r{number}")
        life.upgrade()
    directly = Life(tmp_path / "directly", new_database())
    metadata, items = several()[2]
    directly.declare(metadata, *items)
    directly.revise("r1")
    directly.upgrade()
    assert difference(dump(life.url), dump(directly.url)) == ""


def test_rows_stay_where_a_bound_and_a_column_change(life: Life) -> None:
    life.declare(sale(), ONE)
    life.revise("r1")
    life.upgrade()
    execute(life.url, "INSERT INTO sale VALUES (1, 'a', 2)")
    life.declare(sale(sa.Column("m", sa.Integer)), BOTH)
    life.revise("r2")
    life.upgrade()
    assert execute(life.url, "SELECT * FROM sale_a") == [(1, "a", 2, None)]
    life.downgrade("-1")
    assert execute(life.url, "SELECT * FROM sale_a") == [(1, "a", 2)]


def test_what_one_has_otherwise_than_its_table_is_not_changed_in_silence(life: Life) -> None:
    life.declare(sale(), OWN)
    life.revise("r1")
    life.upgrade()
    life.declare(sale(), ONE)
    with pytest.raises(Broken, match="drop it in one revision and make it in the next"):
        life.revise("r2")
