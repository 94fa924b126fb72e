"""Renames, which are said and never guessed: ``renamed_from="old"``, or a comment above a statement.

They come first in an upgrade and last in a downgrade. So they are run in a sandbox before anything is compared, and
what is there afterwards stands for what is there now.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from alembic_ext import scratch
from alembic_ext.diff.plan import Step
from alembic_ext.errors import CannotPlan, DeclarationError
from alembic_ext.kinds import filled_as, kinds, name_of
from alembic_ext.lineage import Lineage, label
from alembic_ext.model import Declared, Edge, Key, Snapshot
from alembic_ext.names import Names
from alembic_ext.operations import Lines
from alembic_ext.operations.pieces import Piece
from alembic_ext.sandbox import Sandbox
from alembic_ext.scratch import explain
from alembic_ext.scratch.load import Refusal, Refused, run
from alembic_ext.sqltext import ident, parts
from alembic_ext.sqltext.edit import unqualify

log = logging.getLogger(f"alembic.{__name__}")


@dataclass(frozen=True)
class Renaming:
    """One rename: of an object, or, where ``new`` is ``old``, of a value of it or of what comes with it; and the
    statements there and back. ``names`` are those of what comes with it, old to new.
    """

    old: Key
    new: Key
    there: tuple[str, ...]
    back: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Renamed:
    """What is there after the renames, and the keys that have changed by them."""

    now: Snapshot
    names: Mapping[Key, Key]
    done: tuple[Renaming, ...]

    @property
    def words(self) -> dict[str, str]:
        """Every name that is another now, old to new."""
        along = {old: new for one in self.done for old, new in one.names.items()}
        return along | {old.name: new.name for old, new in self.names.items()}

    def history(self, history: Lineage, schema: str) -> Lineage:
        """What earlier revisions say, under the new names."""
        return history.renamed({label(old, schema): label(new, schema) for old, new in self.names.items()})

    def pieces(self, schema: str, owned: frozenset[str]) -> tuple[list[Piece], list[Piece]]:
        """What is said of the renames in an upgrade and in a downgrade.

        What has another name along with them is named too, if it is ``owned`` under the new one.
        """
        changed = {label(old, schema): label(new, schema) for old, new in sorted(self.names.items())}
        up = [self._piece(one, one.new, one.there, f"{label(one.old, schema)} to ", schema) for one in self.done]
        down = [self._piece(one, one.old, one.back, f"{label(one.new, schema)} to ", schema) for one in self.done]
        said = {label(one.old, schema) for one in self.done}
        notes = tuple(
            f"rename {old} to {new}"
            for old, new in [*changed.items(), *_aspects(owned, changed)]
            if old not in said and new in owned
        )
        if up:
            up[-1] = up[-1]._replace(lines=up[-1].lines._replace(notes=notes))
        return up, list(reversed(down))

    @staticmethod
    def _piece(one: Renaming, key: Key, texts: Sequence[str], comment: str, schema: str) -> Piece:
        comment = f"rename {comment}{label(key, schema)}" if one.old != one.new else f"alter {label(key, schema)}"
        statements = tuple(unqualify(text, schema) for text in texts)
        verb = comment.partition(" ")[0]
        return Piece(0, one.new, Lines(comment, statements), step=Step(verb, one.new, statements))


def _aspects(owned: Iterable[str], changed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in sorted(owned):
        for old, new in changed.items():
            if name.endswith(f" on {new}"):
                yield name.removesuffix(new) + old, name


def asked(
    declared: Sequence[Declared], meaning: Names, now: Snapshot, lets_in: Callable[[Key], bool]
) -> list[Renaming]:
    """The renames that declarations speak of, that the hooks let in, and that have not been made yet.

    Raises:
        DeclarationError: objects of that kind cannot be renamed.
    """
    keys = {item: meaning.key(item.address, creates=True) for item in declared if item.creates and not item.aspect}
    taken = set(keys.values())
    found: list[Renaming] = []
    for item, key in keys.items():
        kind = kinds()[item.address.kind]
        if key is None or not (item.renamed_from or item.renamed_values or kind.brings) or not lets_in(key):
            continue
        stands = key if key in now or not item.renamed_from else key._replace(name=item.renamed_from)
        if kind.brings and stands in now and (stands == key or stands not in taken):
            there, back, along = kind.brought(now[stands], key.name, item.text)
            found += [Renaming(stands, stands, there, back, along)] if there else []
        if item.renamed_from:
            old = key._replace(name=item.renamed_from)
            name, was = name_of(key), name_of(old)
            if old in now and key not in now and old not in taken:
                found.append(_renaming(item, old, key))
            elif key not in now:
                why = f"there is no {was}: it is created" if old not in taken else f"{was} is declared too"
                log.info("%s is not renamed: %s", name, why)
            elif old in now:
                log.info("%s is not renamed: %s is there too", name, was)
            else:
                log.debug("%s was renamed from %s already", name, item.renamed_from)  # it may stand there for ever
        if item.renamed_values and stands in now:
            found += _values(item, key, now[stands].facts)
    over = [item for item, key in keys.items() if key is None]
    return [*found, *_over_renamed(over, meaning, now, found, lets_in)] if over and found else found


def _over_renamed(
    items: Iterable[Declared], meaning: Names, now: Snapshot, done: Sequence[Renaming], lets_in: Callable[[Key], bool]
) -> Iterator[Renaming]:
    """The renames of what has types in its arguments that have another name once the others are ``done``."""
    types = {one.new: one.old for one in done if one.new != one.old and kinds()[one.new.kind].moves}
    before = {ident(*new[1:3]): ident(*old[1:3]) for new, old in types.items()}
    spelled = {
        arg: type_ for item in items for arg in item.address.args or () if (type_ := _called(arg, types, meaning))
    }
    meaning = meaning._replace(types={**meaning.types, **spelled})
    keys = {key: item for item in items if (key := meaning.key(item.address, creates=True))}
    for key, item in keys.items():
        old = key._replace(name=item.renamed_from)
        there = kinds()[key.kind].with_types(old, before) in now
        if there and item.renamed_from and old not in keys and lets_in(key):
            yield _renaming(item, old, key)


def _called(spelled: str, types: Iterable[Key], meaning: Names) -> str | None:
    """A type, or an array of it, as PostgreSQL prints it, if it is one of these."""
    base = spelled.rstrip("[]")
    *schema, name = parts(base)
    found = [key for key in types if key.name == name and key.schema in (schema[-1:] or meaning.path)]
    return f"{ident(found[0].schema, found[0].name)}{spelled[len(base) :]}" if found else None


def _renaming(item: Declared, old: Key, new: Key) -> Renaming:
    kind = kinds()[new.kind]
    there, back = kind.rename(old, new.name), kind.rename(new, old.name)
    if there is None or back is None:
        raise DeclarationError(
            f"{name_of(new)} cannot be renamed: {kind.remote or f'PostgreSQL knows no ALTER {kind.title} … RENAME'}",
            where=item.source,
            help="omit renamed_from: it is dropped and created"
            + f"; or write ALTER {kind.title} … RENAME into a revision by hand" * bool(kind.remote),
        )
    return Renaming(old, new, (there,), (back,))


def _values(item: Declared, key: Key, facts: Sequence[object]) -> Iterator[Renaming]:
    kind = kinds()[key.kind]
    for old, new in item.renamed_values:
        if (there := kind.rename_value(key, facts, old, new)) is None:
            if kind.rename_value(key, facts, new, old) is None:  # else it was made already
                log.info("in %s no value is renamed from %r to %r: both are there, or none is", name_of(key), old, new)
            continue
        yield Renaming(key, key, (there,), (kind.rename_value(key, (), new, old) or "",))


def renamed(sandbox: Sandbox, now: Snapshot, renamings: Sequence[Renaming]) -> Renamed:
    """Run renames where ``now`` is built, back too; the sandbox is left with the new names.

    Raises:
        CannotPlan: the server refuses one.
    """
    scratch.rebuild(sandbox, now)
    there = [text for one in renamings for text in one.there]
    before = sandbox.read()
    _run(sandbox, there)
    after = sandbox.read()
    _run(sandbox, [text for one in reversed(renamings) for text in one.back])
    if lost := sorted(before.objects.keys() - sandbox.read().objects.keys()):
        raise CannotPlan(f"{lost[0]} does not come back when it is renamed back", help="report this as a bug")
    _run(sandbox, there)
    keys = {stored.place: key for key, stored in after.objects.items()}
    names = {key: keys[stored.place] for key, stored in before.objects.items() if stored.place in keys}
    return Renamed(
        _merged(now, before, after, names),
        {old: new for old, new in names.items() if old != new},
        tuple(renamings),
    )


def _run(sandbox: Sandbox, statements: Sequence[str]) -> None:
    for statement in statements:
        try:
            run(sandbox.session, [statement])
        except Refusal as refusal:
            raise CannotPlan(
                f"{statement} is refused",
                server=explain.words(Refused(statement, statement, refusal.error)),
                help="correct renamed_from",
            ) from refusal


def _merged(now: Snapshot, before: Snapshot, after: Snapshot, names: Mapping[Key, Key]) -> Snapshot:
    """What is there, with what the renames have changed; what the sandbox cannot hold stays as it is."""
    objects = {}
    for key, stored in now.objects.items():
        new = names.get(key, key)
        same = key == new and (key not in before or before[key].definition == after[key].definition)
        objects[new] = stored if same else filled_as(after[new], stored)
    edges = frozenset(
        Edge(names.get(edge.user, edge.user), names.get(edge.used, edge.used), edge.column, edge.auto)
        for edge in now.edges
    )
    return replace(now, objects=objects, edges=edges)
