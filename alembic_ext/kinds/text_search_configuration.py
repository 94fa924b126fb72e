"""Text search configurations.

https://www.postgresql.org/docs/current/sql-createtsconfig.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import NAMED_BY_USER, own

_NAME = "TEXT SEARCH CONFIGURATION %I.%I"


class TextSearchConfigurationKind(Kind):
    """The dictionaries for each type of token are a piece of state."""

    name, catalog, rank = "text search configuration", "pg_ts_config", 8
    sign = "true"
    object_type = "OBJECT_TSCONFIGURATION"
    owner = "cfgowner"
    nodes = MappingProxyType({"DefineStmt": "kind=OBJECT_TSCONFIGURATION"})
    select = f"""
        SELECT c.oid, n.nspname, c.cfgname, '',
               format('CREATE {_NAME} (PARSER = %I.%I)', n.nspname, c.cfgname, s.nspname, p.prsname),
               ARRAY(SELECT unnest(ARRAY['mapping for ' || m.token,
                       format('ALTER {_NAME} ADD MAPPING FOR %s WITH %s', n.nspname, c.cfgname, m.token, m.dicts),
                       format('ALTER {_NAME} DROP MAPPING FOR %s', n.nspname, c.cfgname, m.token)])
                     FROM (SELECT quote_ident(t.alias),
                                  string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno)
                           FROM pg_ts_config_map m JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
                           WHERE m.mapcfg = c.oid GROUP BY t.alias) m (token, dicts)
                     ORDER BY m.token COLLATE "C"), ''
        FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace
             JOIN pg_ts_parser p ON p.oid = c.cfgparser JOIN pg_namespace s ON s.oid = p.prsnamespace
        WHERE {NAMED_BY_USER} AND {own("pg_ts_config", "c.oid")}"""


KIND = TextSearchConfigurationKind()
