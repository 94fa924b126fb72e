"""Text search templates.

https://www.postgresql.org/docs/current/sql-createtstemplate.html
"""

from __future__ import annotations

from dataclasses import KW_ONLY
from types import MappingProxyType

from alembic_ext.entity import Entity, comment_on, entity
from alembic_ext.kinds._common import NAMED_BY_USER, own
from alembic_ext.kinds._text_search import TextSearch, settings
from alembic_ext.sqltext import ident


class TextSearchTemplateKind(TextSearch):
    """The functions behind dictionaries, of a library in C; only a superuser makes one. It has no owner."""

    name, catalog, rank, managed = "text search template", "pg_ts_template", 31, True
    sign = "true"
    object_type = "OBJECT_TSTEMPLATE"
    nodes = MappingProxyType({"DefineStmt": "kind=OBJECT_TSTEMPLATE"})
    select = f"""
        SELECT t.oid, n.nspname, t.tmplname, '',
               format('CREATE TEXT SEARCH TEMPLATE %I.%I (%sLEXIZE = %s)', n.nspname, t.tmplname,
                      CASE WHEN t.tmplinit <> 0 THEN 'INIT = ' || t.tmplinit || ', ' END, t.tmpllexize),
               '{{}}'::text[], ''
        FROM pg_ts_template t JOIN pg_namespace n ON n.oid = t.tmplnamespace
        WHERE {NAMED_BY_USER} AND {own("pg_ts_template", "t.oid")}"""


KIND = TextSearchTemplateKind()


@entity
class TextSearchTemplate(Entity):
    """A text search template, with the terms of CREATE TEXT SEARCH TEMPLATE. Only a superuser may make one.

    >>> print(TextSearchTemplate("plain", init="dsimple_init", lexize="dsimple_lexize").sql, end="")
    CREATE TEXT SEARCH TEMPLATE plain (INIT = dsimple_init, LEXIZE = dsimple_lexize);

    Args:
        name: its name, without its schema.
        lexize: the function that makes lexemes of a token, as SQL names it.
        init: the function that reads the options of a dictionary.
        schema: None is the default schema.
        comment: text of COMMENT ON TEXT SEARCH TEMPLATE.

    https://www.postgresql.org/docs/current/sql-createtstemplate.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    lexize: str
    init: str | None = None
    schema: str | None = None
    comment: str | None = None

    def _statements(self) -> tuple[str, ...]:
        identity = ident(self.schema or "", self.name)
        functions = {"INIT": self.init, "LEXIZE": self.lexize}
        return (
            f"CREATE TEXT SEARCH TEMPLATE {identity} {settings(functions)}",
            *comment_on("TEXT SEARCH TEMPLATE", identity, self.comment),
        )
