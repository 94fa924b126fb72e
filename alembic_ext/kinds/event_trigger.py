"""Event triggers.

https://www.postgresql.org/docs/current/sql-createeventtrigger.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import fired, own


class EventTriggerKind(Kind):
    """It lives in no schema and fires on the DDL of the whole database, so it is made last."""

    name, catalog, rank, inert = "event trigger", "pg_event_trigger", 90, False
    sign = "true"
    object_type = "OBJECT_EVENT_TRIGGER"
    owner = "evtowner"
    nodes = MappingProxyType({"CreateEventTrigStmt": ""})
    select = f"""
        SELECT e.oid, '', e.evtname, '',
               format('CREATE EVENT TRIGGER %I ON %I%s EXECUTE FUNCTION %I.%I()', e.evtname, e.evtevent,
                      (SELECT E'\\n  WHEN TAG IN (' || string_agg(quote_literal(tag), ', ') || ')'
                       FROM unnest(e.evttags) tag),
                      n.nspname, p.proname),
               {fired("e.evtenabled", "format('ALTER EVENT TRIGGER %I VERB', e.evtname)")}, ''
        FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE {own("pg_event_trigger", "e.oid")}"""


KIND = EventTriggerKind()
