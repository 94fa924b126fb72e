"""Which version table it is: two deploys of the same one exclude each other, and no others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_ext.session import parameters
from alembic_ext.sqltext import ident, literal

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


@dataclass(frozen=True, order=True)
class Place:
    """A version table: its server and database, its schema and name."""

    server: str
    database: str
    schema: str
    table: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.table} in {self.database}" + (f" on {self.server}" if self.server else "")


def where(rows: Callable[[str], Any], connection: Connection, context: Any) -> tuple[Place, bool]:
    """Which version table a context of Alembic's has, and whether the server is a standby."""
    table, schema = context.version_table, context.version_table_schema
    name = literal(ident(schema or "", table))
    (row,) = rows(
        "SELECT pg_catalog.current_database()::text, coalesce((SELECT n.nspname FROM pg_catalog.pg_class c "
        f"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = pg_catalog.to_regclass({name})), "
        f"{literal(schema) if schema else 'pg_catalog.current_schema()'})::text, pg_catalog.pg_is_in_recovery()"
    )
    known = parameters(connection)
    server = ":".join(filter(None, (known.get("host", ""), known.get("port", ""))))
    return Place(server, row[0], row[1] or "", table), row[2]
