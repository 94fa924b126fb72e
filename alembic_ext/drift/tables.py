"""ALTER TABLE from one printed table to another. Pure: what PostgreSQL printed is cut at its tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alembic_ext.model import Stored
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.edit import Word, words_of

BY_HAND = "-- no statement of ours leads there: see the diff"


def lost(what: str) -> str:
    """The comment above a statement that takes data with it."""
    return f"-- what is lost: {' '.join(what.split())}"


@dataclass(frozen=True)
class Column:
    """A column as CREATE TABLE has it."""

    text: str
    type: str
    generated: str = ""
    identity: str = ""
    not_null: str = ""


def altered(have: Stored, want: Stored) -> Iterator[str]:
    """The statements that lead from one table to the other, apart from what is an object of its own."""
    table = ident(want.key.schema, want.key.name)
    before, after = columns(have.create), columns(want.create)
    if _head(have.create) != _head(want.create):
        yield from _of_head(table, _head(have.create), _head(want.create))
    old = {aspect.name: aspect for aspect in have.state}
    new = {aspect.name: aspect for aspect in want.state}
    for name, aspect in old.items():
        if name not in new or (aspect.adds and new[name] != aspect):
            yield from aspect.unset
    for name in before.keys() - after.keys():
        if not before[name].generated:
            yield lost(f"the values of column {name} of table {table}")
        yield f"ALTER TABLE {table} DROP COLUMN {name}"
    for name, column in after.items():
        if name not in before:
            yield f"ALTER TABLE {table} ADD COLUMN {column.text}"
        elif before[name] != column:
            yield from _column(table, name, before[name], column)
    for name, aspect in new.items():
        if old.get(name) != aspect:
            yield from aspect.set


def _column(table: str, name: str, have: Column, want: Column) -> Iterator[str]:
    alter = f"ALTER TABLE {table} ALTER COLUMN {name}"
    if have.generated != want.generated:
        if want.generated:
            if not have.generated:
                yield lost(f"the values of column {name} of table {table}")
            yield f"ALTER TABLE {table} DROP COLUMN {name}"
            yield f"ALTER TABLE {table} ADD COLUMN {want.text}"
            return
        yield f"{alter} DROP EXPRESSION"
    if have.identity and have.identity != want.identity:
        yield f"{alter} DROP IDENTITY"
    if have.not_null and not want.not_null:
        yield f"{alter} DROP NOT NULL"
    if have.type != want.type:
        bare = want.type.partition(" COLLATE ")[0]
        yield f"{alter} TYPE {want.type} USING {name}::{bare}"
    if want.not_null and have.not_null != want.not_null:
        if have.not_null.startswith("CONSTRAINT"):
            yield f"ALTER TABLE {table} DROP {have.not_null.partition(' NOT NULL')[0]}"
        if want.not_null.startswith("CONSTRAINT"):
            constraint, _, rest = want.not_null.partition(" NOT NULL")
            yield f"ALTER TABLE {table} ADD {constraint} NOT NULL {name}{rest}"
        else:
            yield f"{alter} SET NOT NULL"
    if want.identity and have.identity != want.identity:
        yield f"{alter} ADD {want.identity}"


def columns(create: str) -> dict[str, Column]:
    """The columns of a printed CREATE TABLE by their names, as SQL."""
    found = {}
    for words in _elements(create):
        if words[0].text != "CONSTRAINT":
            found[words[0].text] = _parsed(create, words)
    return found


def _elements(create: str) -> Iterator[list[Word]]:
    words = words_of(create)
    start = next((place for place, word in enumerate(words) if word.text == "("), len(words))
    some: list[Word] = []
    for word in words[start + 1 :]:
        if word.depth == 0:
            break
        if word.depth == 1 and word.text == ",":
            yield some
            some = []
        else:
            some.append(word)
    if some:
        yield some


def _parsed(create: str, words: list[Word]) -> Column:
    """A column, cut before COLLATE (which stays with the type), GENERATED, CONSTRAINT and NOT NULL."""
    starts = [
        place
        for place, word in enumerate(words)
        if place and word.depth == 1 and word.text in ("GENERATED", "CONSTRAINT", "NOT") and not _inside(words, place)
    ]
    ends = [*starts, len(words)][1:]

    def text(first: int, last: int) -> str:
        return create[words[first].start : words[last - 1].end] if last > first else ""

    clauses = [text(first, last) for first, last in zip(starts, ends, strict=True)]
    generated = next((clause for clause in clauses if clause.startswith("GENERATED ALWAYS AS (")), "")
    return Column(
        text(0, len(words)),
        text(1, starts[0] if starts else len(words)),
        generated,
        next((clause for clause in clauses if clause.startswith("GENERATED") and clause != generated), ""),
        next((clause for clause in clauses if "NOT NULL" in clause and not clause.startswith("GENERATED")), ""),
    )


def _inside(words: list[Word], place: int) -> bool:
    """Whether NOT belongs to the CONSTRAINT before it."""
    return words[place].text == "NOT" and place > 2 and words[place - 2].text == "CONSTRAINT"


def _head(create: str) -> tuple[str, str]:
    """What stands before and behind the columns."""
    words = words_of(create)
    outer = [word for word in words if word.depth == 0]
    first = next((word.start for word in outer if word.text == "("), len(create))
    last = next((word.end for word in outer if word.text == ")"), len(create))
    return create[:first].strip(), create[last:].strip()


def _of_head(table: str, have: tuple[str, str], want: tuple[str, str]) -> Iterator[str]:
    logged = [" UNLOGGED TABLE " in side[0] for side in (have, want)]
    if logged[0] != logged[1]:
        yield f"ALTER TABLE {table} SET {'UNLOGGED' if logged[1] else 'LOGGED'}"
    if have[1] != want[1] or have[0].replace(" UNLOGGED", "") != want[0].replace(" UNLOGGED", ""):
        yield BY_HAND
