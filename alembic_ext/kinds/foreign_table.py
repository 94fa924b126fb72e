"""Foreign tables, partitions among them.

https://www.postgresql.org/docs/current/sql-createforeigntable.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, field
from types import MappingProxyType
from typing import Any

from alembic_ext.entity import Entity, Grants, comment_on, entity, granted, owned_by
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import RELATION, altered_relation, column_state
from alembic_ext.kinds._foreign import (
    OptionValues,
    changed,
    option_facts,
    options,
    options_objection,
    pairs,
    written,
)
from alembic_ext.kinds._table import ATTACHED, BETWEEN, INHERITS, column_list, inheritance
from alembic_ext.model import Address, Stored
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import Node, relation

_ALTERS = frozenset({
    "AT_GenericOptions", "AT_AlterColumnGenericOptions", "AT_ColumnDefault", "AT_SetNotNull", "AT_DropNotNull",
    "AT_SetStatistics", "AT_SetStorage", "AT_SetOptions", "AT_ResetOptions", "AT_AddColumn", "AT_AddConstraint",
})  # fmt: skip

_NAMES = ("c.relname",)
# Name, type, default and whether NULL is refused, for each column of its own.
_COLUMNS = """ARRAY(SELECT unnest(ARRAY[a.attname::text, concat(format_type(a.atttypid, a.atttypmod),
                            CASE WHEN a.attcollation <> 0 AND a.attcollation <> t.typcollation
                                 THEN ' COLLATE ' || a.attcollation::regcollation END,
                            CASE WHEN a.attgenerated <> '' THEN ' GENERATED ' || pg_get_expr(d.adbin, d.adrelid) END),
                     CASE WHEN a.attgenerated = '' THEN coalesce(pg_get_expr(d.adbin, d.adrelid), '') ELSE '' END,
                     a.attnotnull::text])
                     FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                          LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                       AND (a.attislocal OR c.relispartition) ORDER BY a.attnum)"""
_COLUMN_OPTIONS = """ARRAY(SELECT unnest(ARRAY[a.attname::text, o.option_name, o.option_value])
                     FROM pg_attribute a, pg_options_to_table(a.attfdwoptions) o
                     WHERE a.attrelid = c.oid AND NOT a.attisdropped ORDER BY a.attnum, o.option_name COLLATE "C")"""
_CHECKS = """ARRAY(SELECT unnest(ARRAY[k.conname::text, pg_get_constraintdef(k.oid)]) FROM pg_constraint k
                     WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conislocal ORDER BY k.conname COLLATE "C")"""


class ForeignTableKind(Kind):
    """Its rows are elsewhere. Options, defaults, checks and columns at its end change in place."""

    name, catalog, rank, managed = "foreign table", "pg_class", 51, True
    sign = "relkind = 'f'"
    object_type = "OBJECT_FOREIGN_TABLE"
    owner = "relowner"
    between, far = BETWEEN, True
    nodes = MappingProxyType({"CreateForeignTableStmt": ""})

    def query(self, version: int) -> str:
        return f"""
        SELECT c.oid, n.nspname, c.relname, '',
               format(E'CREATE FOREIGN TABLE %I.%I%s%s\\nSERVER %I%s', n.nspname, c.relname,
                      coalesce({column_list(version, whole=True)}, ' ()'), {INHERITS}, s.srvname,
                      {options("f.ftoptions", *_NAMES)}),
               {ATTACHED} || {inheritance(version, "TABLE")} || {column_state("FOREIGN TABLE")}, '',
               concat(s.srvname, {INHERITS}), {option_facts("f.ftoptions", *_NAMES)}, {_COLUMNS}, {_COLUMN_OPTIONS},
               {_CHECKS}
        FROM pg_foreign_table f JOIN pg_class c ON c.oid = f.ftrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_foreign_server s ON s.oid = f.ftserver
        WHERE {RELATION}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, relation(tree["base"]["relation"]))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        return altered_relation(self, node, tree, _ALTERS)

    def objection(self, tree: Node) -> tuple[str, str] | None:
        return options_objection(tree)

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        """Where a column changes its place nothing helps; all else is tried."""
        if old.facts[0] != new.facts[0]:
            return None
        before, after = _columns(old), _columns(new)
        kept, fresh = [name for name in before if name in after], [name for name in after if name not in before]
        if [*kept, *fresh] != list(after):
            return None
        steps = [f"DROP COLUMN {ident(name)}" for name in before if name not in after]
        steps += [
            f"ALTER COLUMN {ident(name)} TYPE {after[name][0]}" for name in kept if before[name][0] != after[name][0]
        ]
        steps += [f"ADD COLUMN {ident(name)} {after[name][0]}" for name in fresh]
        steps += _constraints(old, new)
        for name in after:
            steps += _column(name, before.get(name, ("", "", "false")), after[name])
            if clause := changed(_column_options(old, name), _column_options(new, name)):
                steps.append(f"ALTER COLUMN {ident(name)} {clause}")
        steps += filter(None, [changed(pairs(old.facts[1]), pairs(new.facts[1]))])
        return [f"ALTER FOREIGN TABLE {self.identity(new.key)} {step}" for step in steps]


Column = tuple[str, str, str]


def _columns(stored: Stored) -> dict[str, Column]:
    """Type, default and whether NULL is refused, by name."""
    flat = stored.facts[2]
    return {name: (type_, default, full) for name, type_, default, full in zip(*[iter(flat)] * 4, strict=True)}


def _column_options(stored: Stored, column: str) -> dict[str, str]:
    return {option: value for name, option, value in zip(*[iter(stored.facts[3])] * 3, strict=True) if name == column}


def _column(name: str, old: Column, new: Column) -> Iterator[str]:
    if old[1] != new[1]:
        yield f"ALTER COLUMN {ident(name)} " + (f"SET DEFAULT {new[1]}" if new[1] else "DROP DEFAULT")
    if old[2] != new[2]:
        yield f"ALTER COLUMN {ident(name)} {'SET' if new[2] == 'true' else 'DROP'} NOT NULL"


def _constraints(old: Stored, new: Stored) -> list[str]:
    before, after = pairs(old.facts[4]), pairs(new.facts[4])
    return [
        *(f"DROP CONSTRAINT {ident(name)}" for name in before if before[name] != after.get(name)),
        *(f"ADD CONSTRAINT {ident(name)} {text}" for name, text in after.items() if before.get(name) != text),
    ]


KIND = ForeignTableKind()


@entity
class ForeignTable(Entity):
    """A foreign table, with the terms of CREATE FOREIGN TABLE.

    >>> print(ForeignTable("item", columns={"id": "integer NOT NULL", "name": "text"}, server="files",
    ...                    options={"table_name": "items"}, column_options={"name": {"column_name": "title"}}).sql,
    ...       end="")
    CREATE FOREIGN TABLE item (
        id integer NOT NULL,
        name text
    )
    SERVER files
    OPTIONS (table_name 'items');
    ALTER FOREIGN TABLE item ALTER COLUMN name OPTIONS (column_name 'title');

    A Table of the same name may stand in the models: Alembic leaves it alone then.

    Args:
        name: its name, without its schema.
        columns: name to type, as SQL, with whatever else CREATE FOREIGN TABLE says of a column (collation, default,
            NOT NULL, CHECK).
        server: the name of the server.
        constraints: CHECK constraints, as SQL: ``"CONSTRAINT positive CHECK (amount > 0)"``.
        options: its options.
        column_options: name of a column to its options.
        inherits: names of tables that it inherits from, as SQL.
        partition_of: the name of the table that it is a partition of, as SQL.
        for_values: the bounds of a partition: ``"FROM (1) TO (10)"``, ``"IN ('a')"``; None is the default partition.
        schema: None is the default schema.
        comment: text of COMMENT ON FOREIGN TABLE.
        owner: a role.
        grants: grantee to privileges: ``{"reader": "select"}``; None takes all.

    https://www.postgresql.org/docs/current/sql-createforeigntable.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    server: str
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    constraints: Sequence[str] = ()
    options: OptionValues = field(default_factory=dict, hash=False)
    column_options: Mapping[str, OptionValues] = field(default_factory=dict, hash=False)
    inherits: Sequence[str] = ()
    partition_of: str | None = None
    for_values: str | None = None
    schema: str | None = None
    comment: str | None = None
    owner: str | None = None
    grants: Grants = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.partition_of and (self.columns or self.inherits):
            raise self._invalid("a partition has the columns of its table", "leave columns and inherits away")

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        return {**super()._read(tree), "server": tree["servername"]}

    def _statements(self) -> tuple[str, ...]:
        identity = ident(self.schema or "", self.name)
        lines = [*(f"{ident(name)} {text}" for name, text in self.columns.items()), *self.constraints]
        body = "(\n    " + ",\n    ".join(lines) + "\n)" if lines else "()"
        if self.partition_of:
            bounds = f"FOR VALUES {self.for_values}" if self.for_values else "DEFAULT"
            body = f"PARTITION OF {self.partition_of}{' ' + body if lines else ''} {bounds}"
        parents = f"\nINHERITS ({', '.join(self.inherits)})" if self.inherits else ""
        return (
            f"CREATE FOREIGN TABLE {identity} {body}{parents}\nSERVER {ident(self.server)}{written(self.options)}",
            *(
                f"ALTER FOREIGN TABLE {identity} ALTER COLUMN {ident(column)}{written(given, ' ')}"
                for column, given in self.column_options.items()
            ),
            *comment_on("FOREIGN TABLE", identity, self.comment),
            *owned_by("FOREIGN TABLE", identity, self.owner),
            *granted(identity, self.grants),
        )
