"""Views.

https://www.postgresql.org/docs/current/sql-createview.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, field
from types import MappingProxyType
from typing import Literal

from alembic_ext.entity import entity, options
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import RELATION, alter, altered_relation, with_options
from alembic_ext.kinds._query import DeclaredQuery
from alembic_ext.model import Address
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.edit import or_replace
from alembic_ext.sqltext.parsetree import Node, relation

_ALTERS = frozenset({"AT_ColumnDefault", "AT_SetRelOptions", "AT_ResetRelOptions"})

_PLAIN = "nullif(array_remove(array_remove(c.reloptions, 'check_option=local'), 'check_option=cascaded'), '{}')"
_DEFAULT = "pg_get_expr(d.adbin, d.adrelid)"


class ViewKind(Kind):
    """CREATE OR REPLACE VIEW keeps the view's grants, comment and owner; it may only append columns."""

    name, catalog, rank, managed = "view", "pg_class", 60, True
    sign = "relkind = 'v'"
    object_type = "OBJECT_VIEW"
    owner = "relowner"
    locks = True
    nodes = MappingProxyType({"ViewStmt": ""})
    select = f"""
        SELECT c.oid, n.nspname, c.relname, '',
               format(E'CREATE VIEW %I.%I%s AS\\n%s%s', n.nspname, c.relname, {with_options(_PLAIN)},
                      rtrim(pg_get_viewdef(c.oid), ';'),
                      CASE WHEN 'check_option=local' = ANY (c.reloptions) THEN E'\\n  WITH LOCAL CHECK OPTION'
                           WHEN 'check_option=cascaded' = ANY (c.reloptions)
                           THEN E'\\n  WITH CASCADED CHECK OPTION' END),
               CASE WHEN c.oid IN (SELECT d.adrelid FROM pg_attrdef d) THEN ARRAY(
                 SELECT unnest(ARRAY[format('default of %I', a.attname),
                                     {alter("VIEW", "ALTER COLUMN %I SET DEFAULT %s", "a.attname", _DEFAULT)},
                                     {alter("VIEW", "ALTER COLUMN %I DROP DEFAULT", "a.attname")}])
                 FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
                 WHERE d.adrelid = c.oid ORDER BY a.attnum) ELSE '{{}}' END, ''
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'v' AND {RELATION}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, relation(tree["view"]))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        return altered_relation(self, node, tree, _ALTERS)

    def replace(self, create: str) -> str | None:
        return or_replace(create)


KIND = ViewKind()


@entity
class View(DeclaredQuery):
    """A view, with the terms of CREATE VIEW.

    >>> print(View("active_user", "SELECT id, email FROM account WHERE active", security_barrier=True).sql, end="")
    CREATE VIEW active_user
    WITH (security_barrier = true) AS
    SELECT id, email FROM account WHERE active;

    Args:
        name: its name, without its schema.
        query: a ``select()``, written out for PostgreSQL with all its values, or SQL text.
        columns: names of the columns, or with their types, ``Column("id", Integer)``, to have a `table` without a
            connection.
        security_barrier: whether conditions of its users come after its own.
        security_invoker: whether its tables are read with the rights of who uses it; PostgreSQL 15 and later.
        check_option: ``"local"`` or ``"cascaded"``: rows written through it must be visible in it.
        recursive: whether the query may name the view itself; ``columns`` are needed then.
        defaults: SQL expressions for columns that an INSERT leaves out: ``{"state": "'new'"}``.
        schema: None is the default schema.
        comment: text of COMMENT ON VIEW.
        owner: a role.
        grants: grantee to privileges: ``{"reader": "select", "writer": ["select", "insert"]}``; None takes all.

    https://www.postgresql.org/docs/current/sql-createview.html
    """

    KIND = KIND

    _: KW_ONLY
    security_barrier: bool | None = None
    security_invoker: bool | None = None
    check_option: Literal["local", "cascaded"] | None = None
    recursive: bool = False
    defaults: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_word("check_option", self.check_option, "local", "cascaded")
        if self.recursive and self.columns is None:
            raise self._invalid("a recursive view has to name its columns", "give columns=[…]")

    def _statements(self) -> tuple[str, ...]:
        given = {"security_barrier": self.security_barrier, "security_invoker": self.security_invoker}
        used = {name: value for name, value in given.items() if value is not None}
        head = f"CREATE {'RECURSIVE ' * self.recursive}VIEW {self._identity()}{self._column_list()}"
        lines = [
            head + (f"\nWITH {options(used)}" if used else "") + " AS",
            self._query(),
            *([f"WITH {self.check_option.upper()} CHECK OPTION"] if self.check_option else []),
        ]
        defaults = (
            f"ALTER VIEW {self._identity()} ALTER COLUMN {ident(column)} SET DEFAULT {expression}"
            for column, expression in self.defaults.items()
        )
        return ("\n".join(lines), *defaults, *self._attached())
