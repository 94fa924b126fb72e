"""Text search parsers.

https://www.postgresql.org/docs/current/sql-createtsparser.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY
from types import MappingProxyType

from alembic_ext.entity import Entity, comment_on, entity
from alembic_ext.kinds._common import NAMED_BY_USER, own
from alembic_ext.kinds._text_search import TextSearch, settings
from alembic_ext.sqltext import ident


class TextSearchParserKind(TextSearch):
    """Five functions, mostly of a library in C; only a superuser makes one. It has no owner."""

    name, catalog, rank, managed = "text search parser", "pg_ts_parser", 31, True
    sign = "true"
    object_type = "OBJECT_TSPARSER"
    nodes = MappingProxyType({"DefineStmt": "kind=OBJECT_TSPARSER"})
    select = f"""
        SELECT p.oid, n.nspname, p.prsname, '',
               format('CREATE TEXT SEARCH PARSER %I.%I (START = %s, GETTOKEN = %s, END = %s, LEXTYPES = %s%s)',
                      n.nspname, p.prsname, p.prsstart, p.prstoken, p.prsend, p.prslextype,
                      CASE WHEN p.prsheadline <> 0 THEN ', HEADLINE = ' || p.prsheadline END), '{{}}'::text[], ''
        FROM pg_ts_parser p JOIN pg_namespace n ON n.oid = p.prsnamespace
        WHERE {NAMED_BY_USER} AND {own("pg_ts_parser", "p.oid")}"""


KIND = TextSearchParserKind()


@entity
class TextSearchParser(Entity):
    """A text search parser, with the terms of CREATE TEXT SEARCH PARSER. Only a superuser may make one.

    >>> print(TextSearchParser("words", start="prsd_start", gettoken="prsd_nexttoken", end="prsd_end",
    ...                        lextypes="prsd_lextype").sql, end="")
    CREATE TEXT SEARCH PARSER words (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, \
LEXTYPES = prsd_lextype);

    Args:
        name: its name, without its schema.
        start: the function that begins with a text, as SQL names it.
        gettoken: the function that gives the next token.
        end: the function that ends.
        lextypes: the function that tells the types of tokens.
        headline: the function that makes a summary.
        schema: None is the default schema.
        comment: text of COMMENT ON TEXT SEARCH PARSER.

    https://www.postgresql.org/docs/current/sql-createtsparser.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    start: str
    gettoken: str
    end: str
    lextypes: str
    headline: str | None = None
    schema: str | None = None
    comment: str | None = None

    def _statements(self) -> tuple[str, ...]:
        return tuple(self._written())

    def _written(self) -> Iterator[str]:
        identity = ident(self.schema or "", self.name)
        functions = {"START": self.start, "GETTOKEN": self.gettoken, "END": self.end, "LEXTYPES": self.lextypes,
                     "HEADLINE": self.headline}  # fmt: skip
        yield f"CREATE TEXT SEARCH PARSER {identity} {settings(functions)}"
        yield from comment_on("TEXT SEARCH PARSER", identity, self.comment)
