"""Both sides of a run, what is there and what is wanted, and the texts that make an object on either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial

from alembic_ext.diff import changes
from alembic_ext.diff.plan import Task
from alembic_ext.diff.rights import is_right
from alembic_ext.kinds import aspect_kinds, hollow, kinds
from alembic_ext.lineage import Lineage, label
from alembic_ext.model import Address, Aspect, Edge, Key, Snapshot, Stored
from alembic_ext.names import Names
from alembic_ext.prove.doubts import PRINTED, QUALIFIED, Doubts
from alembic_ext.scratch.asked import Wanted
from alembic_ext.session import Live
from alembic_ext.sqltext import words
from alembic_ext.sqltext.edit import unqualify
from alembic_ext.sqltext.parsetree import ANY_RELATION
from alembic_ext.sqltext.typed import typed_by


@dataclass(eq=False)
class World:
    """Both sides, and the texts that make an object on either.

    ``managed`` are the objects that are declared or go, ``left`` those of which nothing is declared any more and
    revisions of ours have set an aspect; ``beyond`` are aspects that nobody declared and shall not be. What is
    ``leaving`` on the way there, and back, is taken away before all else; with that the uses that are ``ending``.
    """

    known: Live
    now: Snapshot
    want: Wanted
    history: Lineage
    managed: frozenset[Key]
    touched: frozenset[Key]
    left: frozenset[Key]
    beyond: Mapping[Key, frozenset[str]] = field(default_factory=dict)
    same: frozenset[Key] = frozenset()
    leaving: tuple[frozenset[Key], frozenset[Key]] = (frozenset(), frozenset())
    ending: tuple[frozenset[tuple[Key, Key]], frozenset[tuple[Key, Key]]] = (frozenset(), frozenset())

    @property
    def different(self) -> frozenset[Key]:
        """The keys whose definition, or an aspect that is compared, is not the same on both sides."""
        aspects = {
            key
            for key, names in self.compared.items()
            if key in self.now
            and key in self.want.snapshot
            and any(self.now[key].aspect(name) != self.want.snapshot[key].aspect(name) for name in names)
        }
        return changes(self.task(Doubts(), back=False)) | aspects

    def task(self, doubts: Doubts, *, back: bool) -> Task:
        old, new = (self.want.snapshot, self.now) if back else (self.now, self.want.snapshot)
        return Task(
            old,
            new,
            self.managed,
            partial(self._before if back else self._after, doubts),
            self.same,
            self.touched,
            doubts.refused,
            partial(self._aspects_before if back else self._aspects_after, doubts),
            self.compared,
            self.mentions(back),
            doubts.unchecked,
            doubts.committed,
            self._short,
            doubts.amends,
            frozenset(key for key, items in self.want.entities.items() if any(item.cascade for item in items)),
            self.leaving[back],
            back,
            self._typed(old, new, doubts, back=back),
            self.ending[back],
            doubts.rights,
        )

    def _typed(self, old: Snapshot, new: Snapshot, doubts: Doubts, *, back: bool) -> frozenset[Edge]:
        """What takes the type of a column, by the text that makes it; a table's that stays as it is is always there."""
        text = self._before if back else self._after
        meaning = Names(self.known.path, {}, frozenset(new))
        found = set[Edge]()
        for key in self._perhaps_typed(back):
            for column in [column for statement in text(doubts, key) for column in typed_by(statement)]:
                used = meaning.key(Address(ANY_RELATION, column.relation), creates=False)
                if used is None or used == key:
                    continue
                before = dict(old[used].columns) if used in old and not kinds()[used.kind].droppable else {}
                if before.get(column.name, "") != dict(new[used].columns).get(column.name):
                    found.add(Edge(key, used, column.name))
        return frozenset(found)

    @cache  # noqa: B019  # lives as long as one run
    def _perhaps_typed(self, back: bool) -> frozenset[Key]:
        there = self.managed & (self.now if back else self.want.snapshot).objects.keys()
        return frozenset(key for key in there if any(map(typed_by, self.said(key, back=back))))

    def said(self, key: Key, *, back: bool) -> tuple[str, ...]:
        """What revisions and declarations say of an object; the side to which the way leads has the last word."""
        declared = tuple(item.text for item in self.want.entities.get(key, ()) if not item.aspect)
        written = self.history.said.get(label(key, self.known.schema), ())
        return (*declared, *written) if back else (*written, *declared)

    @cached_property
    def standing(self) -> Snapshot:
        """What holds for all that is made later though nobody declared it, and stays.

        What the current user has stands there twice, the second time with a minus before its oid; of what is declared
        the other is not meant.
        """
        meant = {abs(self.now[key].place[1]) for key in hollow(self.compared) if key in self.now}
        keys = [key for key in hollow(self.now) if key in self.compared or abs(self.now[key].place[1]) not in meant]
        return Snapshot(
            {
                key: replace(
                    self.now[key],
                    aspects=tuple(
                        aspect for aspect in self.now[key].aspects if aspect.name not in self.compared.get(key, ())
                    ),
                )
                for key in keys
            }
        )

    def entitled(self, live: Snapshot) -> tuple[Snapshot, bool]:
        """The owners and grants that nobody declared of what stays as it is in the ``live`` database; and whether they
        are all: what is declared of an object, or of a part that has its owner, is meant for the owner that it has in
        the sandbox, and may be meant for the current user by a word.
        """
        said = {key for key, names in self.compared.items() if any(is_right(key, name) for name in names)}
        apart = {holder for key in said for holder in (key, *live.holders.get(key, ()))}
        by_word = {key for key in said if not all(map(_owned, self.compared[key]))}
        undeclared = {key: self._undeclared_rights(live[key]) for key in live if key in self.want.snapshot}
        given = {
            key: tuple(one for one in rights if (one.adds or key not in apart) and key not in by_word)
            for key, rights in undeclared.items()
        }
        objects = {key: replace(live[key], aspects=rights) for key, rights in given.items() if rights}
        return replace(live, objects=objects), given == undeclared and not self.want.unset

    def _undeclared_rights(self, stored: Stored) -> tuple[Aspect, ...]:
        key, compared = stored.key, self.compared.get(stored.key, frozenset())
        return tuple(
            one for one in stored.aspects if is_right(key, one.name) and _owned(one.name) and one.name not in compared
        )

    def source(self, key: Key) -> str:
        return next((item.source for item in self.want.entities.get(key, ())), "")

    def _short(self, text: str) -> str:
        return unqualify(text, self.known.schema)

    def _after(self, doubts: Doubts, key: Key) -> tuple[str, ...]:
        """What makes an object as declared: its own text, or for what nobody declared the printed one."""
        items = [item for item in self.want.entities.get(key, ()) if not item.aspect]
        if items and key not in doubts.elsewhere:
            items.sort(key=lambda item: not item.creates)
            return tuple(item.text for item in items)
        return self._printed(self.want.snapshot, doubts, key)

    def _before(self, doubts: Doubts, key: Key) -> tuple[str, ...]:
        """What makes an object as it was: the text of the revision that made it, else the printed one."""
        if doubts.distrust.get(key, 0) < PRINTED and (texts := self.history.texts.get(label(key, self.known.schema))):
            return texts
        return self._printed(self.now, doubts, key)

    def _printed(self, snapshot: Snapshot, doubts: Doubts, key: Key) -> tuple[str, ...]:
        stored = snapshot[key]
        first, *rest = kinds()[key.kind].restored(stored)
        if key in self.now and self.now[key].script and not stored.script:  # in the sandbox nothing is filled
            first = kinds()[key.kind].filled(first)
        texts = (first, *rest)
        return texts if doubts.distrust.get(key, 0) >= QUALIFIED else tuple(map(self._short, texts))

    def _aspects_after(self, doubts: Doubts, key: Key) -> tuple[tuple[str, tuple[str, ...]], ...]:
        found: dict[str, list[str]] = {}
        for item in self.want.entities.get(key, ()):
            if item.aspect:
                found.setdefault(item.aspect, []).append(item.text)
        return tuple((name, (*texts, *self._amends(doubts, key, name))) for name, texts in found.items())

    def _amends(self, doubts: Doubts, key: Key, name: str) -> tuple[str, ...]:
        return tuple(map(self._short, doubts.amends.get((key, name), ())))

    def _aspects_before(self, doubts: Doubts, key: Key) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What revisions of ours have set and is still set: in the order of the aspects, an owner before grants."""
        found, owned = [], self._owned_aspects(key)
        for aspect in self.now[key].aspects:
            if aspect.name in owned:
                texts = self.history.texts.get(label(key, self.known.schema, aspect.name))
                trusted = texts and doubts.distrust.get(key, 0) < PRINTED
                texts = texts if texts and trusted else tuple(map(self._short, aspect.set))
                found.append((aspect.name, (*texts, *self._amends(doubts, key, aspect.name))))
        return tuple(found)

    def _owned_aspects(self, key: Key) -> frozenset[str]:
        return self._owned.get(key, frozenset())

    @cached_property
    def _owned(self) -> dict[Key, frozenset[str]]:
        return self.history.aspects({**self.now.objects, **self.want.snapshot.objects}, self.known.schema)

    @cached_property
    def compared(self) -> dict[Key, frozenset[str]]:
        """The aspects of each object that are compared: those declared, and those that revisions of ours have set."""
        declared = {
            key: frozenset(item.aspect for item in items if item.aspect) for key, items in self.want.entities.items()
        }
        asked = self.managed | declared.keys() | self.left
        none = frozenset[str]()
        found = {key: declared.get(key, none) | self._owned_aspects(key) | self.beyond.get(key, none) for key in asked}
        return {key: aspects for key, aspects in found.items() if aspects}

    @cache  # noqa: B019  # lives as long as one run
    def mentions(self, back: bool) -> dict[Key, frozenset[Key]]:
        """Which objects bodies speak of, or what is made as a copy: soft edges, since PostgreSQL records none."""
        old, new = (self.want.snapshot, self.now) if back else (self.now, self.want.snapshot)
        soft = {
            key
            for key in self.managed
            if key in new
            and (kinds()[key.kind].opaque or kinds()[key.kind].copied)
            and (key not in old or old[key].create != new[key].create)
        }
        named: dict[str, set[Key]] = {}
        for key in self.managed if soft else ():
            named.setdefault(key.name.lower(), set()).add(key)
        return {
            key: frozenset(
                other
                for text in (new[key].create, *(self.said(key, back=back) if kinds()[key.kind].copied else ()))
                for word in words(text, bodies=True)
                for other in named.get(word.lower(), ())
            )
            for key in sorted(soft)
        }


def _owned(aspect: str) -> bool:
    """Whether it is known by the name of its own that it has."""
    return any(kind.owns(aspect) for kind in aspect_kinds().values())
