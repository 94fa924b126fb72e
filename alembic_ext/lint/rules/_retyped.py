"""Columns that get another type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from alembic_ext.lint.code import Raw, autocommit, call, schema_of, text
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Column, Relation
from alembic_ext.lint.said import listed, title
from alembic_ext.lint.steps import add_column, fill, kept, kept_no_more, not_null, revisions
from alembic_ext.sqltext import ident, literal
from alembic_ext.sqltext.parsetree import Node, nodes_in, strings
from alembic_ext.sqltext.pgquery import tokens

_ZONED = "with time zone"


class Retyped(NamedTuple):
    """The columns of a table whose types a statement changes; with USING the types may even be the same."""

    table: Relation
    columns: tuple[tuple[Column, Column], ...]

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [new.name for _, new in self.columns]

    @property
    def words(self) -> str:
        """What becomes of them: ``a becomes bigint instead of integer``."""
        return " and ".join(
            f"{new.name} becomes {new.type} instead of {old.type}" if old.type != new.type
            else f"{new.name} gets another collation" if old.collation != new.collation
            else f"{new.name} gets another type {new.type}" if old.type_oid != new.type_oid
            else f"{new.name} gets new values"
            for old, new in self.columns
        )  # fmt: skip


def retyped(at: Moment) -> list[Retyped]:
    """The tables, older than the revision, that have columns with another type."""
    found: dict[int, dict[str, tuple[Column, Column]]] = {}
    for table, old, new in at.columns:
        if old and new and _type(old) != _type(new):
            found.setdefault(table.oid, {})[new.name] = (old, new)
    if at.table is not None and at.table.oid in at.old:
        now = at.after.get(at.table.oid, at.table)
        for word, command in at.commands:
            name = command.get("name", "")
            if word == "AT_AlterColumnType" and name in at.table.columns and name in now.columns:
                found.setdefault(at.table.oid, {}).setdefault(name, (at.table.columns[name], now.columns[name]))
    return [Retyped(at.after.get(oid, at.before[oid]), tuple(columns.values())) for oid, columns in found.items()]


def _type(column: Column) -> tuple[object, ...]:
    return column.type, column.type_oid, column.collation


def using(at: Moment) -> str:
    """The expression behind USING, where the statement changes one type and says how."""
    changes = [command for word, command in at.commands if word == "AT_AlterColumnType"]
    if (
        len(at.commands) != 1
        or len(changes) != 1
        or "raw_default" not in changes[0].get("def", {}).get("ColumnDef", {})
    ):
        return ""
    content = at.did.sql.encode()
    found = tokens(at.did.sql)
    starts = [one.end for one in found if content[one.start : one.end].upper() == b"USING"]
    ends = [one.start for one in found if content[one.start : one.end] == b";"] or [len(content)]
    return content[starts[0] : ends[-1]].decode().strip() if starts else ""


class Zone(NamedTuple):
    """A TimeZone that a revision sets: by which statement, and which it is; "" where that is no plain text."""

    sql: str
    name: str


def zone(at: Moment) -> Zone | None:
    """The TimeZone that is in force because the revision says so."""
    for one in reversed(at.course.moments[: at.number]):
        if one.node == "VariableSetStmt" and one.tree.get("name", "").lower() == "timezone":
            if one.tree["kind"] != "VAR_SET_VALUE":
                return None
            if not one.tree.get("is_local") or one.did.transaction == at.did.transaction:
                return Zone(one.did.sql, _only_text(one.tree.get("args", ())))
        for call_ in nodes_in(one.tree, "FuncCall") if one.node == "SelectStmt" else ():
            name, value = (_only_text([arg]) for arg in [*call_.get("args", ()), {}, {}][:2])
            if strings(call_["funcname"])[-1] == "set_config" and name.lower() == "timezone":
                return Zone(one.did.sql, value)
    return None


def _only_text(args: Sequence[Node]) -> str:
    return str(args[0].get("A_Const", {}).get("sval", {}).get("sval", "")) if len(args) == 1 else ""


def zoned(before: Column, after: Column) -> bool:
    """Whether what becomes of the values depends on the TimeZone of the session."""
    return (_ZONED in before.type) != (_ZONED in after.type)


def _value(at: Moment, before: Column, column: Column) -> str:
    """The new value, made of the old one."""
    name, set_ = ident(column.name), zone(at)
    both = all(one.type.startswith("timestamp") for one in (before, column))
    if both and zoned(before, column) and set_ and set_.name:
        return f"({name} AT TIME ZONE {literal(set_.name)})::{column.type}"
    return f"{name}::{column.type}"


def beside(at: Moment, found: Retyped) -> str:
    """The safe way: a column beside the old one, which takes its name when it is filled."""
    table, schema = found.table, schema_of(found.table)
    adding, filling, indexing, proving, swapping, ending = (list[str]() for _ in range(6))
    for before, column in found.columns:
        new, old = f"{column.name}_new", f"{column.name}_old"
        value = using(at) or _value(at, before, column)
        if value == f"{ident(column.name)}::{column.type}" and zoned(before, column):
            adding.append(f"# say which with AT TIME ZONE: {value} is read in the TimeZone of whoever writes")
        adding += [add_column(table, new, column.type, column.collate), *kept(table, new, value)]
        filling += fill(table, new, value)
        indexing += _indexes(at, table, column, new)
        proving += [new] if column.notnull else []
        swapping += kept_no_more(table, new)
        if before.default is not None:
            default = text(before.default)
            swapping.append(call("op.alter_column", table.name, new, server_default=default, schema=schema))
        if column.notnull and not _is_key(table, column):  # nobody fills it any more
            freed = {"nullable": True, "server_default": Raw("None") if before.default is not None else None}
            swapping.append(call("op.alter_column", table.name, column.name, **freed, schema=schema))
        swapping.append(call("op.alter_column", table.name, column.name, new_column_name=old, schema=schema))
        swapping.append(call("op.alter_column", table.name, new, new_column_name=column.name, schema=schema))
        ending.append(call("op.drop_column", table.name, old, schema=schema))
    left = [words for _, column in found.columns for words in _hanging(at, table, column)]
    by_hand = f"; first move by hand what stays on the old column: {listed(left, 9)}" if left else ""
    return revisions(
        ("a column beside the old one, which follows it", adding),
        ("old rows, in batches", filling),
        *([("its indexes", autocommit(indexing).splitlines())] if indexing else ()),
        *(not_null(table, proving, at.course.trace.version) if proving else ()),
        (f"the names are swapped{by_hand}", swapping),
        ("once nothing uses it", ending),
    )


def _is_key(table: Relation, column: Column) -> bool:
    return any(one.type == "p" and column.number in one.columns for one in table.constraints.values())


def _hanging(at: Moment, table: Relation, column: Column) -> list[str]:
    """What is on a column and does not come along with its name: constraints, those that refer to it, its identity."""
    found = [f"constraint {one.name}" for one in table.constraints.values()
             if column.number in one.columns and one.type != "n"]  # fmt: skip
    for other in at.after.values():
        found += [
            f"constraint {one.name} of {title(other)}" for one in other.constraints.values()
            if one.references == table.oid and column.number in one.referenced and other.oid != table.oid
        ]  # fmt: skip
    if column.identity:
        found.append("its identity")
    if "nextval(" in (column.default or ""):
        found.append("its sequence (ALTER SEQUENCE ... OWNED BY)")
    return found


def _indexes(at: Moment, table: Relation, column: Column, new: str) -> list[str]:
    """Indexes like those of a column, for the one beside it."""
    found = []
    for one in at.indexes_of(table.oid, before=False):
        index = one.as_index
        if index and column.number in index.columns and 0 not in index.columns and not index.partial:
            names = [new if name == column.name else name for name in table.names(index.columns)]
            found.append(
                call("op.create_index", f"{one.name}_new", table.name, names, unique=index.unique or None,
                     schema=schema_of(table), postgresql_using=index.method if index.method != "btree" else None,
                     postgresql_concurrently=True)
            )  # fmt: skip
    return found
