"""The relations and routines of a database at one moment, as `questions` ask for them: frozen values.

Relation    a table, index, view or sequence, with its Columns, Constraints, Policies and Works; an Index, Numbers of a
            sequence
Routine     a function or procedure
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Oid = int


class Column(NamedTuple):
    """A column; ``type`` as it is printed, ``generated`` is "s" (stored) or "v" (virtual), ``identity`` "a" or "d",
    ``base`` the type below, where its own is a domain; ``choice`` where it has few values, as boolean and enums have;
    ``collate`` its collation as SQL, where that is not the usual one; ``condition`` what the domain asks of a VALUE,
    ``domain_default`` what it brings along.
    """

    number: int
    name: str
    type: str
    notnull: bool
    default: str | None
    identity: str
    generated: str
    collation: Oid
    type_oid: Oid
    base: str
    choice: bool = False
    collate: str = ""
    condition: str = ""
    domain_default: str = ""

    @property
    def required(self) -> bool:
        """Whether an INSERT has to give a value for it."""
        return self.notnull and self.default is None and not self.identity and not self.generated

    @classmethod
    def of(cls, given: Sequence[Any]) -> Column:
        """One of the probe's JSON."""
        *plain, domain, choice, collate = given
        base, condition, default = domain or ("", "", "")
        return cls._make([*plain, base, choice, collate, condition, default])


class Constraint(NamedTuple):
    """A constraint; ``type`` is pg_constraint.contype: c, f, n, p, u, t, x; ``backing`` its index."""

    oid: Oid
    name: str
    type: str
    validated: bool
    columns: tuple[int, ...]
    references: Oid
    referenced: tuple[int, ...]
    backing: Oid


class Index(NamedTuple):
    """What a relation is besides, where it is an index; ``columns`` has 0 for an expression. The first ``keys`` of
    them are what it is ordered by, ``order`` tells how; the rest is only stored.
    """

    table: Oid
    unique: bool
    primary: bool
    valid: bool
    columns: tuple[int, ...]
    method: str
    partial: bool
    keys: int
    order: str


class Work(NamedTuple):
    """A trigger or a rule, which ``sort`` tells; ``enabled`` is O, A, R or D, ``function`` of a trigger, ``early`` if
    it sees each new row before that is inserted.
    """

    name: str
    sort: str
    enabled: str
    function: Oid
    early: bool

    @property
    def works(self) -> bool:
        """Whether it does in the sessions of an application."""
        return self.enabled in "OA"


class Policy(NamedTuple):
    """A policy for rows; ``command`` is pg_policy.polcmd: r, a, w, d, or * for all. ``roles`` are those for which it
    is, with their members.
    """

    command: str
    permissive: bool
    roles: frozenset[str]


class Numbers(NamedTuple):
    """What a relation is besides, where it is a sequence."""

    type: str
    increment: int
    min: int
    max: int
    cycle: bool
    start: int


class Relation(NamedTuple):
    """A relation; ``kind`` is pg_class.relkind, ``file`` its relfilenode, which a rewrite changes, ``bound`` of a
    partition ``FOR VALUES …`` or ``DEFAULT``, ``works`` its triggers and rules, ``forced`` whether row security holds
    for its owner too, ``passing`` whom it does not concern at all, ``replica`` is pg_class.relreplident, ``rights``
    relacl, ``owner`` a role.
    """

    oid: Oid
    schema: str
    name: str
    kind: str
    persistence: str
    file: int
    partition: bool
    security: bool
    parents: tuple[Oid, ...]
    columns: Mapping[str, Column]
    constraints: Mapping[str, Constraint]
    as_index: Index | None
    policies: tuple[Policy, ...] = ()
    bound: str = ""
    works: tuple[Work, ...] = ()
    options: tuple[str, ...] = ()
    forced: bool = False
    numbers: Numbers | None = None
    replica: str = "d"
    rights: tuple[str, ...] = ()
    owner: str = ""
    passing: frozenset[str] = frozenset()

    @property
    def is_table(self) -> bool:
        """Whether it is a table, partitioned or not."""
        return self.kind in "rp"

    def names(self, numbers: Sequence[int]) -> list[str]:
        """The names of columns by their numbers; those of expressions are left out."""
        by_number = {column.number: column.name for column in self.columns.values()}
        return [by_number[number] for number in numbers if number in by_number]

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Relation:
        """One of the probe's JSON."""
        columns = [Column.of(one) for one in given["columns"] or ()]
        constraints = [
            Constraint(oid, name, type_, valid, tuple(keys or ()), references, tuple(referenced or ()), backing)
            for oid, name, type_, valid, keys, references, referenced, backing in given["constraints"] or ()
        ]
        index = None
        if given["index"]:
            table, unique, primary, valid, numbers, method, partial, keys, order = given["index"]
            index = Index(table, unique, primary, valid, tuple(numbers or ()), method, partial, keys, order)
        policies = [
            Policy(command, permissive, frozenset(roles)) for command, permissive, roles in given["policies"] or ()
        ]
        return cls(
            given["oid"], given["schema"], given["name"], given["kind"], given["persistence"], given["file"],
            given["partition"], given["security"], tuple(given["parents"] or ()),
            {one.name: one for one in columns}, {one.name: one for one in constraints},
            index, tuple(policies), given["bound"] or "", tuple(Work(*one) for one in given["works"] or ()),
            tuple(given["options"] or ()), given["forced"], Numbers(*given["sequence"]) if given["sequence"] else None,
            given["replica"], tuple(given["rights"] or ()), given["owner"], frozenset(given["passing"] or ()),
        )  # fmt: skip


class Routine(NamedTuple):
    """A function or procedure; ``kind`` is f or p, ``types`` those of what it is called with, of which the last
    ``defaults`` can be left out, ``names`` their names ("" where there is none), ``result`` as it is printed, ``body``
    a sum of it, ``kept`` what keeps its results: indexes, CHECKs and generated columns, by their oids, in words.
    """

    oid: Oid
    schema: str
    name: str
    kind: str
    volatility: str
    defaults: int
    types: tuple[str, ...]
    names: tuple[str, ...]
    result: str
    body: str
    kept: tuple[tuple[Oid, str], ...] = ()

    @property
    def least(self) -> int:
        """How many arguments a call has to have."""
        return len(self.types) - self.defaults

    def __str__(self) -> str:
        return f"{'procedure' if self.kind == 'p' else 'function'} {self.schema}.{self.name}({', '.join(self.types)})"

    @classmethod
    def of(cls, given: Sequence[Any], kept: Sequence[tuple[Oid, str]] = ()) -> Routine:
        """One of the probe's JSON."""
        oid, schema, name, kind, volatility, defaults, types, names, modes, result, body = given
        modes = modes or ["i"] * len(types)
        taken = [one for one, mode in zip(names or [""] * len(modes), modes, strict=True) if mode in "ibv"]
        return cls(
            oid,
            schema,
            name,
            kind,
            volatility,
            defaults,
            tuple(types),
            tuple(taken),
            result or "",
            body,
            tuple((one, words) for one, words in kept),
        )
