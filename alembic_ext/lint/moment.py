"""A statement with everything that a rule may want to know of it.

Moment     one statement: what it did, what was there before, what was held when it began
Change     a column that a statement added, changed or dropped
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from alembic_ext.lint.bodies import body_of, statements
from alembic_ext.lint.modes import MODES, STOPS_READS, STOPS_WRITES, strongest
from alembic_ext.lint.outside import outside
from alembic_ext.lint.relation import Column, Constraint, Oid, Relation
from alembic_ext.lint.trace import Did, Traced
from alembic_ext.sqltext.parsetree import Node

if TYPE_CHECKING:
    from alembic_ext.lint.course import Course

Relations = Mapping[Oid, Relation]


class Change(NamedTuple):
    """What became of a column of a table that is older than the revision; ``old`` is None where it was added, ``new``
    where it was dropped.
    """

    table: Relation
    old: Column | None
    new: Column | None


@dataclass(frozen=True)
class Moment:
    """One statement of a revision.

    Args:
        number: which statement of the revision it is, from 0.
        did: what it did.
        node: the name of its node in PostgreSQL's parse tree, "" where it cannot be parsed.
        tree: what is in that node.
        old: the relations that were there before the revision, as they were then.
        before: the relations as they were before the statement.
        after: the relations as they were after it.
        held: the modes that its transaction held on relations when it began.
        course: the whole revision.
    """

    number: int
    did: Traced
    node: str
    tree: Node = field(repr=False)
    old: Relations = field(repr=False)
    before: Relations = field(repr=False)
    after: Relations = field(repr=False)
    held: Mapping[Oid, frozenset[str]] = field(repr=False)
    course: Course = field(repr=False)

    @cached_property
    def taken(self) -> Mapping[Oid, str]:
        """The strongest mode that the statement took on each relation that is older than the revision, if the
        transaction did not hold one as strong.
        """
        found = {}
        for oid, modes in self.did.locks.items():
            new = modes - self.held.get(oid, frozenset())
            mode, earlier = strongest(new), strongest(self.held.get(oid, frozenset()))
            if oid in self.old and new and (not earlier or MODES.index(mode) > MODES.index(earlier)):
                found[oid] = mode
        return found

    @cached_property
    def blocking(self) -> Mapping[Oid, str]:
        """Of `taken` the tables, views and sequences on which writes have to wait."""
        return {
            oid: mode for oid, mode in self.taken.items() if mode in STOPS_WRITES and self.old[oid].kind not in "iI"
        }

    @cached_property
    def holding(self) -> Mapping[Oid, str]:
        """The same, of locks that were taken earlier in the transaction and are still held."""
        found = {oid: strongest(modes) for oid, modes in self.held.items() if oid in self.old}
        return {oid: mode for oid, mode in found.items() if mode in STOPS_WRITES and self.old[oid].kind not in "iI"}

    @cached_property
    def rewritten(self) -> frozenset[Oid]:
        """Tables and materialized views, older than the revision, whose rows were all written anew."""
        files = {
            oid for oid, now in self.changed
            if now.kind in "rm" and (then := self.before.get(oid)) is not None and then.file != now.file
        }  # fmt: skip
        return frozenset(oid for oid in {*self.did.rewritten, *files} if oid in self.old)

    @cached_property
    def scanned(self) -> frozenset[Oid]:
        """Tables, older than the revision, all of whose rows were read; not to see that a new column has values, which
        ends at the first row.
        """
        lacking = {
            one.table.oid for one in self.columns
            if one.old is None and one.new is not None and one.new.required and not one.new.base
        }  # fmt: skip
        ended = {part for oid in lacking for part in self.family(oid)}
        return frozenset(
            oid for oid, did in self.did.did.items()
            if did.scans and oid in self.old and self.old[oid].kind in "rpm" and oid not in ended
        )  # fmt: skip

    @cached_property
    def built(self) -> frozenset[Oid]:
        """Indexes that were built, on tables that are older than the revision."""
        known = {relation.file for relation in self.before.values() if relation.kind == "i"}
        return frozenset(
            oid for oid, now in self.changed
            if now.as_index and now.kind == "i" and now.as_index.table in self.old and now.file not in known
        )  # fmt: skip

    @cached_property
    def gone(self) -> Sequence[Relation]:
        """The relations, older than the revision, that it dropped, as they were before it."""
        return [
            self.before[oid] for oid, now in self.did.relations.items()
            if now is None and oid in self.old and oid in self.before
        ]  # fmt: skip

    @cached_property
    def changed(self) -> Sequence[tuple[Oid, Relation]]:
        """The relations that were locked or changed, as they are after it."""
        return [(oid, now) for oid, now in self.did.relations.items() if now is not None]

    @cached_property
    def columns(self) -> Sequence[Change]:
        """The columns that it added, changed or dropped; what partitions and children do with their parent is not
        repeated.
        """
        found: dict[Oid, list[Change]] = {}
        for oid, now in self.changed:
            then = self.before.get(oid)
            if oid in self.old and then is not None and then.kind in "rpf" and then.columns != now.columns:
                old = {column.number: column for column in then.columns.values()}
                new = {column.number: column for column in now.columns.values()}
                found[oid] = [
                    Change(now, old.get(number), new.get(number)) for number in sorted({*old, *new})
                    if old.get(number) != new.get(number)
                ]  # fmt: skip
        named = {(oid, one.old and one.old.name, one.new and one.new.name) for oid in found for one in found[oid]}
        return [
            one for some in found.values() for one in some
            if not any((parent, one.old and one.old.name, one.new and one.new.name) in named
                       for parent in one.table.parents)
        ]  # fmt: skip

    def family(self, oid: Oid) -> frozenset[Oid]:
        """A table with its partitions and children, however deep."""
        found = {oid}
        while more := {one.oid for one in self.after.values() if found.intersection(one.parents)} - found:
            found |= more
        return frozenset(found)

    def is_old_column(self, oid: Oid, column: Column) -> bool:
        """Whether a column of a table was there before the revision."""
        return oid in self.old and any(one.number == column.number for one in self.old[oid].columns.values())

    @cached_property
    def added(self) -> Sequence[tuple[Relation, Constraint]]:
        """The constraints that are new, with their tables as they are after it; not what partitions have from above,
        nor what stands for one of the same columns and name, as ALTER COLUMN TYPE makes it anew.
        """
        found: list[tuple[Relation, Constraint]] = []
        for oid, now in self.changed:
            then = self.before.get(oid)
            for one in now.constraints.values():
                if then is None or one.name not in then.constraints:
                    found.append((now, one))
        tables = {table.oid for table, _ in found}
        seen = set[tuple[Any, ...]]()
        kept = []
        for table, one in sorted(found, key=lambda pair: (pair[0].oid, pair[1].oid)):
            key = (table.oid, one.type, one.columns, one.oid if one.type == "c" else 0)
            if not (one.type != "c" and key in seen) and not tables & set(table.parents):
                kept.append((table, one))
            seen.add(key)
        return kept

    @cached_property
    def declared(self) -> Sequence[tuple[Relation, Constraint]]:
        """Of `added` what an ALTER TABLE says: not what ATTACH or DETACH make."""
        says = any(kind in ("AT_AddConstraint", "AT_AddColumn") for kind, _ in self.commands)
        return self.added if says else ()

    def counted(self, oid: Oid) -> Did:
        """What the statement did to the rows of a table."""
        return self.did.did.get(oid, Did())

    @property
    def code(self) -> Sequence[str]:
        """The code that it runs: a DO block's, that of the functions and procedures that it calls."""
        return [*([body_of(self.tree)] if self.node == "DoStmt" else []), *self.did.code]

    @property
    def alone(self) -> bool:
        """Whether it cannot run in a transaction: its locks are known, not seen."""
        return outside(self.node, self.tree)

    @cached_property
    def commands(self) -> Sequence[tuple[str, Node]]:
        """The parts of an ALTER TABLE: the word of each (``AT_AddColumn``), and what is in it."""
        if self.node != "AlterTableStmt":
            return ()
        found = [one["AlterTableCmd"] for one in self.tree.get("cmds", ())]
        return [(one.get("subtype", "AT_AddColumn"), one) for one in found]

    @cached_property
    def inner(self) -> Sequence[Moment]:
        """The same moment for each statement that the code of a DO names: what it does is that of all of it."""
        found = statements(body_of(self.tree)) if self.node == "DoStmt" else ()
        return [replace(self, node=node, tree=tree) for node, tree in found]

    @cached_property
    def table(self) -> Relation | None:
        """The relation that the statement names first, as it was before; None where it names none, or a new one."""
        named = self.tree.get("relation")
        return self.named(named) if isinstance(named, Mapping) and "relname" in named else None

    def named(self, range_var: Node, *, new: bool = False) -> Relation | None:
        """The relation that is meant by a RangeVar; of those ``new`` after the statement if asked."""
        known = self.after if new else self.before
        name, schema = range_var["relname"], range_var.get("schemaname")
        found = [one for one in known.values() if one.name == name and schema in (None, one.schema)]
        locked = [one for one in found if one.oid in self.did.locks]
        return next(iter(locked or found), None)

    def is_old(self, relation: Relation | None) -> bool:
        """Whether it was there before the revision, and so has rows and users."""
        return relation is not None and relation.oid in self.old

    def lock_on(self, oid: Oid, expected: str = "AccessExclusive") -> str:
        """The mode that keeps others from a relation while the statement runs: taken by it, or held since before;
        ``expected`` where it was not seen.
        """
        return self.taken.get(oid) or strongest(self.did.locks.get(oid, frozenset())) or expected

    def stopped(self, oid: Oid) -> bool:
        """Whether others have to wait with what they do with a relation, once the statement is done: nobody writes to
        a materialized view but those who refresh it.
        """
        known = self.old.get(oid)
        return self.lock_now(oid) in (STOPS_READS if known and known.kind == "m" else STOPS_WRITES)

    def lock_now(self, oid: Oid) -> str:
        """The strongest mode that the transaction holds on a relation once the statement is done; '' where none."""
        return strongest(self.did.locks.get(oid, frozenset()))

    @property
    def earlier(self) -> Iterator[Moment]:
        """The statements before this one in its transaction, the last first."""
        return self.course.earlier(self)

    def since(self, oid: Oid) -> Moment | None:
        """The statement that took the strongest lock that was held on a relation when this one began."""
        mode = strongest(self.held.get(oid, frozenset()))
        found = None
        for one in self.earlier:
            if mode not in one.did.locks.get(oid, frozenset()):
                break
            found = one
        return found

    @property
    def line(self) -> int:
        """The line of the revision that led to it; 0 is unknown."""
        return self.did.places[-1].line if self.did.places else 0

    def whole(self, oid: Oid) -> Oid:
        """The partitioned table that a relation is a part of, where writes to all of it have to wait; else itself."""
        for parent in self.old[oid].parents if oid in self.old else ():
            if parent in self.old and self.lock_now(parent) in STOPS_WRITES:
                return self.whole(parent)
        return oid

    def parts(self, oid: Oid) -> Iterator[Oid]:
        """The partitions of a relation, and of those; the tables that inherit from it."""
        for one in self.after.values():
            if oid in one.parents:
                yield one.oid
                yield from self.parts(one.oid)

    def indexes_of(self, table: Oid, *, before: bool = True) -> list[Relation]:
        """The indexes of a table."""
        known = self.before if before else self.after
        return [one for one in known.values() if one.as_index and one.as_index.table == table]
