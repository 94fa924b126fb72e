"""Triggers, those that a user made: not the ones behind foreign keys, nor the clones on partitions.

https://www.postgresql.org/docs/current/sql-createtrigger.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from alembic_ext.declare.table_part import TablePart
from alembic_ext.entity import SWITCHES, Enabled, comment_on, entity
from alembic_ext.kinds._common import RELATION, OnRelation, fired, follows_extensions
from alembic_ext.model import Address
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.edit import or_replace
from alembic_ext.sqltext.parsetree import Node, relation

if TYPE_CHECKING:
    from alembic_ext.kinds.function import Function

_ALTER = "format('ALTER TRIGGER %I ON %I.%I', t.tgname, n.nspname, c.relname)"


def _switch(code: str) -> str:
    verb = f"""CASE {code} WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS'
                           ELSE 'ENABLE' END"""
    return f"format('ALTER TABLE ONLY %s %s TRIGGER %I', l.tgrelid::regclass, {verb}, l.tgname)"


_ON_PARTITIONS = f"""CASE WHEN c.relkind = 'p' THEN ARRAY(
                 WITH RECURSIVE p (relid, level) AS (
                   SELECT c.oid, 0
                   UNION ALL SELECT h.inhrelid, p.level + 1 FROM p JOIN pg_inherits h ON h.inhparent = p.relid)
                 SELECT unnest(ARRAY['enabled on ' || l.tgrelid::regclass, {_switch("l.tgenabled")},
                                     {_switch("t.tgenabled")}])
                 FROM p JOIN pg_trigger l ON l.tgrelid = p.relid AND l.tgname = t.tgname
                 WHERE l.tgparentid <> 0 AND l.tgenabled <> t.tgenabled
                 ORDER BY p.level, l.tgrelid::regclass::text) ELSE '{{}}' END"""
"""The enabled state of the clones on partitions, where it is another. (pg_partition_tree() would lock them all.)"""


class TriggerKind(OnRelation):
    """A trigger lives in the schema of its relation and is named by it; a constraint trigger cannot be replaced."""

    name, catalog, rank, managed = "trigger", "pg_trigger", 80, True
    sign = "NOT tgisinternal"
    object_type = "OBJECT_TRIGGER"
    nodes = MappingProxyType({"CreateTrigStmt": ""})
    switches = frozenset({"AT_EnableTrig", "AT_EnableAlwaysTrig", "AT_EnableReplicaTrig", "AT_DisableTrig"})
    select = f"""
        SELECT t.oid, n.nspname, t.tgname, c.relname, pg_get_triggerdef(t.oid),
               {fired("t.tgenabled", "format('ALTER TABLE %I.%I VERB TRIGGER %I', n.nspname, c.relname, t.tgname)")}
               || {_ON_PARTITIONS}
               || {follows_extensions("pg_trigger", "t.oid", _ALTER)}, ''
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND {RELATION}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (*relation(tree["relation"]), tree["trigname"]))

    def replace(self, create: str) -> str | None:
        return None if create.startswith("CREATE CONSTRAINT") else or_replace(create)


KIND = TriggerKind()


@entity
class Trigger(TablePart):
    """A trigger, with the terms of CREATE TRIGGER; in ``__table_args__`` or given to `register`.

    >>> print(Trigger("order_touch", on="shop.order", timing="before", events=["insert", "update of state"],
    ...               execute="touch()").sql, end="")
    CREATE TRIGGER order_touch
    BEFORE INSERT OR UPDATE OF state ON shop."order"
    FOR EACH ROW
    EXECUTE FUNCTION touch();

    Args:
        name: its name.
        on: a mapped class, a Table, a view of ours, or a name as SQLAlchemy has it: ``"order"``, ``"shop.order"``.
            Not needed in ``__table_args__``.
        timing: ``"before"``, ``"after"`` or ``"instead of"``.
        events: any of ``"insert"``, ``"update"``, ``"update of a, b"``, ``"delete"``, ``"truncate"``.
        columns: the columns of an ``"update"`` event, as names or as attributes of a mapped class.
        execute: the call of a function as SQL, ``"touch()"``, ``"notify('orders')"``, or a `Function`.
        for_each: ``"row"`` or ``"statement"``.
        when: a condition as SQL: ``"OLD.state IS DISTINCT FROM NEW.state"``.
        referencing: names of the transition tables: ``{"old": "before", "new": "after"}``.
        constraint: whether it is a constraint trigger.
        deferrable: whether a constraint trigger may be put off to the end of the transaction.
        initially_deferred: whether it is put off without being asked to.
        from_: the other table of a constraint trigger.
        enabled: True, False, ``"replica"`` or ``"always"``: in which sessions it fires.
        comment: text of COMMENT ON TRIGGER.

    https://www.postgresql.org/docs/current/sql-createtrigger.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    on: Any = field(default=None, hash=False)
    timing: Literal["before", "after", "instead of"]
    events: str | Sequence[str]
    execute: str | Function
    columns: Sequence[Any] = field(default=(), hash=False)
    for_each: Literal["row", "statement"] = "row"
    when: str | None = None
    referencing: Mapping[Literal["old", "new"], str] = field(default_factory=dict, hash=False)
    constraint: bool = False
    deferrable: bool | None = None
    initially_deferred: bool = False
    from_: Any = field(default=None, hash=False)
    enabled: Enabled = True
    comment: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_word("timing", self.timing, "before", "after", "instead of")
        self._check_word("for_each", self.for_each, "row", "statement")
        self._check_word("enabled", self.enabled, *SWITCHES)
        if isinstance(self.events, str):
            object.__setattr__(self, "events", (self.events,))
        if not self.events:
            raise self._invalid("it has no events", "give any of 'insert', 'update', 'delete', 'truncate'")
        for event in self.events:
            if event.lower().split()[:1] not in (["insert"], ["update"], ["delete"], ["truncate"]):
                raise self._invalid(
                    f"the event {event!r} is unknown",
                    "give any of 'insert', 'update', 'update of a, b', 'delete', 'truncate'",
                )
        self._check_call("execute", self.execute)

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": tree["trigname"], "on": ".".join(relation(tree["relation"]))}

    def _statements(self) -> tuple[str, ...]:
        on, name = self._relation(self.on), ident(self.name)
        create = "\n".join(
            filter(
                None,
                [
                    f"CREATE {'CONSTRAINT ' * self.constraint}TRIGGER {name}",
                    f"{self.timing.upper()} {' OR '.join(self._event(event) for event in self.events)} ON {on}",
                    f"FROM {self._relation(self.from_)}" if self.from_ is not None else "",
                    self._deferred(),
                    self._transition(),
                    f"FOR EACH {self.for_each.upper()}",
                    f"WHEN ({self.when})" if self.when else "",
                    f"EXECUTE FUNCTION {self.execute if isinstance(self.execute, str) else self.execute.call}",
                ],
            )
        )
        switch = SWITCHES[self.enabled]
        return (
            create,
            *([f"ALTER TABLE {on} {switch} TRIGGER {name}"] if switch else []),
            *comment_on("TRIGGER", f"{name} ON {on}", self.comment),
        )

    def _event(self, event: str) -> str:
        word, _, columns = event.strip().partition(" ")
        if columns:
            return f"{word.upper()} OF {columns.strip()[2:].strip()}"
        if word.lower() == "update" and self.columns:
            return "UPDATE OF " + ", ".join(ident(getattr(column, "name", column)) for column in self.columns)
        return word.upper()

    def _transition(self) -> str:
        names = [f"{which.upper()} TABLE AS {ident(name)}" for which, name in self.referencing.items()]
        return f"REFERENCING {' '.join(names)}" if names else ""

    def _deferred(self) -> str:
        words = {True: "DEFERRABLE", False: "NOT DEFERRABLE", None: ""}[self.deferrable]
        return f"{words or 'DEFERRABLE'} INITIALLY DEFERRED" if self.initially_deferred else words
