"""The SQL that would bring production back to what the history gives. It is shown, and never run.

What is no table is planned as autogenerate plans it, with what has to make way and come back; tables and their parts
are changed in between, where Alembic's table operations stand otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from alembic_ext.diff import diff
from alembic_ext.diff.plan import Plan, Step, Task
from alembic_ext.drift.compare import Difference
from alembic_ext.drift.tables import altered, lost
from alembic_ext.errors import CannotPlan
from alembic_ext.kinds import kinds, of_tables, ranks
from alembic_ext.model import Key, Snapshot, Stored
from alembic_ext.sqltext import ident

_OWNER = re.compile(r"\b(TO|FROM) CURRENT_USER(?= WITH GRANT OPTION$|$)")
_ROLE = re.compile(r"^(ALTER DEFAULT PRIVILEGES) (?!FOR ROLE )")


@dataclass(frozen=True)
class Repair:
    """The way from production (``have``) to what the history gives (``want``); ``owner`` owns production's objects."""

    have: Snapshot
    want: Snapshot
    differences: Sequence[Difference]
    owner: str = ""
    text: Callable[[str], str] = field(default=str)

    @cached_property
    def _all(self) -> tuple[Difference, ...]:
        return tuple(one for whole in self.differences for one in (whole, *whole.parts))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All of it, in order."""
        tables = [one for one in self._all if self._is_of_table(one)]
        others = [one for one in self._all if not self._is_of_table(one)]
        try:
            plan = diff(self._task(others, tables))
        except CannotPlan:
            plan = Plan(after=tuple(self._simply(others)))
        steps = (
            *plan.before, *plan.early, *self._tables(tables), *plan.after, *plan.last,
            *(step for key in plan.kept for step in self._kept(key)),
        )  # fmt: skip
        return tuple(step for step in steps if step.statements)

    def sql(self, one: Difference | None = None) -> str:
        """The statements for one difference, or all of them."""
        keys = None if one is None else self._keys(one)
        found = [text for step in self.steps if keys is None or step.key in keys for text in step.statements if text]
        return "\n".join(f"{self._of_owner(text)};" if not text.startswith("--") else text for text in found)

    def _keys(self, one: Difference) -> set[Key]:
        """What is changed for a difference: with what has to make way for it and comes back."""
        own = {part.key for part in (one, *one.parts)}
        way = (self.have.users(own) | self.want.users(own)) - {other.key for other in self._all}
        return own | way if one.defined else own

    def _of_owner(self, statement: str) -> str:
        if not self.owner:
            return self.text(statement)
        found = _OWNER.sub(lambda match: f"{match[1]} {ident(self.owner)}", statement)
        return self.text(_ROLE.sub(lambda match: f"{match[1]} FOR ROLE {ident(self.owner)} ", found))

    def _is_of_table(self, one: Difference) -> bool:
        return of_tables(self.have if one.have is not None and one.key in self.have else self.want, one.key) and (
            not kinds()[one.key.kind].managed
        )

    def _task(self, others: Iterable[Difference], tables: Iterable[Difference]) -> Task:
        keys = {one.key for one in others}
        hollow = {one.key for one in others if kinds()[one.key.kind].hollow}
        have, want = self.have.having(hollow), self.want.having(hollow)
        return Task(
            have,
            want,
            frozenset(one.key for one in others if one.defined and one.key not in hollow),
            lambda key: self._made(key, want if key in want else have),
            touched=frozenset(key for one in tables for key in self._tables_of(one)),
            aspects=lambda key: tuple((aspect.name, aspect.set) for aspect in want[key].aspects),
            refused=frozenset(one.key for one in others if one.have and one.want and not _extends(one.have, one.want)),
            compared={one.key: frozenset(one.aspects) for one in others if one.aspects and one.key in keys},
        )

    def _made(self, key: Key, side: Snapshot) -> tuple[str, ...]:
        stored = side[key]
        return tuple(kinds()[key.kind].restored(stored))

    def _tables_of(self, one: Difference) -> set[Key]:
        """The table that a part belongs to; a table itself."""
        if not kinds()[one.key.kind].of_table:
            return {one.key}
        return {holder for side in (self.have, self.want) for holder in side.holders.get(one.key, ())}

    def _simply(self, others: Iterable[Difference]) -> Iterator[Step]:
        """Where there is no plan: each for itself, what is too much first."""
        some = list(others)
        for one in some:
            if one.defined and one.have is not None:
                yield Step("drop", one.key, tuple(kinds()[one.key.kind].drops(one.have)))
        for one in some:
            if one.want is not None and one.defined:
                made = (*one.want.definition, *(text for aspect in one.want.aspects for text in aspect.set))
                yield Step("create", one.key, made)
            elif one.want is not None:
                yield from self._aspects(one)

    def _tables(self, some: Sequence[Difference]) -> Iterator[Step]:
        """Tables and their parts: what goes, what changes, what comes."""
        by_key = {one.key: one for one in some}
        for key in reversed(self.have.ordered([key for key in by_key if key in self.have], ranks())):
            one = by_key[key]
            goes = one.want is None or (one.defined and kinds()[key.kind].of_table and not self._in_place(one))
            if goes and one.have is not None and not self._taken_along(one, by_key):
                yield Step("drop", key, (*_lost(one.have), *kinds()[key.kind].drops(one.have)))
        for key in self.want.ordered([key for key in by_key if key in self.want], ranks()):
            one = by_key[key]
            assert one.want is not None
            if one.have is not None and one.defined and not kinds()[key.kind].of_table:
                yield Step("alter", key, tuple(altered(one.have, one.want)))
            elif one.defined:
                yield Step("create", key, one.want.definition)
            if one.have is None:
                yield from self._kept(key)
            else:
                yield from self._aspects(one)

    def _in_place(self, one: Difference) -> bool:
        """Whether what makes it takes the place of what is there: a default."""
        return one.want is not None and kinds()[one.key.kind].replace(one.want.create) is not None

    def _taken_along(self, one: Difference, by_key: dict[Key, Difference]) -> bool:
        for holder in self.have.holders.get(one.key, ()):
            found = by_key.get(holder)
            if found is not None and found.want is None:
                return True
            if found is not None and found.want is not None and one.want is None and any(
                edge.user == one.key and edge.used == holder and edge.column
                and edge.column not in dict(found.want.columns) for edge in self.have.edges
            ):  # fmt: skip
                return True
        return False

    def _aspects(self, one: Difference) -> Iterator[Step]:
        assert one.have is not None
        assert one.want is not None
        for name in one.aspects:
            old, new = one.have.aspect(name), one.want.aspect(name)
            done = new.change(old) if new is not None else old.unset if old is not None else ()
            yield Step("replace", one.key, done, name)

    def _kept(self, key: Key) -> tuple[Step, ...]:
        """The aspects of what is made again."""
        aspects = self.want[key].aspects if key in self.want else self.have[key].aspects
        return tuple(Step("create", key, aspect.set, aspect.name) for aspect in aspects)


def _lost(have: Stored) -> Iterator[str]:
    """What goes with a table beside its definition."""
    if have.columns and not kinds()[have.key.kind].droppable:
        yield lost(f"the rows of {have.key.kind} {ident(have.key.schema, have.key.name)}")


def _extends(have: Stored, want: Stored) -> bool:
    """Whether the new columns of a relation only follow those that are there: else it is not replaced in place."""
    return not have.columns or want.columns[: len(have.columns)] == have.columns
