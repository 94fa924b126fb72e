"""Small real schemas: read, rebuilt, read again, the same; with pg_dump as the witness."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.real_schemas import PACKAGES, Unavailable, schema
from tests.contract.rebuilding import differences, made, rebuilt
from tests.pgdump import Dump


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

    assert original.unread == ()
    assert [different for different in differences(original, once) if different[0] != "unread"] == []
    assert dump(first) == dump(second)
