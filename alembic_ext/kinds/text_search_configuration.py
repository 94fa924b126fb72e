"""Text search configurations.

https://www.postgresql.org/docs/current/sql-createtsconfig.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, field
from types import MappingProxyType

from alembic_ext.entity import Entity, comment_on, entity, owned_by
from alembic_ext.kinds._common import NAMED_BY_USER, own
from alembic_ext.kinds._text_search import TextSearch, settings
from alembic_ext.model import Address
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import Node, strings

_NAME = "TEXT SEARCH CONFIGURATION %I.%I"


class TextSearchConfigurationKind(TextSearch):
    """The dictionaries for each type of token are a piece of state, changed in place; its parser cannot be changed."""

    name, catalog, rank, managed = "text search configuration", "pg_ts_config", 33, True
    copied = True
    sign = "true"
    object_type = "OBJECT_TSCONFIGURATION"
    owner = "cfgowner"
    nodes = MappingProxyType({"DefineStmt": "kind=OBJECT_TSCONFIGURATION"})
    # The dictionaries are in the name of the state: ADD MAPPING refuses a type of token that has some.
    select = f"""
        SELECT c.oid, n.nspname, c.cfgname, '',
               format('CREATE {_NAME} (PARSER = %I.%I)', n.nspname, c.cfgname, s.nspname, p.prsname),
               ARRAY(SELECT unnest(ARRAY[format('mapping for %s with %s', m.token, m.dicts),
                       format('ALTER {_NAME} ADD MAPPING FOR %s WITH %s', n.nspname, c.cfgname, m.token, m.dicts),
                       format('ALTER {_NAME} DROP MAPPING FOR %s', n.nspname, c.cfgname, m.token)])
                     FROM (SELECT quote_ident(t.alias),
                                  string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno)
                           FROM pg_ts_config_map m JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
                           WHERE m.mapcfg = c.oid GROUP BY t.alias) m (token, dicts)
                     ORDER BY m.token COLLATE "C"), ''
        FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace
             JOIN pg_ts_parser p ON p.oid = c.cfgparser JOIN pg_namespace s ON s.oid = p.prsnamespace
        WHERE {NAMED_BY_USER} AND {own("pg_ts_config", "c.oid")}"""

    def altered_by(self, node: str, tree: Node) -> Address | None:
        if node == "AlterTSConfigurationStmt":
            return Address(self.name, strings(tree["cfgname"]))
        return super().altered_by(node, tree)


KIND = TextSearchConfigurationKind()


@entity
class TextSearchConfiguration(Entity):
    """A text search configuration, with the terms of CREATE and ALTER TEXT SEARCH CONFIGURATION.

    >>> print(TextSearchConfiguration("plain", copy="english", mappings={"hword, word": "simple", "url": None}).sql,
    ...       end="")
    CREATE TEXT SEARCH CONFIGURATION plain (COPY = english);
    ALTER TEXT SEARCH CONFIGURATION plain ALTER MAPPING FOR hword, word WITH simple;
    ALTER TEXT SEARCH CONFIGURATION plain DROP MAPPING IF EXISTS FOR url;

    Args:
        name: its name, without its schema.
        parser: the parser, as SQL names it: ``"default"`` in double quotes is PostgreSQL's own, which is taken where
            neither this nor ``copy`` is given.
        copy: the configuration whose parser and mappings it begins with, as they are declared where it is.
        mappings: types of tokens to dictionaries, as SQL names them: ``{"asciiword, word": ["short", "simple"]}``;
            None takes a mapping away that ``copy`` brought.
        schema: None is the default schema.
        comment: text of COMMENT ON TEXT SEARCH CONFIGURATION.
        owner: a role.

    https://www.postgresql.org/docs/current/sql-createtsconfig.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    parser: str | None = None
    copy: str | None = None
    mappings: Mapping[str, str | Sequence[str] | None] = field(default_factory=dict, hash=False)
    schema: str | None = None
    comment: str | None = None
    owner: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.parser and self.copy:
            raise self._invalid("it has both a parser and a configuration to copy", "give one of the two")

    def _statements(self) -> tuple[str, ...]:
        identity = ident(self.schema or "", self.name)
        parser = self.parser or (None if self.copy else 'pg_catalog."default"')
        return (
            f"CREATE TEXT SEARCH CONFIGURATION {identity} {settings({'PARSER': parser, 'COPY': self.copy})}",
            *(
                f"ALTER TEXT SEARCH CONFIGURATION {identity} {self._mapping(tokens, dictionaries)}"
                for tokens, dictionaries in self.mappings.items()
            ),
            *comment_on("TEXT SEARCH CONFIGURATION", identity, self.comment),
            *owned_by("TEXT SEARCH CONFIGURATION", identity, self.owner),
        )

    def _mapping(self, tokens: str, dictionaries: str | Sequence[str] | None) -> str:
        if dictionaries is None:
            return f"DROP MAPPING IF EXISTS FOR {tokens}"
        named = dictionaries if isinstance(dictionaries, str) else ", ".join(dictionaries)
        return f"{'ALTER' if self.copy else 'ADD'} MAPPING FOR {tokens} WITH {named}"
