"""Sequences; of those behind identity columns what is granted on them and said of them.

https://www.postgresql.org/docs/current/sql-createsequence.html
"""

from __future__ import annotations

from collections import abc
from dataclasses import KW_ONLY, field, replace
from types import MappingProxyType
from typing import Any

from alembic_ext.entity import Entity, Grants, comment_on, entity, granted, owned_by
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import RELATION, alter, state
from alembic_ext.kinds._type import type_text
from alembic_ext.model import Address, Stored
from alembic_ext.sqltext import Statement, ident, parts, split
from alembic_ext.sqltext.edit import words_of
from alembic_ext.sqltext.parsetree import Node, relation

_LIMIT = "CASE s.seqtypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 ELSE 9223372036854775807 END"
SEQUENCE_OPTIONS = f"""concat(
                CASE WHEN s.seqincrement <> 1 THEN ' INCREMENT BY ' || s.seqincrement END,
                CASE WHEN s.seqmin <> CASE WHEN s.seqincrement > 0 THEN 1 ELSE -{_LIMIT} - 1 END
                     THEN ' MINVALUE ' || s.seqmin END,
                CASE WHEN s.seqmax <> CASE WHEN s.seqincrement > 0 THEN {_LIMIT} ELSE -1 END
                     THEN ' MAXVALUE ' || s.seqmax END,
                CASE WHEN s.seqstart <> CASE WHEN s.seqincrement > 0 THEN s.seqmin ELSE s.seqmax END
                     THEN ' START WITH ' || s.seqstart END,
                CASE WHEN s.seqcache <> 1 THEN ' CACHE ' || s.seqcache END,
                CASE WHEN s.seqcycle THEN ' CYCLE' END)"""
"""The options of a pg_sequence row ``s`` that are not the default."""

_OF_COLUMN = """EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = pg_class.oid
                AND d.objsubid = 0 AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))"""


class SequenceKind(Kind):
    """Its value is data, so it is never dropped for another's sake; the column that owns it is state.

    One that a column owns has the owner of its table. Undeclared it is the column's: it is behind a ``serial``. No
    statement makes the one behind an identity column: the table's does.
    """

    name, catalog, rank, managed = "sequence", "pg_class", 20, True
    sign = "relkind = 'S'"
    object_type = "OBJECT_SEQUENCE"
    owner = f"CASE WHEN relkind = 'S' AND NOT {_OF_COLUMN} THEN relowner END"
    droppable, state_later = False, True
    nodes = MappingProxyType({"CreateSeqStmt": ""})
    newer = MappingProxyType({15: "unlogged ones"})
    select = f"""
        SELECT c.oid, n.nspname, c.relname, '',
               CASE WHEN d.deptype = 'i' THEN '' ELSE
               format('CREATE %sSEQUENCE %I.%I%s%s', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END,
                      n.nspname, c.relname,
                      CASE WHEN s.seqtypid <> 20 THEN ' AS ' || format_type(s.seqtypid, NULL) END, {SEQUENCE_OPTIONS})
               END,
               {
        state(
            "d.deptype = 'a'",
            "'owned by'",
            alter("SEQUENCE", "OWNED BY %s.%I", "d.refobjid::regclass", "a.attname"),
            alter("SEQUENCE", "OWNED BY NONE"),
        )
    }, '',
               format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache, s.seqcycle,
               c.relpersistence = 'u'
        FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
                                  AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
             LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE {RELATION}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, relation(tree["sequence"]))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        if node == "AlterSeqStmt" and [option["DefElem"]["defname"] for option in tree["options"]] == ["owned_by"]:
            return Address(self.name, relation(tree["sequence"]))
        return super().altered_by(node, tree)

    def parted(self, statement: Statement) -> abc.Sequence[Statement]:
        """The column that owns it may be that of a table whose default needs it: OWNED BY is said apart."""
        words = words_of(statement.text)
        said = (place for place, word in enumerate(words) if word.is_("by") and words[place - 1].is_("owned"))
        if (first := next(said, 0) - 1) < 0:
            return (statement,)
        last = first + 2
        while last + 1 < len(words) and words[last + 1].text == ".":
            last += 2
        text = statement.text
        rest = text[: words[first].start].rstrip() + text[words[last].end :]
        made = replace(statement, text=rest)
        if words[last].text.lower() == "none":
            return (made,)
        name, owned = ident(*relation(statement.tree["sequence"])), text[words[first].start : words[last].end]
        return (made, *split(f"ALTER SEQUENCE {name} {owned}", statement.source))

    def spares(self, stored: Stored) -> bool:
        return not stored.create or any(aspect.name == "owned by" for aspect in stored.state)

    def alter(self, old: Stored, new: Stored) -> abc.Sequence[str] | None:
        type_, increment, least, most, start, cache, cycle, unlogged = new.facts
        names = ("AS", "INCREMENT BY", "MINVALUE", "MAXVALUE", "START WITH", "CACHE")
        same_type = type_ == old.facts[0]  # another one takes bounds along that are the usual ones of the old
        limits = _limits(type_, increment, least, most) if same_type else (least, most)
        given = (type_, increment, *limits, start, cache)
        changes = [
            value if str(value).startswith("NO ") else f"{name} {value}"
            for name, value, before, after in zip(names, given, old.facts, new.facts, strict=False)
            if before != after or (not same_type and name in ("MINVALUE", "MAXVALUE"))
        ]
        changes += ["CYCLE" if cycle else "NO CYCLE"] if cycle != old.facts[6] else []
        first, name = [], self.identity(new.key)
        if not least <= old.facts[4] <= most:  # one that never gave a value would be out of its bounds
            lowest, highest = max(least, old.facts[2]), min(most, old.facts[3])
            if lowest > highest:
                changes.append("RESTART")
            else:
                value = min(max(start, lowest), highest)
                first.append(f"SELECT setval(tableoid::regclass, {value}, false) FROM {name} WHERE NOT is_called")
        logged = [f"SET {'UNLOGGED' if unlogged else 'LOGGED'}"] if unlogged != old.facts[7] else []
        commands = [*([" ".join(changes)] if changes else []), *logged]
        return [*first, *(f"ALTER SEQUENCE {name} {command}" for command in commands)]


_MOST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


def _limits(type_: str, increment: int, least: int, most: int) -> tuple[int | str, int | str]:
    """The bounds, or the words for the usual ones."""
    usual = (1, _MOST[type_]) if increment > 0 else (-_MOST[type_] - 1, -1)
    return "NO MINVALUE" if least == usual[0] else least, "NO MAXVALUE" if most == usual[1] else most


KIND = SequenceKind()


@entity
class Sequence(Entity):
    """A sequence, with the terms of CREATE SEQUENCE.

    >>> print(Sequence("ticket", start=100, increment=10, cycle=True, owned_by="sale.ticket").sql, end="")
    CREATE SEQUENCE ticket INCREMENT BY 10 START WITH 100 CYCLE;
    ALTER SEQUENCE ticket OWNED BY sale.ticket;

    What a model's default calls, ``server_default=text("nextval('ticket')")``, is made before the table. A
    `sqlalchemy.Sequence` in the models is not made by autogenerate: declare one of these of the same name.

    Args:
        name: its name, without its schema.
        type: ``"smallint"``, ``"integer"`` or ``"bigint"``, or a type of SQLAlchemy's.
        increment: what is added to the value before; a negative number counts down.
        minvalue: the least value.
        maxvalue: the greatest value.
        start: the first value.
        cache: how many values a session takes at once.
        cycle: whether it begins again at its end.
        owned_by: the column with which it goes: a Column, an attribute of a mapped class, ``"table.column"`` or
            ``"schema.table.column"``.
        unlogged: whether it is not written to the log; PostgreSQL 15 is the first that has this.
        schema: None is the default schema.
        comment: text of COMMENT ON SEQUENCE.
        owner: a role; not where a column owns it, whose table has one.
        grants: grantee to privileges: ``{"writer": ["usage", "select"]}``; None takes all.

    https://www.postgresql.org/docs/current/sql-createsequence.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    type: Any = field(default=None, hash=False)
    increment: int | None = None
    minvalue: int | None = None
    maxvalue: int | None = None
    start: int | None = None
    cache: int | None = None
    cycle: bool = False
    owned_by: Any = field(default=None, hash=False)
    unlogged: bool = False
    schema: str | None = None
    comment: str | None = None
    owner: str | None = None
    grants: Grants = field(default_factory=dict, hash=False)

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.schema or "", self.name)
        options = {
            "AS": None if self.type is None else type_text(self.type, self.source),
            "INCREMENT BY": self.increment,
            "MINVALUE": self.minvalue,
            "MAXVALUE": self.maxvalue,
            "START WITH": self.start,
            "CACHE": self.cache,
        }
        said = [f"{option} {value}" for option, value in options.items() if value is not None]
        create = f"CREATE {'UNLOGGED ' * self.unlogged}SEQUENCE {name}"
        return (
            " ".join([create, *said, *(["CYCLE"] if self.cycle else [])]),
            *([f"ALTER SEQUENCE {name} OWNED BY {self._column()}"] if self.owned_by is not None else []),
            *comment_on("SEQUENCE", name, self.comment),
            *owned_by("SEQUENCE", name, self.owner),
            *granted(f"SEQUENCE {name}", self.grants),
        )

    def _column(self) -> str:
        column = self.owned_by
        if isinstance(column, str):
            return ident(*(parts(column) if '"' in column else column.split(".")))
        column = (getattr(column, "property", None) and column.property.columns[0]) or column
        table = getattr(column, "table", None)
        if table is None:
            raise self._invalid("owned_by is not a column of a table", 'give a Column of a Table, or "table.column"')
        return ident(table.schema or "", table.name, column.name)
