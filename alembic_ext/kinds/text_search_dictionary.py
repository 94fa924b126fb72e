"""Text search dictionaries.

https://www.postgresql.org/docs/current/sql-createtsdictionary.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, field
from types import MappingProxyType

from alembic_ext.entity import Entity, comment_on, entity, owned_by
from alembic_ext.kinds._common import NAMED_BY_USER, own
from alembic_ext.kinds._text_search import TextSearch, settings
from alembic_ext.model import Address, Stored
from alembic_ext.sqltext import ident, literal
from alembic_ext.sqltext.edit import listed, words_of
from alembic_ext.sqltext.parsetree import Node, strings


class TextSearchDictionaryKind(TextSearch):
    """Its files are the server's. Its template cannot be changed, its options can."""

    name, catalog, rank, managed = "text search dictionary", "pg_ts_dict", 32, True
    sign = "true"
    object_type = "OBJECT_TSDICTIONARY"
    owner = "dictowner"
    nodes = MappingProxyType({"DefineStmt": "kind=OBJECT_TSDICTIONARY"})
    select = f"""
        SELECT d.oid, n.nspname, d.dictname, '',
               format('CREATE TEXT SEARCH DICTIONARY %I.%I (TEMPLATE = %I.%I%s)', n.nspname, d.dictname, s.nspname,
                      t.tmplname, ', ' || nullif(d.dictinitoption, '')), '{{}}'::text[], '',
               format('%I.%I', s.nspname, t.tmplname), coalesce(d.dictinitoption, '')
        FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace
             JOIN pg_ts_template t ON t.oid = d.dicttemplate JOIN pg_namespace s ON s.oid = t.tmplnamespace
        WHERE {NAMED_BY_USER} AND {own("pg_ts_dict", "d.oid")}"""

    def altered_by(self, node: str, tree: Node) -> Address | None:
        if node == "AlterTSDictionaryStmt":
            return Address(self.name, strings(tree["dictname"]))
        return super().altered_by(node, tree)

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        """All options in their order: each that is named goes first, and what has a value comes back at the end."""
        (before, was), (after, will) = old.facts, new.facts
        if before != after:
            return None
        gone = [name for name in _names(was) if name not in _names(will)]
        changes = ", ".join(filter(None, [*gone, will]))
        return [f"ALTER TEXT SEARCH DICTIONARY {self.identity(new.key)} ({changes})"]


def _names(options: str) -> list[str]:
    """The names in ``name = 'value', name = 'value'``, as they are written."""
    return [words_of(option)[0].text for option in listed(options, words_of(options))] if options else []


KIND = TextSearchDictionaryKind()


@entity
class TextSearchDictionary(Entity):
    """A text search dictionary, with the terms of CREATE TEXT SEARCH DICTIONARY.

    >>> print(TextSearchDictionary("short", template="simple", options={"stopwords": "english"}).sql, end="")
    CREATE TEXT SEARCH DICTIONARY short (TEMPLATE = simple, stopwords = 'english');

    Args:
        name: its name, without its schema.
        template: the template, as SQL names it: ``"snowball"``, ``"shop.plain"``.
        options: the options that the template takes.
        schema: None is the default schema.
        comment: text of COMMENT ON TEXT SEARCH DICTIONARY.
        owner: a role.

    https://www.postgresql.org/docs/current/sql-createtsdictionary.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    template: str
    options: Mapping[str, str | int | bool] = field(default_factory=dict, hash=False)
    schema: str | None = None
    comment: str | None = None
    owner: str | None = None

    def _statements(self) -> tuple[str, ...]:
        identity = ident(self.schema or "", self.name)
        given = {
            name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in self.options.items()
        }
        values = {"TEMPLATE": self.template, **{ident(name): literal(value) for name, value in given.items()}}
        return (
            f"CREATE TEXT SEARCH DICTIONARY {identity} {settings(values)}",
            *comment_on("TEXT SEARCH DICTIONARY", identity, self.comment),
            *owned_by("TEXT SEARCH DICTIONARY", identity, self.owner),
        )
