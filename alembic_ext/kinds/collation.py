"""Collations.

https://www.postgresql.org/docs/current/sql-createcollation.html
"""

from __future__ import annotations

from dataclasses import KW_ONLY
from types import MappingProxyType
from typing import Literal

from alembic_ext.entity import Entity, comment_on, entity, owned_by
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import NAMED_BY_USER, own
from alembic_ext.model import Address
from alembic_ext.sqltext import ident, literal
from alembic_ext.sqltext.parsetree import Node, strings

_PROVIDER = "CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END"


def _locale(version: int) -> str:
    """LOCALE, or LC_COLLATE and LC_CTYPE where these are two."""
    name = "c.colllocale" if version >= 170000 else "c.colliculocale" if version >= 150000 else "NULL"
    return f"""CASE WHEN {name} IS NOT NULL OR c.collcollate = c.collctype
                           THEN 'LOCALE = ' || quote_literal(coalesce({name}, c.collcollate))
                           ELSE format('LC_COLLATE = %L, LC_CTYPE = %L', c.collcollate, c.collctype) END"""


class CollationKind(Kind):
    """Never replaced in place. Its version, that of the library of the server that it is made on, is not compared."""

    name, catalog, rank, managed = "collation", "pg_collation", 6, True
    copied = True
    sign = "true"
    object_type = "OBJECT_COLLATION"
    owner = "collowner"
    nodes = MappingProxyType({"DefineStmt": "kind=OBJECT_COLLATION"})

    def query(self, version: int) -> str:
        rules = "'RULES = ' || quote_literal(c.collicurules)" if version >= 160000 else "NULL"
        return f"""
        SELECT c.oid, n.nspname, c.collname, '',
               format('CREATE COLLATION %I.%I (%s)', n.nspname, c.collname, concat_ws(', ',
                      'PROVIDER = ' || {_PROVIDER}, {_locale(version)},
                      CASE WHEN NOT c.collisdeterministic THEN 'DETERMINISTIC = false' END, {rules})),
               '{{}}'::text[], ''
        FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
        WHERE {NAMED_BY_USER} AND {own("pg_collation", "c.oid")}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, strings(tree["defnames"]))


KIND = CollationKind()


@entity
class Collation(Entity):
    """A collation, with the terms of CREATE COLLATION.

    >>> print(Collation("german", provider="icu", locale="de-u-co-phonebk", deterministic=False).sql, end="")
    CREATE COLLATION german (PROVIDER = icu, LOCALE = 'de-u-co-phonebk', DETERMINISTIC = false);

    Args:
        name: its name, without its schema.
        locale: the name of the locale.
        lc_collate: the locale of the order, where it is another than that of the classes of characters.
        lc_ctype: the locale of the classes of characters.
        provider: ``"libc"``, the server's default, ``"icu"`` or, in PostgreSQL 17 and later, ``"builtin"``.
        deterministic: whether only texts of the same bytes are equal, as they are where it is not said; False needs
            ICU.
        rules: further rules of the order, for ICU; PostgreSQL 16 and later.
        copy_of: the name of a collation that it is a copy of, as SQL: ``'"C"'``; instead of all these.
        schema: None is the default schema.
        comment: text of COMMENT ON COLLATION.
        owner: a role.

    https://www.postgresql.org/docs/current/sql-createcollation.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    locale: str | None = None
    lc_collate: str | None = None
    lc_ctype: str | None = None
    provider: Literal["libc", "icu", "builtin"] | None = None
    deterministic: bool | None = None
    rules: str | None = None
    copy_of: str | None = None
    schema: str | None = None
    comment: str | None = None
    owner: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_word("provider", self.provider, "libc", "icu", "builtin")
        if not (self.copy_of or self.locale or (self.lc_collate and self.lc_ctype)):
            raise self._invalid("it has no locale", "give locale=…, or lc_collate=… and lc_ctype=…")

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.schema or "", self.name)
        texts = {"LOCALE": self.locale, "LC_COLLATE": self.lc_collate, "LC_CTYPE": self.lc_ctype, "RULES": self.rules}
        items = {
            "PROVIDER": self.provider,
            **{word: literal(value) for word, value in texts.items() if value is not None},
            "DETERMINISTIC": None if self.deterministic is None else str(self.deterministic).lower(),
        }
        given = ", ".join(f"{word} = {value}" for word, value in items.items() if value is not None)
        return (
            f"CREATE COLLATION {name} " + (f"FROM {self.copy_of}" if self.copy_of else f"({given})"),
            *comment_on("COLLATION", name, self.comment),
            *owned_by("COLLATION", name, self.owner),
        )
