"""Conversions between the encodings of a client and of the server.

https://www.postgresql.org/docs/current/sql-createconversion.html
"""

from __future__ import annotations

from dataclasses import KW_ONLY
from types import MappingProxyType

from alembic_ext.entity import Entity, comment_on, entity, owned_by
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import NAMED_BY_USER, own
from alembic_ext.model import Address
from alembic_ext.sqltext import ident, literal
from alembic_ext.sqltext.parsetree import Node, strings


class ConversionKind(Kind):
    """Never replaced in place: one that changes is dropped and made again."""

    name, catalog, rank, managed = "conversion", "pg_conversion", 39, True
    sign, owner = "true", "conowner"
    object_type = "OBJECT_CONVERSION"
    nodes = MappingProxyType({"CreateConversionStmt": ""})
    select = f"""
        SELECT c.oid, n.nspname, c.conname, '',
               format('CREATE %sCONVERSION %I.%I FOR %L TO %L FROM %s', CASE WHEN c.condefault THEN 'DEFAULT ' END,
                      n.nspname, c.conname, pg_encoding_to_char(c.conforencoding), pg_encoding_to_char(c.contoencoding),
                      c.conproc), '{{}}'::text[], ''
        FROM pg_conversion c JOIN pg_namespace n ON n.oid = c.connamespace
        WHERE {NAMED_BY_USER} AND {own("pg_conversion", "c.oid")}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, strings(tree["conversion_name"]))


KIND = ConversionKind()


@entity
class Conversion(Entity):
    """A conversion between encodings, with the terms of CREATE CONVERSION.

    >>> print(Conversion("old_files", source_encoding="LATIN1", dest_encoding="UTF8", function="decode").sql, end="")
    CREATE CONVERSION old_files FOR 'LATIN1' TO 'UTF8' FROM decode;

    Args:
        name: its name, without its schema.
        source_encoding: the encoding that it reads.
        dest_encoding: the encoding that it writes.
        function: the name of the function that does it, as SQL.
        default: whether it is used for these encodings where none is named.
        schema: None is the default schema.
        comment: text of COMMENT ON CONVERSION.
        owner: a role.

    https://www.postgresql.org/docs/current/sql-createconversion.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    source_encoding: str
    dest_encoding: str
    function: str
    default: bool = False
    schema: str | None = None
    comment: str | None = None
    owner: str | None = None

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.schema or "", self.name)
        encodings = f"FOR {literal(self.source_encoding)} TO {literal(self.dest_encoding)}"
        return (
            f"CREATE {'DEFAULT ' * self.default}CONVERSION {name} {encodings} FROM {self.function}",
            *comment_on("CONVERSION", name, self.comment),
            *owned_by("CONVERSION", name, self.owner),
        )
