"""Transforms: how values of a type are given to functions in a procedural language, and taken from them.

https://www.postgresql.org/docs/current/sql-createtransform.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY
from types import MappingProxyType
from typing import Any

from alembic_ext.entity import Entity, comment_on, entity
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import own
from alembic_ext.model import Address, Key
from alembic_ext.sqltext import ident, parts
from alembic_ext.sqltext.edit import or_replace
from alembic_ext.sqltext.parsetree import Node, type_name

_WORDS = re.compile(r'FOR ((?:"(?:[^"]|"")*"|[^"])*?) LANGUAGE ((?:"(?:[^"]|"")*"|[^"])*)')


class TransformKind(Kind):
    """It has no name: what stands for one is ``FOR public.pair LANGUAGE plperl``."""

    name, catalog, rank, managed = "transform", "pg_transform", 37, True
    sign = "true"
    in_schema, identified_by = False, "types"
    object_type = "OBJECT_TRANSFORM"
    nodes = MappingProxyType({"CreateTransformStmt": ""})
    select = f"""
        SELECT t.oid, '', format('FOR %s LANGUAGE %I', t.trftype::regtype, l.lanname), '',
               format('CREATE TRANSFORM FOR %s LANGUAGE %I (%s)', t.trftype::regtype, l.lanname, concat_ws(', ',
                      'FROM SQL WITH FUNCTION ' || nullif(t.trffromsql::oid, 0)::regprocedure,
                      'TO SQL WITH FUNCTION ' || nullif(t.trftosql::oid, 0)::regprocedure)), '{{}}'::text[], ''
        FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang
        WHERE {own("pg_transform", "t.oid")}"""

    def identity(self, key: Key) -> str:
        return key.name

    def address(self, key: Key) -> Address:
        found = _WORDS.fullmatch(key.name)
        assert found
        return Address(self.name, (found[1],), (*parts(found[2]),))

    def called(self, *words: str) -> str:
        language, type_ = words
        return f"FOR {type_} LANGUAGE {ident(language)}"

    def spelled(self, tree: Node) -> Address:
        return self._of(type_name(tree["type_name"]), tree["lang"])

    def named(self, node: Node) -> Address:
        type_, language = node["List"]["items"]
        return self._of(type_name(type_["TypeName"]), language["String"]["sval"])

    def _of(self, type_: str, language: str) -> Address:
        return Address(self.name, (language, self.called(language, type_)), (type_,))

    def replace(self, create: str) -> str | None:
        return or_replace(create)


KIND = TransformKind()


@entity
class Transform(Entity):
    """A transform of a type for a procedural language, with the terms of CREATE TRANSFORM.

    >>> print(Transform("hstore", "plperl", from_function="hstore_to_plperl(internal)",
    ...                 to_function="plperl_to_hstore(internal)").sql, end="")
    CREATE TRANSFORM FOR hstore LANGUAGE plperl (
        FROM SQL WITH FUNCTION hstore_to_plperl(internal),
        TO SQL WITH FUNCTION plperl_to_hstore(internal)
    );

    Args:
        for_type: the type.
        language: the name of the language.
        from_function: the function that makes the language's value of an SQL value, with its argument:
            ``"hstore_to_plperl(internal)"``.
        to_function: the function that makes an SQL value of the language's.
        comment: text of COMMENT ON TRANSFORM.

    https://www.postgresql.org/docs/current/sql-createtransform.html
    """

    KIND = KIND

    for_type: str
    language: str
    _: KW_ONLY
    from_function: str | None = None
    to_function: str | None = None
    comment: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.from_function or self.to_function):
            raise self._invalid("it has no function", "give from_function=…, to_function=… or both")

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        address = KIND.spelled(tree)
        return {"for_type": "".join(address.args or ()), "language": address.names[0]}

    def _statements(self) -> tuple[str, ...]:
        name = KIND.called(self.language, self.for_type)
        given = {"FROM": self.from_function, "TO": self.to_function}
        items = [f"{word} SQL WITH FUNCTION {function}" for word, function in given.items() if function]
        create = f"CREATE TRANSFORM {name} (\n    " + ",\n    ".join(items) + "\n)"
        return (create, *comment_on("TRANSFORM", name, self.comment))
