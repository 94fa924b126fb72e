"""What a user can make is managed, or named as not managed, with the reason."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from alembic_ext.kinds import kinds
from alembic_ext.kinds.__main__ import table
from alembic_ext.kinds._unread import NOT_MANAGED
from tests.contract import examples as schemas
from tests.contract.edits import examples
from tests.life import execute
from tests.project import ROOT

KNOWN = {kind.name for kind in kinds().values()} | NOT_MANAGED.keys() | {"statistics object"}  # that is statistics
FOUND = """
    SELECT DISTINCT i.type FROM (
      SELECT classid, objid, objsubid FROM pg_depend WHERE objid >= 16384
      UNION SELECT refclassid, refobjid, refobjsubid FROM pg_depend WHERE refobjid >= 16384
      UNION SELECT classid, objid, objsubid FROM pg_shdepend
      WHERE objid >= 16384 AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) d (classid, objid, objsubid), pg_identify_object(classid, objid, objsubid) i"""


def test_the_page_is_what_the_kinds_say() -> None:
    assert (ROOT / "docs/kinds.md").read_text() == table()


@pytest.mark.parametrize("name", sorted(examples()))
def test_every_type_of_object_is_known(name: str, server_url: str, new_database: Callable[[], str]) -> None:
    major = int(execute(server_url, "SHOW server_version_num")[0][0]) // 10000
    texts = [
        ";\n".join([one.unmanaged, one.first, one.tables, one.before])
        for one in examples()[name]
        if one.since <= major and not dict(one.head).get("roles")
    ]
    url = new_database()
    found: set[str] = set()
    for text in texts:
        with psycopg.connect(url) as connection:
            connection.execute(text.encode(), prepare=False)
            found |= {type_ for (type_,) in connection.execute(FOUND).fetchall()}
            connection.rollback()
    assert found - KNOWN == set()


def test_schemas_to_try_are_known(server_url: str, new_database: Callable[[], str]) -> None:
    major = int(execute(server_url, "SHOW server_version_num")[0][0]) // 10000
    found: set[str] = set()
    for sql in schemas.examples(major).values():
        url = new_database()
        execute(url, sql)
        found |= {type_ for (type_,) in execute(url, FOUND)}
    assert len(found) > 30
    assert found - KNOWN == set()
