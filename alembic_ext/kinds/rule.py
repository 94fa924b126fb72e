"""Rewrite rules, except the ones that make a view.

https://www.postgresql.org/docs/current/sql-createrule.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, field
from types import MappingProxyType
from typing import Any, Literal

from alembic_ext.declare.table_part import TablePart
from alembic_ext.entity import SWITCHES, Enabled, comment_on, entity
from alembic_ext.kinds._common import RELATION, OnRelation, fired
from alembic_ext.model import Address
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.edit import or_replace
from alembic_ext.sqltext.parsetree import Node, relation


class RuleKind(OnRelation):
    """A rule is replaced in place, which leaves its enabled state."""

    name, catalog, rank, managed = "rule", "pg_rewrite", 85, True
    locks = True
    sign = "rulename <> '_RETURN'"
    object_type = "OBJECT_RULE"
    nodes = MappingProxyType({"RuleStmt": ""})
    switches = frozenset({"AT_EnableRule", "AT_EnableAlwaysRule", "AT_EnableReplicaRule", "AT_DisableRule"})
    select = f"""
        SELECT r.oid, n.nspname, r.rulename, c.relname, rtrim(pg_get_ruledef(r.oid), ';'),
               {fired("r.ev_enabled", "format('ALTER TABLE %I.%I VERB RULE %I', n.nspname, c.relname, r.rulename)")}, ''
        FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE r.rulename <> '_RETURN' AND {RELATION}"""

    def objection(self, tree: Node) -> tuple[str, str] | None:
        return ("a rule ON SELECT makes a view", "declare the view") if tree.get("event") == "CMD_SELECT" else None

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (*relation(tree["relation"]), tree["rulename"]))

    def replace(self, create: str) -> str | None:
        return or_replace(create)


KIND = RuleKind()


@entity
class Rule(TablePart):
    """A rewrite rule, with the terms of CREATE RULE; in ``__table_args__`` or given to `register`.

    >>> print(Rule("keep", on="shop.order", event="delete", where="OLD.paid", instead=True, do="NOTHING").sql, end="")
    CREATE RULE keep AS ON DELETE TO shop."order"
    WHERE OLD.paid
    DO INSTEAD NOTHING;

    Args:
        name: its name.
        on: a mapped class, a Table, a view of ours, or a name as SQLAlchemy has it: ``"order"``, ``"shop.order"``.
            Not needed in ``__table_args__``.
        event: ``"insert"``, ``"update"`` or ``"delete"``; what is done instead of ``SELECT`` is a `View`.
        do: a command as SQL, several of them, or ``"NOTHING"``.
        where: a condition as SQL, over ``OLD`` and ``NEW``.
        instead: whether it is done instead of the command, not beside it.
        enabled: True, False, ``"replica"`` or ``"always"``: in which sessions it acts.
        comment: text of COMMENT ON RULE.

    https://www.postgresql.org/docs/current/sql-createrule.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    on: Any = field(default=None, hash=False)
    event: Literal["insert", "update", "delete"]
    do: str | Sequence[str]
    where: str | None = None
    instead: bool = False
    enabled: Enabled = True
    comment: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_word("event", self.event, "insert", "update", "delete")
        self._check_word("enabled", self.enabled, *SWITCHES)
        if not isinstance(self.do, str):
            object.__setattr__(self, "do", tuple(self.do))
        if not self.do:
            raise self._invalid("it does nothing", 'say do="NOTHING"')

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": tree["rulename"], "on": ".".join(relation(tree["relation"]))}

    def _statements(self) -> tuple[str, ...]:
        on, name = self._relation(self.on), ident(self.name)
        done = self.do if isinstance(self.do, str) else f"({'; '.join(self.do)})"
        lines = [
            f"CREATE RULE {name} AS ON {self.event.upper()} TO {on}",
            *([f"WHERE {self.where}"] if self.where else []),
            f"DO {'INSTEAD ' * self.instead}{done}",
        ]
        switch = SWITCHES[self.enabled]
        return (
            "\n".join(lines),
            *([f"ALTER TABLE {on} {switch} RULE {name}"] if switch else []),
            *comment_on("RULE", f"{name} ON {on}", self.comment),
        )
