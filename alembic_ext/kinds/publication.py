"""Publications.

https://www.postgresql.org/docs/current/sql-createpublication.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from alembic_ext.entity import Entity, comment_on, entity, owned_by, relation_name
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import own
from alembic_ext.model import Address, Stored
from alembic_ext.sqltext import ident, literal
from alembic_ext.sqltext.parsetree import Node

_ACTIONS = ("insert", "update", "delete", "truncate")
_COLUMNS = """(SELECT format(' (%s)', string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum))
                          FROM pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)
                          HAVING count(*) > 0)"""
_FILTER = "' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')'"


def _objects(version: int) -> str:
    """``TABLE ONLY a (b) WHERE (…), ONLY c, TABLES IN SCHEMA d, e``, or ''."""
    more = f", {_COLUMNS}, {_FILTER}" if version >= 150000 else ", '', ''"
    tables = f"""(SELECT 'TABLE ' || string_agg(t.text, ', ' ORDER BY t.text COLLATE "C")
                     FROM (SELECT format('ONLY %s%s%s', r.prrelid::regclass{more})
                           FROM pg_publication_rel r WHERE r.prpubid = p.oid) t (text))"""
    schemas = """(SELECT 'TABLES IN SCHEMA ' || string_agg(quote_ident(n.nspname), ', ' ORDER BY n.nspname)
                     FROM pg_publication_namespace s JOIN pg_namespace n ON n.oid = s.pnnspid
                     WHERE s.pnpubid = p.oid)"""
    return f"concat_ws(', ', {tables}{', ' + schemas if version >= 150000 else ''})"


class PublicationKind(Kind):
    """It lives in no schema. Its tables, schemas and options change in place; a table that is dropped leaves it."""

    name, catalog, rank, managed = "publication", "pg_publication", 85, True
    in_schema, sheds = False, True
    sign = "true"
    newer = MappingProxyType({15: "columns, filters and schemas", 18: "generated columns"})
    object_type = "OBJECT_PUBLICATION"
    owner = "pubowner"
    nodes = MappingProxyType({"CreatePublicationStmt": ""})

    def query(self, version: int) -> str:
        generated = "CASE p.pubgencols WHEN 's' THEN 'stored' END" if version >= 180000 else "NULL"
        return f"""
        SELECT q.oid, '', q.pubname, '',
               concat(format('CREATE PUBLICATION %I', q.pubname), CASE WHEN q.puballtables THEN ' FOR ALL TABLES' END,
                      ' FOR ' || nullif(q.objects, ''), ' WITH (' || nullif(concat_ws(', ',
                        'publish = ' || quote_literal(nullif(q.publish, q.every_action)),
                        CASE WHEN q.pubviaroot THEN 'publish_via_partition_root = true' END,
                        'publish_generated_columns = ' || q.generated), '') || ')'), '{{}}'::text[], '',
               q.puballtables, q.objects, ARRAY['publish', quote_literal(q.publish),
                 'publish_via_partition_root', q.pubviaroot::text,
                 'publish_generated_columns', coalesce(q.generated, 'none')]
        FROM (SELECT p.*, {_objects(version)} AS objects, {generated} AS generated,
                     concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
                               CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END
                              ) AS publish, {literal(", ".join(_ACTIONS))} AS every_action
              FROM pg_publication p) q
        WHERE {own("pg_publication", "q.oid")}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (tree["pubname"],))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        return self.spelled(tree) if node == "AlterPublicationStmt" else super().altered_by(node, tree)

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        """Where no table is left there is nothing to SET, and one that was dropped meanwhile cannot be DROPped."""
        (every, before, was), (all_, after, will) = old.facts, new.facts
        if every != all_ or (before and not after):
            return None
        changed = [
            f"{name} = {value}"
            for name, then, value in zip(will[::2], was[1::2], will[1::2], strict=True)
            if then != value
        ]
        statements = [f"SET {after}"] if before != after else []
        statements += [f"SET ({', '.join(changed)})"] if changed else []
        return [f"ALTER PUBLICATION {self.identity(new.key)} {statement}" for statement in statements]


KIND = PublicationKind()


@dataclass(frozen=True)
class PublishedTable:
    """A table of a `Publication`, of which not all is published; PostgreSQL 15 and later.

    Args:
        on: a mapped class, a Table, or a name as SQLAlchemy has it: ``"order"``, ``"shop.order"``.
        columns: the columns that are published, as names or as attributes of a mapped class; all where none is given.
        where: a condition as SQL: rows that meet it are published.
    """

    on: Any
    _: KW_ONLY
    columns: Sequence[Any] = ()
    where: str | None = None


@entity
class Publication(Entity):
    """A publication, with the terms of CREATE PUBLICATION.

    >>> print(Publication("sales", tables=["item", PublishedTable("order", columns=["id", "total"], where="total > 0")],
    ...                   publish=["insert", "update"]).sql, end="")
    CREATE PUBLICATION sales
    FOR TABLE item, "order" (id, total) WHERE (total > 0)
    WITH (publish = 'insert, update');

    Args:
        name: its name.
        all_tables: whether all tables are published, later ones too; a superuser makes such a publication.
        tables: mapped classes, Tables, names, or each as `PublishedTable`.
        schemas: names of schemas whose tables are published, later ones too; PostgreSQL 15 and later.
        publish: any of ``"insert"``, ``"update"``, ``"delete"``, ``"truncate"``; all where None is given.
        publish_via_partition_root: whether changes of partitions are published as changes of their table.
        publish_generated_columns: ``"none"`` or ``"stored"``; PostgreSQL 18 and later.
        comment: text of COMMENT ON PUBLICATION.
        owner: a role.

    https://www.postgresql.org/docs/current/sql-createpublication.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    all_tables: bool = False
    tables: Sequence[Any] = field(default=(), hash=False)
    schemas: Sequence[str] = ()
    publish: Sequence[str] | None = None
    publish_via_partition_root: bool | None = None
    publish_generated_columns: Literal["none", "stored"] | None = None
    comment: str | None = None
    owner: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_word("publish_generated_columns", self.publish_generated_columns, "none", "stored")
        for action in self.publish or ():
            self._check_word("publish", action, *_ACTIONS)
        if self.all_tables and (self.tables or self.schemas):
            raise self._invalid("it has all tables, and some", "omit tables and schemas, or all_tables")

    @classmethod
    def _read(cls, tree: Node) -> dict[str, Any]:
        return {"name": tree["pubname"]}

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.name)
        tables = ", ".join(self._table(table) for table in self.tables)
        schemas = ", ".join(map(ident, self.schemas))
        objects = ["TABLE " + tables] if tables else []
        objects += ["TABLES IN SCHEMA " + schemas] if schemas else []
        lines = [f"CREATE PUBLICATION {name}", "FOR ALL TABLES" if self.all_tables else ""]
        lines += ["FOR " + ", ".join(objects) if objects else "", self._options()]
        return (
            "\n".join(filter(None, lines)),
            *comment_on("PUBLICATION", name, self.comment),
            *owned_by("PUBLICATION", name, self.owner),
        )

    def _table(self, table: Any) -> str:
        published = table if isinstance(table, PublishedTable) else PublishedTable(table)
        columns = ", ".join(ident(getattr(column, "name", column)) for column in published.columns)
        listed, where = f" ({columns})" if columns else "", f" WHERE ({published.where})" if published.where else ""
        return relation_name(self, published.on) + listed + where

    def _options(self) -> str:
        given = {
            "publish": None if self.publish is None else literal(", ".join(self.publish)),
            "publish_via_partition_root": self.publish_via_partition_root,
            "publish_generated_columns": self.publish_generated_columns,
        }
        said = [f"{name} = {str(value).lower() if isinstance(value, bool) else value}"
                for name, value in given.items() if value is not None]  # fmt: skip
        return f"WITH ({', '.join(said)})" if said else ""
