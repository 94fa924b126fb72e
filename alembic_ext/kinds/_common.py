"""What several kinds share: fragments of their queries, and how routines and parts of relations are named.

Every fragment is plain SQL over the system catalogs. ``c`` and ``n`` are always the ``pg_class`` and ``pg_namespace``
rows of the relation that is spoken of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from alembic_ext.kinds import Kind
from alembic_ext.model import Address, Key
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import Node, parameter_types, relation, routine, strings

FIRST_OID = 16384
"""Below it are the objects that initdb made."""

NAMED_BY_USER = r"n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"


def own(catalog: str, oid: str) -> str:
    """A condition: the object was made by a user, and not as a member of an extension."""
    return f"""({oid} >= {FIRST_OID} AND {oid} NOT IN (
              SELECT m.objid FROM pg_depend m WHERE m.refclassid = 'pg_extension'::regclass
                AND m.classid = '{catalog}'::regclass AND m.deptype = 'e'))"""


def of_user(relation: str) -> str:
    """A condition: the pg_class row of this alias is a user's relation, and not temporary."""
    return f"{relation}.relpersistence <> 't' AND {NAMED_BY_USER} AND {own('pg_class', relation + '.oid')}"


RELATION = of_user("c")


def option_list(options: str) -> str:
    """``name=value, name=value`` of a text[] of options, in their order; NULL of NULL."""
    return f"""(SELECT string_agg(quote_ident(x.name) || '=' || CASE
                  WHEN x.value ~ '^(-?[0-9]+([.][0-9]+)?|[a-z_]+)$' THEN x.value ELSE quote_literal(x.value) END,
                  ', ' ORDER BY x.place)
                FROM (SELECT split_part(o, '=', 1), substr(o, strpos(o, '=') + 1), place
                      FROM unnest({options}) WITH ORDINALITY u (o, place)) x (name, value, place))"""


def option_names(options: str) -> str:
    """``name, name`` of a text[] of options."""
    return f"(SELECT string_agg(quote_ident(split_part(o, '=', 1)), ', ') FROM unnest({options}) o)"


def with_options(options: str = "c.reloptions") -> str:
    """The clause `` WITH (name=value)``, or ''."""
    return f"CASE WHEN {options} IS NULL THEN '' ELSE ' WITH (' || {option_list(options)} || ')' END"


def foreign_options(options: str) -> str:
    """The clause `` OPTIONS (name 'value')`` of a text[] of options, or NULL."""
    return f"""(SELECT format(' OPTIONS (%s)', string_agg(format('%I %L', o.option_name, o.option_value), ', '
                                                    ORDER BY o.option_name COLLATE "C"))
                FROM pg_options_to_table({options}) o HAVING count(*) > 0)"""


_SPACE = "(SELECT s.spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace)"
TABLESPACE = f"CASE WHEN c.reltablespace = 0 THEN '' ELSE format(' TABLESPACE %I', {_SPACE}) END"

ACCESS_METHOD = """coalesce((SELECT format(' USING %I', m.amname) FROM pg_am m
                          WHERE m.oid = c.relam AND m.amname <> current_setting('default_table_access_method')), '')"""


def alter(words: str, clause: str = "", *values: str) -> str:
    """SQL for ``ALTER words relation clause`` of the relation ``c``; the clause is a format for the values."""
    return f"format('ALTER {words} %I.%I{clause and ' ' + clause}', {', '.join(['n.nspname', 'c.relname', *values])})"


def state(condition: str, name: str, set_: str, unset: str) -> str:
    """A text[] with one piece of state where the condition holds, else empty; all four are SQL expressions."""
    return f"CASE WHEN {condition} THEN ARRAY[{name}, {set_}, {unset}] ELSE '{{}}' END"


def column_state(words: str) -> str:
    """A text[] of what is set on the columns of a relation: statistics, storage, compression, options."""
    column = alter(words, "ALTER COLUMN %I ", "a.attname")
    pieces = (
        ("statistics", "coalesce(a.attstattarget, -1) <> -1", "'STATISTICS ' || a.attstattarget",
         "'SET STATISTICS -1'"),
        ("storage", "a.attstorage <> t.typstorage", "'STORAGE ' || " + _storage("a.attstorage"),
         "'SET STORAGE ' || " + _storage("t.typstorage")),
        ("compression", "a.attcompression <> ''",
         "'COMPRESSION ' || CASE a.attcompression WHEN 'l' THEN 'lz4' ELSE 'pglz' END", "'SET COMPRESSION DEFAULT'"),
        ("options", "a.attoptions IS NOT NULL", f"'(' || {option_list('a.attoptions')} || ')'",
         f"'RESET (' || {option_names('a.attoptions')} || ')'"),
    )  # fmt: skip
    rows = ",\n              ".join(f"('{name}', {ok}, 'SET ' || {do}, {undo})" for name, ok, do, undo in pieces)
    return f"""ARRAY(
            SELECT unnest(ARRAY[format('%s of %I', x.what, a.attname), {column} || x.setting, {column} || x.back])
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid CROSS JOIN LATERAL (VALUES
              {rows}) x (what, ok, setting, back)
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
              AND ({" OR ".join(ok for _, ok, _, _ in pieces)}) AND x.ok
            ORDER BY a.attnum, x.what)"""


def _storage(code: str) -> str:
    return f"CASE {code} WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END"


def fired(code: str, statement: str) -> str:
    """A text[] with the enabled state of a trigger or rule; ``statement`` is a SQL expression with VERB in it."""
    default = statement.replace("VERB", "ENABLE")
    states = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
    cases = " ".join(
        f"WHEN '{letter}' THEN ARRAY['enabled', {statement.replace('VERB', verb)}, {default}]"
        for letter, verb in states.items()
    )
    return f"CASE {code} {cases} ELSE '{{}}'::text[] END"


def altered_relation(kind: Kind, node: str, tree: Node, subtypes: frozenset[str]) -> Address | None:
    """The relation of an ALTER statement that speaks of this kind and does one of these things."""
    if node != "AlterTableStmt" or tree["objtype"] != kind.object_type:
        return None
    if any(command["AlterTableCmd"]["subtype"] not in subtypes for command in tree["cmds"]):
        return None
    return Address(kind.name, relation(tree["relation"]))


_FULL = "CASE c.relreplident WHEN 'f' THEN 'FULL' ELSE 'NOTHING' END"
REPLICA_IDENTITY = state(
    "c.relreplident IN ('f', 'n')", "'replica identity'",
    alter("TABLE ONLY", "REPLICA IDENTITY %s", _FULL), alter("TABLE ONLY", "REPLICA IDENTITY DEFAULT"),
)  # fmt: skip
"""What identifies a row to replication where it is no index; one that is has this as state."""


def follows_extensions(catalog: str, oid: str, altering: str) -> str:
    """A text[] with the extensions whose end is the object's too; ``altering`` is SQL: ``ALTER INDEX`` and the name."""
    found = f"x.refclassid = 'pg_extension'::regclass AND x.classid = '{catalog}'::regclass AND x.deptype = 'x'"
    return f"""CASE WHEN {oid} IN (SELECT x.objid FROM pg_depend x WHERE {found}) THEN ARRAY(
                SELECT unnest(ARRAY[format('depends on extension %I', e.extname),
                                    {altering} || format(' DEPENDS ON EXTENSION %I', e.extname),
                                    {altering} || format(' NO DEPENDS ON EXTENSION %I', e.extname)])
                FROM pg_depend x JOIN pg_extension e ON e.oid = x.refobjid WHERE {found} AND x.objid = {oid}
                ORDER BY e.extname) ELSE '{{}}' END"""


_ON = "CASE o.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, o.oid::regclass"
_TARGETS = [
    alter("INDEX", "ALTER COLUMN %s SET STATISTICS %s", "a.attnum", target) for target in ("a.attstattarget", "-1")
]
INDEX_STATE = " || ".join((
    state("c.reltablespace <> 0", "'tablespace'", alter("INDEX", "SET TABLESPACE %I", _SPACE),
          alter("INDEX", "SET TABLESPACE pg_default")),
    f"""ARRAY(
            SELECT unnest(ARRAY[format('statistics of column %s', a.attnum), {_TARGETS[0]},
                                {_TARGETS[1]}])
            FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0 ORDER BY a.attnum)""",
    state("i.indisclustered", "'cluster'", f"format('ALTER %s %s CLUSTER ON %I', {_ON}, c.relname)",
          f"format('ALTER %s %s SET WITHOUT CLUSTER', {_ON})"),
    state("c.relispartition", "'partition'",
          """(SELECT format('ALTER INDEX %s ATTACH PARTITION %I.%I', h.inhparent::regclass, n.nspname, c.relname)
            FROM pg_inherits h WHERE h.inhrelid = c.oid)""", "''"),
    follows_extensions("pg_class", "c.oid", alter("INDEX")),
))  # fmt: skip
"""State of an index ``c`` (with ``i`` its pg_index row) on the relation ``o``; attaching it cannot be undone."""


class OnRelation(Kind):
    """What is on a relation and named by it: ``t ON public.x``. Its key has the relation as detail."""

    identified_by = "relation"
    switches: ClassVar[frozenset[str]] = frozenset()
    """The commands of ALTER TABLE that set its enabled state."""

    def altered_by(self, node: str, tree: Node) -> Address | None:
        if node == "AlterTableStmt" and tree["cmds"][0]["AlterTableCmd"]["subtype"] in self.switches:
            return Address(self.name, (*relation(tree["relation"]), tree["cmds"][0]["AlterTableCmd"]["name"]))
        return super().altered_by(node, tree)

    def identity(self, key: Key) -> str:
        return f"{ident(key.name)} ON {ident(key.schema, key.detail)}"

    def address(self, key: Key) -> Address:
        return Address(self.name, tuple(filter(None, (key.schema, key.detail, key.name))))


class Routine(Kind):
    """What is called: its key has the types of its arguments as detail."""

    identified_by, opaque = "arguments", True
    owner = "proowner"

    def identity(self, key: Key) -> str:
        return f"{ident(key.schema, key.name)}({', '.join(arguments(key.detail))})"

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, strings(tree["funcname"]), parameter_types(tree.get("parameters", ())))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        if node == "AlterFunctionStmt" and tree["objtype"] == self.object_type:
            return Address(self.name, *routine(tree["func"]))
        return super().altered_by(node, tree)

    def address(self, key: Key) -> Address:
        return Address(self.name, tuple(filter(None, (key.schema, key.name))), tuple(arguments(key.detail)))

    def with_types(self, key: Key, names: Mapping[str, str]) -> Key:
        types = [(text.rstrip("[]"), text) for text in arguments(key.detail)]
        called = [names.get(base, base) + text[len(base) :] for base, text in types]
        return key._replace(detail=f"({','.join(called)})")


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

    The constructors that come with a range type are internal (language 12), and not among them; nor is its canonical
    function, which is part of it: each needs the other.
    """
    return f"""
        SELECT p.oid, n.nspname, p.proname, {ROUTINE_DETAIL},
               'CREATE ' || rtrim(substr(pg_get_functiondef(p.oid), length('CREATE OR REPLACE ') + 1), E'\\n'),
               {follows_extensions("pg_proc", "p.oid", "'ALTER ROUTINE ' || p.oid::regprocedure")}, ''
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.prokind IN ({codes}) AND {NAMED_BY_USER} AND {own("pg_proc", "p.oid")}
          AND (p.prolang <> 12 OR NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass
                                              AND d.objid = p.oid AND d.deptype = 'i'))
          AND p.oid NOT IN (SELECT r.rngcanonical FROM pg_range r)"""
