"""Random schemas walk through random edits: laws 2 (declare is quiet), 3 (there and back) and 7 (pg_dump agrees).

The usual run is short and always the same: Hypothesis would draw from the modules that a process happens to have
imported. ``RANDOM_EXAMPLES=500 pytest tests/contract/test_random.py`` looks further, ``--hypothesis-seed=N`` starts there.
A counterexample is printed as SQL; it becomes a story in tests/stories.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from alembic_ext import embedded
from alembic_ext.kinds import kinds
from tests.contract.worlds import ROLES, Maker, Thing, World
from tests.life import Broken, Life, execute, tables_of
from tests.pgdump import Dump, dump_schema
from tests.story import difference

ASKED = os.environ.get("RANDOM_EXAMPLES")


def walk(random: Random, major: int) -> list[World]:
    """A world, and what becomes of it."""
    maker = Maker(random, major)
    worlds = [maker.first()]
    for _ in range(random.randint(1, 3)):
        worlds.append(maker.edited(worlds[-1]))
    return worlds


def live_through(worlds: Sequence[World], bin: Path, new_database: Callable[[], str], folder: Path) -> None:
    """Let a project live through these worlds.

    Raises:
        Broken: a law does not hold; the worlds are told as SQL.
    """
    life = Life(folder, new_database())
    before = _dump(bin, life.url)
    for number, world in enumerate(worlds, 1):
        reference = new_database()
        try:
            execute(reference, world.script())
        except psycopg.Error as error:
            raise AssertionError(f"the world itself is wrong: {error}\n{world.script()}") from error
        wanted = _dump(bin, reference)
        try:
            life.declare(tables_of(reference), world.entities())
            life.revise(f"r{number}")
            life.upgrade()
            life.check()
            _same("upgrade", life, bin, wanted)
            if wanted != before or number == 1:
                life.downgrade("-1")
                _same("downgrade", life, bin, before)
                life.upgrade()
                _same("upgrade again", life, bin, wanted)
        except Broken as broken:
            sides = worlds[max(number - 2, 0) : number]
            told = "\n=====\n".join(f"-- tables\n{side.tables()};\n-- entities\n{side.entities()}" for side in sides)
            raise Broken(f"{broken}\n\nThe worlds before and after:\n{told}") from None
        before = wanted
    life.downgrade("base")
    _same("downgrade to base", life, bin, {})


def _dump(bin: Path, url: str) -> Dump:
    """What pg_dump says, but for the order of columns: Alembic does not bring several back in the order they had."""
    return {
        head: "\n".join(sorted(line.rstrip(",") for line in text.splitlines())) if "; Type: TABLE;" in head else text
        for head, text in dump_schema(bin, url).items()
    }


def _same(step: str, life: Life, bin: Path, wanted: Dump) -> None:
    if reason := difference(_dump(bin, life.url), wanted):
        text = sorted((life.folder / "versions").glob("*.py"))[-1].read_text()
        raise Broken(f"{step}: {reason}\n\n{text}")


def _major(url: str) -> int:
    return int(execute(url, "SHOW server_version_num")[0][0]) // 10000


@pytest.fixture
def roles(server_url: str) -> None:
    """Have the roles that worlds speak of."""
    for role in ROLES:
        if not execute(server_url, f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"):
            execute(server_url, f"CREATE ROLE {role}")


EXCEPT = {
    "role": "it belongs to the whole server",
    "subscription": "it is never made in a sandbox, and a database that has one cannot be dropped",
}


def test_every_managed_kind_may_occur() -> None:
    made = {thing.kind for seed in range(400) for thing in Maker(Random(seed), 18).first().things}

    assert {name for name, kind in kinds().items() if kind.managed} - made - EXCEPT.keys() == set()


def test_every_text_can_be_made(server_url: str, new_database: Callable[[], str], roles: None) -> None:
    major, url = _major(server_url), new_database()
    wrong = []
    for sort in Maker(Random(0), major).sorts:
        maker = Maker(Random(1), major)
        world = World([Thing("table", "t1", (("a", "text"),)), Thing("view", "v1", (), ("relation t1",))], major)
        thing = maker._add_sort(world, [sort])
        assert thing is not None, sort
        for number in range(len(sort.texts_for(major))):
            changed = replace(thing, choices=(number, *thing.choices[1:]))
            script = World([changed if one is thing else one for one in world.things], major).script()
            try:
                execute(url, f"BEGIN; {script} ROLLBACK")
            except psycopg.Error as error:
                wrong.append(f"{script}{error}")
    assert not wrong, "\n\n".join(wrong)


@pytest.fixture
def life_of(
    server: embedded.Server, new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory, roles: None
) -> Callable[[Random], None]:
    """Give a function that lets a new project live through a random walk."""

    def live(random: Random) -> None:
        folder = tmp_path_factory.mktemp("life", numbered=True) / "life"
        live_through(walk(random, _major(server.url)), server.bin, new_database, folder)

    return live


@pytest.mark.parametrize("seed", range(8))
def test_laws_hold_for_random_schemas(life_of: Callable[[Random], None], seed: int) -> None:
    life_of(Random(seed))


if ASKED:

    @settings(
        max_examples=int(ASKED),
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(random=st.randoms(use_true_random=False))
    def test_laws_hold_for_more_of_them(life_of: Callable[[Random], None], random: Random) -> None:
        life_of(random)
