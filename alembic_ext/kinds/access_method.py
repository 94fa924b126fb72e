"""Access methods of tables and indexes.

https://www.postgresql.org/docs/current/sql-create-access-method.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY
from types import MappingProxyType
from typing import Any, Literal

from alembic_ext.entity import Entity, comment_on, entity
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import own
from alembic_ext.model import Address, Key
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import Node


class AccessMethodKind(Kind):
    """It has no owner, and only a superuser may make one; one that changes is dropped and made again."""

    name, catalog, rank, managed = "access method", "pg_am", 31, True
    sign = "true"
    in_schema = False
    object_type = "OBJECT_ACCESS_METHOD"
    nodes = MappingProxyType({"CreateAmStmt": ""})
    select = f"""
        SELECT a.oid, '', a.amname, '',
               format('CREATE ACCESS METHOD %I TYPE %s HANDLER %s', a.amname,
                      CASE a.amtype WHEN 't' THEN 'TABLE' ELSE 'INDEX' END, a.amhandler), '{{}}'::text[], ''
        FROM pg_am a WHERE {own("pg_am", "a.oid")}"""

    def rename(self, key: Key, name: str) -> str | None:
        return None

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (tree["amname"],))


KIND = AccessMethodKind()


@entity
class AccessMethod(Entity):
    """An access method, with the terms of CREATE ACCESS METHOD.

    >>> print(AccessMethod("heap2", type="table", handler="heap_tableam_handler").sql, end="")
    CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;

    Args:
        name: its name.
        type: ``"table"`` or ``"index"``.
        handler: the name of its handler function, as SQL.
        comment: text of COMMENT ON ACCESS METHOD.

    https://www.postgresql.org/docs/current/sql-create-access-method.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    type: Literal["table", "index"]
    handler: str
    comment: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_word("type", self.type, "table", "index")

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": tree["amname"]}

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.name)
        create = f"CREATE ACCESS METHOD {name} TYPE {self.type.upper()} HANDLER {self.handler}"
        return (create, *comment_on("ACCESS METHOD", name, self.comment))
