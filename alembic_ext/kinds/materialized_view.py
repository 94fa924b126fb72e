"""Materialized views. They are made without data; a revision makes one with data where it has some.

https://www.postgresql.org/docs/current/sql-creatematerializedview.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from alembic_ext.entity import entity, options
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import (
    ACCESS_METHOD,
    RELATION,
    REPLICA_IDENTITY,
    TABLESPACE,
    alter,
    altered_relation,
    column_state,
    follows_extensions,
    with_options,
)
from alembic_ext.kinds._query import DeclaredQuery, is_statement
from alembic_ext.model import Address, Stored
from alembic_ext.sqltext import ident, literal
from alembic_ext.sqltext.edit import dedented, words_of
from alembic_ext.sqltext.parsetree import Node, relation

if TYPE_CHECKING:
    from sqlalchemy import Index, Table

_MADE = f"""format(E'CREATE MATERIALIZED VIEW %I.%I%s%s%s AS\\n%s', n.nspname, c.relname,
                      {ACCESS_METHOD}, {with_options()}, {TABLESPACE}, rtrim(pg_get_viewdef(c.oid), ';'))"""

_EMPTY = "\nWITH NO DATA"
_ALTERS = frozenset({
    "AT_SetRelOptions", "AT_ResetRelOptions", "AT_SetStatistics", "AT_SetStorage", "AT_SetCompression", "AT_SetOptions",
    "AT_ResetOptions", "AT_DropCluster", "AT_SetTableSpace", "AT_SetAccessMethod",
})  # fmt: skip


class MaterializedViewKind(Kind):
    """Its indexes are part of it; it is never replaced in place."""

    name, catalog, rank, managed = "materialized view", "pg_class", 61, True
    sign = "relkind = 'm'"
    object_type = "OBJECT_MATVIEW"
    owner = "relowner"
    locks = True
    nodes = MappingProxyType({"CreateTableAsStmt": "objtype=OBJECT_MATVIEW"})
    parts = frozenset({"index"})
    select = f"""
        SELECT c.oid, n.nspname, c.relname, '', m.made || {literal(_EMPTY)},
               {column_state("MATERIALIZED VIEW")} || {REPLICA_IDENTITY}
               || {follows_extensions("pg_class", "c.oid", alter("MATERIALIZED VIEW"))},
               CASE WHEN c.relispopulated THEN m.made ELSE '' END
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             CROSS JOIN LATERAL (SELECT {_MADE} OFFSET 0) m (made)
        WHERE c.relkind = 'm' AND {RELATION}"""

    def bare(self, text: str) -> str:
        """WITH NO DATA: the query is not run, which takes half of the time."""
        found = words_of(text)
        end = [word.text.lower() for word in found[-3:]]
        if end == ["with", "no", "data"]:
            return text
        return f"{text[: found[-2].start] if end[1:] == ['with', 'data'] else text}\nWITH NO DATA"

    def filled(self, create: str) -> str:
        return create.removesuffix(_EMPTY)

    def fill(self, stored: Stored) -> str:
        return f"REFRESH MATERIALIZED VIEW {self.identity(stored.key)}" if stored.script else ""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, relation(tree["into"]["rel"]))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        return altered_relation(self, node, tree, _ALTERS) or super().altered_by(node, tree)


KIND = MaterializedViewKind()


@entity
class MaterializedView(DeclaredQuery):
    """A materialized view with its indexes, with the terms of CREATE MATERIALIZED VIEW.

    >>> print(MaterializedView("sales", "SELECT day, sum(price) AS total FROM line GROUP BY day",
    ...                        indexes=[Index("sales_day", "day", unique=True)]).sql, end="")
    CREATE MATERIALIZED VIEW sales AS
    SELECT day, sum(price) AS total FROM line GROUP BY day;
    CREATE UNIQUE INDEX sales_day ON sales (day);

    Args:
        name: its name, without its schema.
        query: a ``select()``, written out for PostgreSQL with all its values, or SQL text.
        columns: names of the columns, or with their types, ``Column("id", Integer)``, to have a `table` without a
            connection.
        indexes: each an ``Index("name", "column", …)`` of SQLAlchemy or a CREATE INDEX statement; an Index that is made
            on the columns of `table` belongs to it too.
        with_data: whether it is filled when it is made.
        using: its access method.
        storage: storage parameters: ``{"fillfactor": 70}``.
        tablespace: None is the default tablespace.
        schema: None is the default schema.
        comment: text of COMMENT ON MATERIALIZED VIEW.
        owner: a role.
        grants: grantee to privileges: ``{"reader": "select"}``; None takes all from the grantee.

    https://www.postgresql.org/docs/current/sql-creatematerializedview.html
    """

    KIND = KIND

    _: KW_ONLY
    indexes: Sequence[str | Index] = field(default=(), hash=False)
    with_data: bool = True
    using: str | None = None
    storage: Mapping[str, Any] = field(default_factory=dict, hash=False)
    tablespace: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for index in self.indexes:
            if isinstance(index, str) and not is_statement(index):
                raise self._invalid(
                    f"its index {index!r} is no CREATE INDEX statement",
                    f"give one, or sqlalchemy.Index({f'{self.name}_{index}'!r}, {index!r})",
                )

    def _statements(self) -> tuple[str, ...]:
        lines = [
            f"CREATE MATERIALIZED VIEW {self._identity()}{self._column_list()}",
            f"USING {ident(self.using)}" if self.using else "",
            f"WITH {options(self.storage)}" if self.storage else "",
            f"TABLESPACE {ident(self.tablespace)}" if self.tablespace else "",
        ]
        create = "\n".join(filter(None, lines)) + f" AS\n{self._query()}" + "\nWITH NO DATA" * (not self.with_data)
        return (create, *self._index_texts(), *self._attached())

    def _index_texts(self) -> Iterator[str]:
        from alembic_ext.entity.selectable import index_text

        for index in self.indexes:
            if isinstance(index, str):
                yield dedented(index)
            else:
                self._attach(index)
                yield index_text(index, str(self), self.source)
        if "table" in self.__dict__:
            later = [index for index in self.table.indexes if index not in self.indexes]
            for index in sorted(later, key=lambda index: str(index.name)):
                yield index_text(index, str(self), self.source)

    def _attach(self, index: Index) -> None:
        from sqlalchemy.exc import ArgumentError

        if getattr(index, "table", None) is None:
            try:
                self._indexed.append_constraint(index)
            except ArgumentError as error:
                raise self._invalid(
                    f"the index {index.name} names a column that is not there: {error}", "correct the name"
                ) from error

    @cached_property
    def _indexed(self) -> Table:
        """The table, or where its columns are not known one with those that the indexes name."""
        from sqlalchemy import Column, MetaData, Table

        if self._typed() is not None:
            return self.table
        named = [
            name
            for index in self.indexes
            if not isinstance(index, str)
            for name in (*index._pending_colargs, *(index.dialect_options["postgresql"]["include"] or ()))
        ]
        columns: list[Column[Any]] = [Column(name) for name in dict.fromkeys(named) if isinstance(name, str)]
        return Table(self.name, MetaData(), *columns, schema=self.schema)
