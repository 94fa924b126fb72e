"""Small real schemas: read, rebuilt, read again, the same; with pg_dump as the witness."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.real_schemas import PACKAGES, Unavailable, schema
from tests.contract.rebuilding import differences, made, rebuilt
from tests.pgdump import Dump

# What is not read yet, as Snapshot.unread names it, and pg_dump.
UNREAD = {
    "pgmq": (
        ("default acl for role postgres in schema pgmq on sequences", "DEFAULT PRIVILEGES FOR SEQUENCES"),
        ("default acl for role postgres in schema pgmq on tables", "DEFAULT PRIVILEGES FOR TABLES"),
    ),
}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_rebuilt_schema_is_the_same(
    package: str, new_database: Callable[[], str], dump: Callable[..., Dump], request: pytest.FixtureRequest
) -> None:
    try:
        sql = schema(package, request.config.cache.mkdir("real_schemas"))
    except Unavailable as reason:
        pytest.skip(f"{package} cannot be fetched: {reason}")
    first, second = new_database(), new_database()
    original = made(first, sql)

    once = rebuilt(second, original)

    unread = UNREAD.get(package, ())
    assert tuple(name for name, _ in unread) == original.unread
    assert [different for different in differences(original, once) if different[0] != "unread"] == []
    expected = {
        head: body for head, body in dump(first).items() if not head.startswith(tuple(name for _, name in unread))
    }
    assert expected == dump(second)
