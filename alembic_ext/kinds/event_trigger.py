"""Event triggers.

https://www.postgresql.org/docs/current/sql-createeventtrigger.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from alembic_ext.entity import SWITCHES, Enabled, Entity, comment_on, entity, owned_by
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import fired, own
from alembic_ext.model import Address
from alembic_ext.sqltext import ident, literal
from alembic_ext.sqltext.parsetree import Node

if TYPE_CHECKING:
    from alembic_ext.kinds.function import Function


class EventTriggerKind(Kind):
    """It lives in no schema and fires on the DDL of the whole database, so it is made last. Only superusers may."""

    name, catalog, rank, managed = "event trigger", "pg_event_trigger", 90, True
    in_schema, inert = False, False
    sign = "true"
    object_type = "OBJECT_EVENT_TRIGGER"
    owner = "evtowner"
    nodes = MappingProxyType({"CreateEventTrigStmt": ""})
    select = f"""
        SELECT e.oid, '', e.evtname, '',
               format('CREATE EVENT TRIGGER %I ON %I%s EXECUTE FUNCTION %I.%I()', e.evtname, e.evtevent,
                      (SELECT E'\\n  WHEN TAG IN (' || string_agg(quote_literal(tag), ', ' ORDER BY place) || ')'
                       FROM unnest(e.evttags) WITH ORDINALITY u (tag, place)),
                      n.nspname, p.proname),
               {fired("e.evtenabled", "format('ALTER EVENT TRIGGER %I VERB', e.evtname)")}, ''
        FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE {own("pg_event_trigger", "e.oid")}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (tree["trigname"],))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        if node == "AlterEventTrigStmt":
            return Address(self.name, (tree["trigname"],))
        return super().altered_by(node, tree)


KIND = EventTriggerKind()


@entity
class EventTrigger(Entity):
    """An event trigger, with the terms of CREATE EVENT TRIGGER. Only superusers may have one.

    >>> print(EventTrigger("watch", event="ddl_command_end", tags=["create table"], execute="log_ddl()").sql, end="")
    CREATE EVENT TRIGGER watch ON ddl_command_end
    WHEN TAG IN ('CREATE TABLE')
    EXECUTE FUNCTION log_ddl();

    Args:
        name: its name.
        event: ``"ddl_command_start"``, ``"ddl_command_end"``, ``"sql_drop"``, ``"table_rewrite"``, or from
            PostgreSQL 17 on ``"login"``.
        execute: the call of a function as SQL, ``"log_ddl()"``, or a `Function`.
        tags: the commands for which it fires; all where none is given.
        enabled: True, False, ``"replica"`` or ``"always"``: in which sessions it fires.
        comment: text of COMMENT ON EVENT TRIGGER.
        owner: a role, which must be a superuser too.

    It fires for the statements of later revisions too.

    https://www.postgresql.org/docs/current/sql-createeventtrigger.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    event: str
    execute: str | Function
    tags: str | Sequence[str] = ()
    enabled: Enabled = True
    comment: str | None = None
    owner: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_word("enabled", self.enabled, *SWITCHES)
        object.__setattr__(self, "tags", (self.tags,) if isinstance(self.tags, str) else tuple(self.tags))
        self._check_call("execute", self.execute)

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": tree["trigname"], "event": tree["eventname"]}

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.name)
        lines = [
            f"CREATE EVENT TRIGGER {name} ON {ident(self.event)}",
            *([f"WHEN TAG IN ({', '.join(literal(tag.upper()) for tag in self.tags)})"] if self.tags else []),
            f"EXECUTE FUNCTION {self.execute if isinstance(self.execute, str) else self.execute.call}",
        ]
        verb = SWITCHES[self.enabled]
        return (
            "\n".join(lines),
            *([f"ALTER EVENT TRIGGER {name} {verb}"] if verb else []),
            *comment_on("EVENT TRIGGER", name, self.comment),
            *owned_by("EVENT TRIGGER", name, self.owner),
        )
