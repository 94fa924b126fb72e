"""Row security policies; whether a table applies them is set on the table.

https://www.postgresql.org/docs/current/sql-createpolicy.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, field
from types import MappingProxyType
from typing import Any, Literal

from alembic_ext.declare.table_part import TablePart
from alembic_ext.entity import comment_on, entity, role
from alembic_ext.kinds._common import RELATION, OnRelation
from alembic_ext.model import Address, Key, Snapshot, Stored
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.edit import Word, words_of
from alembic_ext.sqltext.parsetree import Node, relation


class PolicyKind(OnRelation):
    """It names roles, which are the cluster's. Its command, and whether it restricts, cannot be altered."""

    name, catalog, rank, managed = "policy", "pg_policy", 75, True
    locks = True
    sign = "true"
    object_type = "OBJECT_POLICY"
    nodes = MappingProxyType({"CreatePolicyStmt": ""})
    select = f"""
        SELECT p.oid, n.nspname, p.polname, c.relname,
               format('CREATE POLICY %I ON %I.%I%s TO %s%s%s', p.polname, n.nspname, c.relname, x.fixed, x.roles,
                      E'\\n  ' || x.qual, E'\\n  ' || x.checked), '{{}}'::text[], '',
               x.fixed, x.roles, x.qual, x.checked
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             CROSS JOIN LATERAL (SELECT
               CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END
               || CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE'
                                WHEN 'd' THEN ' FOR DELETE' ELSE '' END,
               (SELECT string_agg(coalesce(quote_ident(r.rolname), 'PUBLIC'), ', ' ORDER BY r.rolname COLLATE "C")
                FROM unnest(p.polroles) u (oid) LEFT JOIN pg_roles r ON r.oid = u.oid),
               'USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
               'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'
             ) x (fixed, roles, qual, checked)
        WHERE {RELATION}"""

    def remark(self, stored: Stored, snapshots: Iterable[Snapshot]) -> str:
        table = Key("table", stored.key.schema, stored.key.detail)
        if any(table in one and one[table].aspect("row security") for one in snapshots):
            return ""
        return (
            f"row security is off: this has no effect before ALTER TABLE {ident(table.name)} ENABLE ROW LEVEL SECURITY"
        )

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (*relation(tree["table"]), tree["policy_name"]))

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        return self.alter_as(old, new, new.create)

    def alter_as(self, old: Stored, new: Stored, text: str) -> Sequence[str] | None:
        (fixed, *before), (as_before, *after) = old.facts, new.facts
        if fixed != as_before or any(has and not shall for has, shall in zip(before, after, strict=True)):
            return None
        head, *clauses = _clauses(text)
        said = {words[0].text.lower(): text[words[0].start : words[-1].end] for words in clauses}
        changed = [name for name, has, shall in zip(_CLAUSES, before, after, strict=True) if has != shall]
        parts = [said.get(name, f"{name.upper()} PUBLIC") for name in changed]
        return [" ".join([f"ALTER{text[head[0].end : head[-1].end]}", *parts])]


_CLAUSES = ("to", "using", "with")


def _clauses(text: str) -> list[list[Word]]:
    """The tokens of a CREATE POLICY up to its table, and those of each clause; their first words are reserved."""
    clauses: list[list[Word]] = [[]]
    for word in words_of(text):
        if word.is_("as", "for", *_CLAUSES):
            clauses.append([])
        clauses[-1].append(word)
    return clauses


KIND = PolicyKind()


@entity
class Policy(TablePart):
    """A row security policy, with the terms of CREATE POLICY; in ``__table_args__`` or given to `register`.

    >>> print(Policy("own_rows", on="shop.order", for_="select", to="reader", using="owner = CURRENT_USER").sql, end="")
    CREATE POLICY own_rows ON shop."order"
    FOR SELECT
    TO reader
    USING (owner = CURRENT_USER);

    A table applies its policies once row security is enabled on it, which is declared as text:
    ``register(metadata, "ALTER TABLE shop.order ENABLE ROW LEVEL SECURITY")``.

    Args:
        name: its name.
        on: a mapped class, a Table, or a name as SQLAlchemy has it: ``"order"``, ``"shop.order"``. Not needed in
            ``__table_args__``.
        as_: ``"permissive"``, of which one has to admit a row, or ``"restrictive"``, all of which have to.
        for_: ``"all"``, ``"select"``, ``"insert"``, ``"update"`` or ``"delete"``.
        to: roles, or one; everybody where none is given.
        using: a condition as SQL for rows that are there.
        with_check: a condition as SQL for rows that are written.
        comment: text of COMMENT ON POLICY.

    https://www.postgresql.org/docs/current/sql-createpolicy.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    on: Any = field(default=None, hash=False)
    as_: Literal["permissive", "restrictive"] = "permissive"
    for_: Literal["all", "select", "insert", "update", "delete"] = "all"
    to: str | Sequence[str] = ()
    using: str | None = None
    with_check: str | None = None
    comment: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_word("as_", self.as_, "permissive", "restrictive")
        self._check_word("for_", self.for_, "all", "select", "insert", "update", "delete")
        object.__setattr__(self, "to", (self.to,) if isinstance(self.to, str) else tuple(self.to))

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": tree["policy_name"], "on": ".".join(relation(tree["table"]))}

    def _statements(self) -> tuple[str, ...]:
        on, name = self._relation(self.on), ident(self.name)
        lines = [
            f"CREATE POLICY {name} ON {on}",
            "AS RESTRICTIVE" if self.as_ == "restrictive" else "",
            f"FOR {self.for_.upper()}" if self.for_ != "all" else "",
            f"TO {', '.join(map(role, self.to))}" if self.to else "",
            f"USING ({self.using})" if self.using else "",
            f"WITH CHECK ({self.with_check})" if self.with_check else "",
        ]
        return ("\n".join(filter(None, lines)), *comment_on("POLICY", f"{name} ON {on}", self.comment))
