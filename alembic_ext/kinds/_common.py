"""What several kinds share: fragments of their queries, and how routines and parts of relations are named.

Every fragment is plain SQL over the system catalogs. ``c`` and ``n`` are always the ``pg_class`` and ``pg_namespace``
rows of the relation that is spoken of.
"""

from __future__ import annotations

import re
from typing import ClassVar

from alembic_ext.kinds import Kind
from alembic_ext.model import Address, Key
from alembic_ext.parsetree import Node, parameter_types, relation, routine, strings
from alembic_ext.sqltext import ident

FIRST_OID = 16384
"""Below it are the objects that initdb made."""

NAMED_BY_USER = r"n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"


def own(catalog: str, oid: str) -> str:
    """A condition: the object was made by a user, and not as a member of an extension."""
    return f"""({oid} >= {FIRST_OID} AND {oid} NOT IN (
              SELECT m.objid FROM pg_depend m
              WHERE m.refclassid = 'pg_extension'::regclass AND m.classid = '{catalog}'::regclass AND m.deptype = 'e'))"""


def of_user(relation: str) -> str:
    """A condition: the pg_class row of this alias is a user's relation, and not temporary."""
    return f"{relation}.relpersistence <> 't' AND {NAMED_BY_USER} AND {own('pg_class', relation + '.oid')}"


RELATION = of_user("c")


def option_list(options: str) -> str:
    """``name=value, name=value`` of a text[] of options, in their order; NULL of NULL."""
    return f"""(SELECT string_agg(quote_ident(split_part(x.option, '=', 1)) || '=' || CASE
                             WHEN substr(x.option, strpos(x.option, '=') + 1) ~ '^(-?[0-9]+([.][0-9]+)?|[a-z_]+)$'
                             THEN substr(x.option, strpos(x.option, '=') + 1)
                             ELSE quote_literal(substr(x.option, strpos(x.option, '=') + 1)) END, ', ' ORDER BY x.place)
                    FROM unnest({options}) WITH ORDINALITY x (option, place))"""


def with_options(options: str = "c.reloptions") -> str:
    """The clause `` WITH (name=value)``, or ''."""
    return f"CASE WHEN {options} IS NULL THEN '' ELSE ' WITH (' || {option_list(options)} || ')' END"


def foreign_options(options: str) -> str:
    """The clause `` OPTIONS (name 'value')`` of a text[] of options, or NULL."""
    return f"""(SELECT ' OPTIONS (' || string_agg(quote_ident(o.option_name) || ' ' || quote_literal(o.option_value), ', ') || ')'
                      FROM pg_options_to_table({options}) o)"""


TABLESPACE = """CASE WHEN c.reltablespace = 0 THEN ''
                     ELSE (SELECT format(' TABLESPACE %I', s.spcname) FROM pg_tablespace s WHERE s.oid = c.reltablespace) END"""

ACCESS_METHOD = """coalesce((SELECT format(' USING %I', m.amname) FROM pg_am m
                          WHERE m.oid = c.relam AND m.amname <> current_setting('default_table_access_method')), '')"""


def state(condition: str, name: str, set_: str, unset: str) -> str:
    """A text[] with one piece of state where the condition holds, else empty; all four are SQL expressions."""
    return f"CASE WHEN {condition} THEN ARRAY[{name}, {set_}, {unset}] ELSE '{{}}' END"


def column_state(alter: str) -> str:
    """A text[] of what is set on the columns of a relation: statistics, storage, compression, options."""
    column = f"format('{alter} %I.%I ALTER COLUMN %I ', n.nspname, c.relname, a.attname)"
    return f"""ARRAY(
            SELECT unnest(ARRAY[format('%s of %I', x.what, a.attname), {column} || x.setting, {column} || x.back])
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid CROSS JOIN LATERAL (VALUES
              ('statistics', coalesce(a.attstattarget, -1) <> -1,
               'SET STATISTICS ' || a.attstattarget, 'SET STATISTICS -1'),
              ('storage', a.attstorage <> t.typstorage, 'SET STORAGE ' || {_storage('a.attstorage')},
               'SET STORAGE ' || {_storage('t.typstorage')}),
              ('compression', a.attcompression <> '',
               'SET COMPRESSION ' || CASE a.attcompression WHEN 'l' THEN 'lz4' ELSE 'pglz' END, 'SET COMPRESSION DEFAULT'),
              ('options', a.attoptions IS NOT NULL, 'SET (' || {option_list('a.attoptions')} || ')',
               (SELECT 'RESET (' || string_agg(quote_ident(split_part(o, '=', 1)), ', ') || ')' FROM unnest(a.attoptions) o))
              ) x (what, ok, setting, back)
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
              AND (coalesce(a.attstattarget, -1) <> -1 OR a.attstorage <> t.typstorage OR a.attcompression <> ''
                   OR a.attoptions IS NOT NULL) AND x.ok
            ORDER BY a.attnum, x.what)"""


def _storage(code: str) -> str:
    return f"CASE {code} WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END"


def fired(code: str, alter: str) -> str:
    """A text[] with the enabled state of a trigger or rule; ``alter`` is a SQL expression with VERB in it."""
    default = alter.replace("VERB", "ENABLE")
    states = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
    cases = " ".join(f"WHEN '{letter}' THEN ARRAY['enabled', {alter.replace('VERB', verb)}, {default}]"
                     for letter, verb in states.items())
    return f"CASE {code} {cases} ELSE '{{}}'::text[] END"


def altered_relation(kind: Kind, node: str, tree: Node, subtypes: frozenset[str]) -> Address | None:
    """The relation of an ALTER statement that speaks of this kind and does one of these things."""
    if node != "AlterTableStmt" or tree["objtype"] != kind.object_type:
        return None
    if any(command["AlterTableCmd"]["subtype"] not in subtypes for command in tree["cmds"]):
        return None
    return Address(kind.name, relation(tree["relation"]))


_REPLICA = "format('ALTER TABLE ONLY %I.%I REPLICA IDENTITY {}', n.nspname, c.relname{})"
REPLICA_IDENTITY = state(
    "c.relreplident IN ('f', 'n')", "'replica identity'",
    _REPLICA.format("%s", ", CASE c.relreplident WHEN 'f' THEN 'FULL' ELSE 'NOTHING' END"), _REPLICA.format("DEFAULT", ""),
)
"""What identifies a row to replication where it is no index; one that is has this as state."""


def follows_extensions(catalog: str, oid: str, alter: str) -> str:
    """A text[] with the extensions whose end is the object's too; ``alter`` is SQL: ``ALTER INDEX`` and the name."""
    found = f"x.refclassid = 'pg_extension'::regclass AND x.classid = '{catalog}'::regclass AND x.deptype = 'x'"
    return f"""CASE WHEN {oid} IN (SELECT x.objid FROM pg_depend x WHERE {found}) THEN ARRAY(
                SELECT unnest(ARRAY[format('depends on extension %I', e.extname),
                                    {alter} || format(' DEPENDS ON EXTENSION %I', e.extname),
                                    {alter} || format(' NO DEPENDS ON EXTENSION %I', e.extname)])
                FROM pg_depend x JOIN pg_extension e ON e.oid = x.refobjid WHERE {found} AND x.objid = {oid}
                ORDER BY e.extname) ELSE '{{}}' END"""


INDEX_STATE = f"""
            {state('c.reltablespace <> 0', "'tablespace'",
                   "format('ALTER INDEX %I.%I SET TABLESPACE %I', n.nspname, c.relname, (SELECT s.spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace))",
                   "format('ALTER INDEX %I.%I SET TABLESPACE pg_default', n.nspname, c.relname)")}
            || ARRAY(SELECT unnest(ARRAY[format('statistics of column %s', a.attnum),
                       format('ALTER INDEX %I.%I ALTER COLUMN %s SET STATISTICS %s', n.nspname, c.relname, a.attnum, a.attstattarget),
                       format('ALTER INDEX %I.%I ALTER COLUMN %s SET STATISTICS -1', n.nspname, c.relname, a.attnum)])
                     FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0 ORDER BY a.attnum)
            || {state('i.indisclustered', "'cluster'",
                      "format('ALTER %s %s CLUSTER ON %I', CASE o.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, o.oid::regclass, c.relname)",
                      "format('ALTER %s %s SET WITHOUT CLUSTER', CASE o.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, o.oid::regclass)")}
            || {state('i.indisreplident', "'replica identity'",
                      "format('ALTER TABLE ONLY %s REPLICA IDENTITY USING INDEX %I', o.oid::regclass, c.relname)",
                      "format('ALTER TABLE ONLY %s REPLICA IDENTITY DEFAULT', o.oid::regclass)")}
            || {state('c.relispartition', "'partition'",
                      "(SELECT format('ALTER INDEX %s ATTACH PARTITION %I.%I', h.inhparent::regclass, n.nspname, c.relname) FROM pg_inherits h WHERE h.inhrelid = c.oid)",
                      "''")}
            || {follows_extensions('pg_class', 'c.oid', "format('ALTER INDEX %I.%I', n.nspname, c.relname)")}"""
"""State of an index ``c`` (with ``i`` its pg_index row) on the relation ``o``; attaching it cannot be undone."""


class OnRelation(Kind):
    """What is on a relation and named by it: ``t ON public.x``. Its key has the relation as detail."""

    identified_by = "relation"

    def identity(self, key: Key) -> str:
        return f"{ident(key.name)} ON {ident(key.schema, key.detail)}"

    def address(self, key: Key) -> Address:
        return Address(self.name, (key.schema, key.detail, key.name))


class Routine(Kind):
    """What is called: its key has the types of its arguments as detail."""

    identified_by = "arguments"
    codes: ClassVar[str]
    """Its values of ``pg_proc.prokind``, as a list of SQL."""

    def identity(self, key: Key) -> str:
        return f"{ident(key.schema, key.name)}({', '.join(arguments(key.detail))})"

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, strings(tree["funcname"]), parameter_types(tree.get("parameters", ())))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        if node == "AlterFunctionStmt" and tree["objtype"] == self.object_type:
            return Address(self.name, *routine(tree["func"]))
        return super().altered_by(node, tree)

    def address(self, key: Key) -> Address:
        return Address(self.name, (key.schema, key.name), tuple(arguments(key.detail)))


_ARGUMENT = re.compile(r'(?:"(?:[^"]|"")*"|[^",])+')


def arguments(detail: str) -> list[str]:
    """The types of ``(integer,"odd, one"[])``.

    >>> arguments('(integer,"odd, one"[])')
    ['integer', '"odd, one"[]']
    """
    return _ARGUMENT.findall(detail[1:-1])


ROUTINE_DETAIL = "substr(p.oid::regprocedure::text, length(format('%I.%I', n.nspname, p.proname)) + 1)"


def routine_select(codes: str) -> str:
    """The rows of functions or procedures; pg_get_functiondef writes CREATE OR REPLACE, which is cut to CREATE.

    The constructors that come with a range type are internal (language 12), and not among them.
    """
    return f"""
        SELECT p.oid, n.nspname, p.proname, {ROUTINE_DETAIL},
               'CREATE ' || rtrim(substr(pg_get_functiondef(p.oid), length('CREATE OR REPLACE ') + 1), E'\\n'),
               {follows_extensions('pg_proc', 'p.oid', "'ALTER ROUTINE ' || p.oid::regprocedure")}, ''
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.prokind IN ({codes}) AND {NAMED_BY_USER} AND {own('pg_proc', 'p.oid')}
          AND (p.prolang <> 12 OR NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass
                                              AND d.objid = p.oid AND d.deptype = 'i'))"""
