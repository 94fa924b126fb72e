"""The laws, for every example of every managed kind, on the server's major.

One life of a project shows most of them at once, since a project for each law would take minutes:

- law 1, *print is a fixpoint*: the changed state, read and made again elsewhere, reads back equal
- law 2, *declare is quiet*: after each upgrade `alembic check` finds nothing
- law 3, *there and back*: the downgrade gives what was before, the upgrade again what is declared
- law 4, *script = plan*: revisions run where the package cannot be imported, and as ``--sql`` in psql
- law 5, *hostile text*: every kind has an example of that name
- law 6, *any driver*: psycopg2 gives the same bytes, and a script made in ``public`` runs in another schema
- law 7, *independent witness*: after every step pg_dump says what it says of a database that was built directly
- law 8, *deterministic*: the process with psycopg2 has other hashes, and where names allow it a longer search_path
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alembic_ext import embedded
from alembic_ext.kinds import aspect_kinds, kinds
from tests.contract.edits import Example, examples
from tests.contract.rebuilding import differences, opened, read, rebuilt
from tests.life import SEES_DOMAINS, Twin, execute
from tests.story import Stage

SHORT = os.environ.get("LAWS") == "short"
"""Only what differs by the server's major: laws 1, 2, 3, 5 and 7. What Alembic and Python do is the same on all."""
EXAMPLES = {f"{kind}: {example.name}": example for kind, several in examples().items() for example in several}


@pytest.fixture(scope="session")
def twin(server_url: str) -> Iterator[Twin]:
    """A process with other hashes and another driver."""
    started = Twin()
    yield started
    started.close()


@pytest.fixture(params=EXAMPLES)
def example(request: pytest.FixtureRequest, server_url: str) -> Example:
    """An example that the server can read."""
    found: Example = EXAMPLES[request.param]
    if int(execute(server_url, "SHOW server_version_num")[0][0]) < found.since * 10000:
        pytest.skip(f"PostgreSQL {found.since} is the first that has this")
    if found.reflects_domains and not SEES_DOMAINS:
        pytest.skip("this SQLAlchemy reflects the default of a domain as that of the column")
    return found


def test_every_managed_kind_has_examples() -> None:
    managed = {kind.name for kind in kinds().values() if kind.managed and not kind.shared}  # see integration/test_roles

    assert managed <= examples().keys() <= kinds().keys() | aspect_kinds().keys()
    assert all(any("hostile" in example.name for example in several) for several in examples().values())


def test_a_life(
    example: Example, server: embedded.Server, new_database: Callable[[], str], tmp_path: Path, twin: Twin
) -> None:
    stage = Stage(server.bin, server.url, new_database, tmp_path)
    if not SHORT:
        stage.twin, stage.offline, stage.elsewhere, stage.drops = twin, True, example.portable, True
    stage.play(example.story())

    with opened(stage.after) as session:
        changed = read(session)
    assert differences(changed, rebuilt(new_database(), changed), creates=False) == []
