"""Triggers, those that a user made: not the ones behind foreign keys, nor the clones on partitions.

https://www.postgresql.org/docs/current/sql-createtrigger.html
"""

from __future__ import annotations

from alembic_ext.kinds._common import RELATION, OnRelation, fired
from alembic_ext.sqltext import or_replace


class TriggerKind(OnRelation):
    """A trigger lives in the schema of its relation and is named by it; a constraint trigger cannot be replaced."""

    name, catalog, rank, managed = "trigger", "pg_trigger", 80, True
    object_type = "OBJECT_TRIGGER"
    select = f"""
        SELECT t.oid, n.nspname, t.tgname, c.relname, pg_get_triggerdef(t.oid),
               {fired('t.tgenabled', "format('ALTER TABLE %I.%I VERB TRIGGER %I', n.nspname, c.relname, t.tgname)")}, ''
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND {RELATION}"""

    def replace(self, create: str) -> str | None:
        return None if create.startswith("CREATE CONSTRAINT") else or_replace(create)


KIND = TriggerKind()
