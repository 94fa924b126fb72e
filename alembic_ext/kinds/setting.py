"""What is set on tables and their columns beside what the models say: storage parameters, replica identity, and the
statistics target, storage, compression and options of a column.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from alembic_ext.kinds import AspectKind
from alembic_ext.kinds._common import RELATION, alter, column_state, state
from alembic_ext.model import Address, Aspect
from alembic_ext.sqltext import Statement, ident
from alembic_ext.sqltext.parsetree import relation

_PARAMETERS, _REPLICA = "storage parameters", "replica identity"
_SAID = MappingProxyType(
    {
        "AT_SetRelOptions": _PARAMETERS,
        "AT_ResetRelOptions": _PARAMETERS,
        "AT_ReplicaIdentity": _REPLICA,
        "AT_SetStatistics": "statistics of",
        "AT_SetStorage": "storage of",
        "AT_SetCompression": "compression of",
        "AT_SetOptions": "options of",
        "AT_ResetOptions": "options of",
    }
)
_TABLE = "TABLE ONLY"
_PAIR = "prefix || quote_ident(split_part(o, '=', 1)) || '=' || quote_literal(substr(o, strpos(o, '=') + 1))"
_NAME = "prefix || quote_ident(split_part(o, '=', 1))"
_LIST = """(SELECT array_agg(%s ORDER BY prefix, place)
                FROM (SELECT '', o, place FROM unnest(c.reloptions) WITH ORDINALITY u (o, place)
                      UNION ALL SELECT 'toast.', o, place FROM unnest(toast.reloptions) WITH ORDINALITY u (o, place)
                     ) x (prefix, o, place))"""
_WHOLE = state(
    "coalesce(c.reloptions, toast.reloptions) IS NOT NULL",
    f"'{_PARAMETERS}'",
    alter("TABLE", "SET (%s)", f"array_to_string({_LIST % _PAIR}, ', ')"),
    alter("TABLE", "RESET (%s)", f"array_to_string({_LIST % _NAME}, ', ')"),
)
_IDENTITY = state(
    "c.relreplident <> 'd'",
    f"'{_REPLICA}'",
    alter(
        _TABLE,
        "REPLICA IDENTITY %s",
        """CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' ELSE coalesce(
                 (SELECT format('USING INDEX %I', r.relname) FROM pg_index i JOIN pg_class r ON r.oid = i.indexrelid
                  WHERE i.indrelid = c.oid AND i.indisreplident), 'NOTHING') END""",
    ),
    alter(_TABLE, "REPLICA IDENTITY DEFAULT"),
)


class SettingKind(AspectKind):
    """Each setting is an aspect of its own; the storage parameters are one, reset before others are set."""

    name, rank, several = "setting", 27, True
    # OFFSET 0: else the server plans the list of settings once for each time it is spoken of
    select = f"""
        SELECT 'pg_class'::regclass::oid, s.oid, '', '', '', settings[i], array_agg(settings[i + 1] ORDER BY i),
               array_agg(settings[i + 2] ORDER BY i)
        FROM (SELECT c.oid, {_WHOLE} || {_IDENTITY} || {column_state(_TABLE)} AS settings
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid
              WHERE c.relkind IN ('r', 'p') AND {RELATION}
              OFFSET 0) s, generate_series(1, array_length(settings, 1), 3) i
        GROUP BY s.oid, settings[i]"""

    def said_by(self, statement: Statement) -> Sequence[tuple[Address, str, str]]:
        tree = statement.tree
        if statement.node != "AlterTableStmt" or tree["objtype"] != "OBJECT_TABLE":
            return ()
        command = tree["cmds"][0]["AlterTableCmd"]
        said = _SAID.get(command["subtype"])
        if said is None:
            return ()
        name = f"{said} {ident(command['name'])}" if said.endswith(" of") else said
        return ((Address("table", relation(tree["relation"])), name, statement.text),)

    def read(self, word: str, identity: str, column: str, values: Sequence[Any]) -> Aspect:
        name, do, undo = values
        return Aspect(name, tuple(do), tuple(undo), adds=name == _PARAMETERS)


KIND = SettingKind()
