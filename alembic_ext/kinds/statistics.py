"""Extended statistics.

https://www.postgresql.org/docs/current/sql-createstatistics.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, field
from types import MappingProxyType
from typing import Any, Literal

from alembic_ext.entity import Entity, comment_on, entity, owned_by, relation_name
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import NAMED_BY_USER, own, state
from alembic_ext.model import Address, Key
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import Node, strings

_ALTER = "format('ALTER STATISTICS %I.%I SET STATISTICS %s', n.nspname, s.stxname, {})"
_TARGET = state("s.stxstattarget >= 0", "'statistics target'", _ALTER.format("s.stxstattarget"), _ALTER.format(-1))


class StatisticsKind(Kind):
    """What is gathered is data; the target is state. Without a declaration they go with a column or the table."""

    name, catalog, rank, managed = "statistics", "pg_statistic_ext", 66, True
    sign = "true"
    object_type = "OBJECT_STATISTIC_EXT"
    owner = "stxowner"
    nodes = MappingProxyType({"CreateStatsStmt": ""})
    of_table = True
    select = f"""
        SELECT s.oid, n.nspname, s.stxname, '', pg_get_statisticsobjdef(s.oid), {_TARGET}, ''
        FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
        WHERE {NAMED_BY_USER} AND {own("pg_statistic_ext", "s.oid")}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, strings(tree.get("defnames", ())))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        if node == "AlterStatsStmt":
            return Address(self.name, strings(tree["defnames"]))
        return super().altered_by(node, tree)

    def address(self, key: Key) -> Address:
        return Address("statistics object", (key.schema, key.name))


KIND = StatisticsKind()


@entity
class Statistics(Entity):
    """Extended statistics, with the terms of CREATE STATISTICS.

    >>> print(Statistics("zip_city", on=["zip", "(lower(city))"], from_="shop.order", kinds=["mcv"]).sql, end="")
    CREATE STATISTICS zip_city (mcv)
    ON zip, (lower(city)) FROM shop."order";

    Args:
        name: its name, without its schema.
        on: the columns, as names or as attributes of a mapped class, and expressions, which stand in brackets.
        from_: a mapped class, a Table, a materialized view of ours, or a name as SQLAlchemy has it.
        kinds: any of ``"ndistinct"``, ``"dependencies"`` and ``"mcv"``; all where none is given.
        target: how much is gathered: ALTER STATISTICS … SET STATISTICS.
        schema: None is the default schema, whatever that of the table is.
        comment: text of COMMENT ON STATISTICS.
        owner: a role.

    https://www.postgresql.org/docs/current/sql-createstatistics.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    on: str | Sequence[Any] = field(hash=False)
    from_: Any = field(hash=False)
    kinds: str | Sequence[Literal["ndistinct", "dependencies", "mcv"]] = ()
    target: int | None = None
    schema: str | None = None
    comment: str | None = None
    owner: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("on", "kinds"):
            given = getattr(self, name)
            object.__setattr__(self, name, (given,) if isinstance(given, str) else tuple(given))
        for kind in self.kinds:
            self._check_word("kinds", kind, "ndistinct", "dependencies", "mcv")

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.schema or "", self.name)
        kinds = f" ({', '.join(self.kinds)})" if self.kinds else ""
        on = ", ".join(
            one if isinstance(one, str) and one.startswith("(") else ident(getattr(one, "name", one)) for one in self.on
        )
        return (
            f"CREATE STATISTICS {name}{kinds}\nON {on} FROM {relation_name(self, self.from_)}",
            *([f"ALTER STATISTICS {name} SET STATISTICS {self.target}"] if self.target is not None else []),
            *comment_on("STATISTICS", name, self.comment),
            *owned_by("STATISTICS", name, self.owner),
        )
