"""Tables, partitioned ones and partitions included. Alembic changes them; they are read and rebuilt.

https://www.postgresql.org/docs/current/sql-createtable.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, field
from types import MappingProxyType
from typing import Any

from alembic_ext.entity import Entity, entity, relation_name
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import (
    ACCESS_METHOD,
    RELATION,
    TABLESPACE,
)
from alembic_ext.kinds._table import ATTACHED, BETWEEN, INHERITS, PARTITION, column_list, inheritance, partition_of
from alembic_ext.model import Address, Stored
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import Node, relation


class TableKind(Kind):
    """A table is made whole but for defaults, constraints and whatever else is an object of its own."""

    name, catalog, rank = "table", "pg_class", 40
    sign = "relkind IN ('r', 'p')"
    object_type = "OBJECT_TABLE"
    owner = "relowner"
    between = BETWEEN
    droppable = False
    nodes = MappingProxyType({"CreateStmt": "", "CreateTableAsStmt": "objtype=OBJECT_TABLE"})
    advice = "tables belong to the models"
    commented_by_models = True
    exclusive = frozenset({PARTITION})

    def query(self, version: int) -> str:
        return f"""
        SELECT c.oid, n.nspname, c.relname, '',
               format('CREATE %sTABLE %I.%I%s%s%s%s%s%s', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' END,
                      n.nspname, c.relname,
                      CASE WHEN c.reloftype <> 0 THEN ' OF ' || c.reloftype::regtype END,
                      coalesce({column_list(version)}, CASE WHEN c.reloftype = 0 THEN ' ()' END),
                      {INHERITS},
                      CASE WHEN c.relkind = 'p' THEN E'\\nPARTITION BY ' || pg_get_partkeydef(c.oid) END,
                      {ACCESS_METHOD}, {TABLESPACE}),
               {ATTACHED}
               || {inheritance(version, "TABLE")}, {partition_of(version)},
               coalesce(pg_get_partkeydef(c.oid), ''), {_columns("a.attnotnull")},
               {_columns("a.atthasdef AND a.attgenerated = ''")},
               CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype::text ELSE '' END
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND {RELATION}"""

    def of_column(self, stored: Stored, column: str) -> tuple[bool, bool]:
        _, not_null, with_default, _ = stored.facts
        return column in not_null, column in with_default

    def keywords(self, stored: Stored) -> Mapping[str, Any]:
        found = {"prefixes": ["UNLOGGED"]} if stored.create.startswith("CREATE UNLOGGED ") else {}
        return {**found, "postgresql_partition_by": stored.facts[0]} if stored.facts[0] else found

    def follows(self, stored: Stored) -> str:
        return str(stored.facts[-1])

    def may_be_declared(self, node: str, tree: Node) -> bool:
        return "partbound" in tree

    def is_piece(self, stored: Stored) -> bool:
        return any(aspect.name == PARTITION for aspect in stored.state)

    def restored(self, stored: Stored) -> Sequence[str]:
        rest = (text for aspect in stored.state if not stored.script or aspect.name != PARTITION for text in aspect.set)
        return (stored.script or stored.create, *rest)

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, relation(tree["relation"] if "relation" in tree else tree["into"]["rel"]))


def _columns(condition: str) -> str:
    return f"""ARRAY(SELECT a.attname::text FROM pg_attribute a
                     WHERE a.attrelid = c.oid AND a.attnum > 0 AND {condition} ORDER BY a.attnum)"""


KIND = TableKind()


@entity
class Partition(Entity):
    """A partition of a table that the models have, with the terms of CREATE TABLE … PARTITION OF.

    >>> print(Partition("sale_2026", of="sale", values="FROM ('2026-01-01') TO ('2027-01-01')").sql, end="")
    CREATE TABLE sale_2026 PARTITION OF sale
    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

    Another bound detaches it and attaches it again, with its rows. Where it is declared no more it is dropped like a
    table of the models, with its rows. Partitions that nobody declared, which applications make, are left alone.

    Args:
        name: its name, without its schema.
        of: the partitioned table: a mapped class, a Table, or a name as SQLAlchemy has it.
        values: the bound: ``"IN ('a', 'b')"``, ``"FROM (1) TO (10)"``, ``"WITH (MODULUS 4, REMAINDER 0)"``; None is the
            default partition.
        partition_by: how it is partitioned itself: ``"LIST (region)"``.
        schema: None is the default schema.

    https://www.postgresql.org/docs/current/sql-createtable.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    of: Any = field(hash=False)
    values: str | None = None
    partition_by: str | None = None
    schema: str | None = None

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        parent = ".".join(relation(tree["inhRelations"][0]["RangeVar"]))
        return {**super()._read(tree), "of": parent}

    def _statements(self) -> tuple[str, ...]:
        lines = [
            f"CREATE TABLE {ident(self.schema or '', self.name)} PARTITION OF {relation_name(self, self.of)}",
            "DEFAULT" if self.values is None else f"FOR VALUES {self.values}",
            *([f"PARTITION BY {self.partition_by}"] if self.partition_by else []),
        ]
        return ("\n".join(lines),)
