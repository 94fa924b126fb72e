"""What to say of what the server refused: which object, where it was declared, the server's words, the next step."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from alembic_ext.errors import CannotCreate, DeclarationError, in_words
from alembic_ext.kinds import kinds, name_of
from alembic_ext.model import Address, Declared, Key, Snapshot
from alembic_ext.sqltext import mentioned, parts

if TYPE_CHECKING:
    from alembic_ext.scratch.load import Refused

Name = TypeVar("Name", bound=Hashable)
NOT_SUPPORTED = "0A000"
"""What this PostgreSQL cannot do, or not as it was built: without ICU, say."""
SHOWN = 4
"""How many refused statements are told in full; the rest are counted."""


def cannot_create(
    refused: Sequence[Refused[Declared]],
    failed: Iterable[Exception] = (),
    unable: Mapping[Key, str] = MappingProxyType({}),
    absent: Iterable[str] = (),
) -> CannotCreate:
    """One error for what the server refused: the first in full, the others by name; a cycle with its members.

    What is said of an object that could not be made is left out.
    Behind it stands what went wrong before: operations of Alembic's that ``failed``, what the sandbox was ``unable`` to
    hold. Roles that are ``absent`` there are declared.
    """
    made = {no.name.address for no in refused if no.name.creates and not no.name.aspect}
    refused = [no for no in refused if no.name.address not in made or (no.name.creates and not no.name.aspect)]
    if cycle := _cycle(refused):
        members = [spelled(no.name.address) for no in (*cycle, cycle[0])]
        return CannotCreate(
            f"{members[0]} cannot be created because it needs itself: {' needs '.join(members)}",
            where=" and ".join(dict.fromkeys(no.name.source for no in cycle)),
            server=words(cycle[0]),
            help="take one of them out of what needs it",
        )
    failed = list(failed)
    if through := _through_a_table(refused, failed):
        return through
    no = refused[0]
    others = [f"{spelled(other.name.address)} ({other.name.source}): {words(other)}" for other in refused[1:SHOWN]]
    before = [*at_operations(failed), *sorted(set(unable.values()))]
    more = f"; {len(refused)} in all" if len(refused) > 1 else ""
    return CannotCreate(
        f"{_problem(no)}{more}",
        where=no.name.source,
        server="\n          ".join([words(no), *others, *before]),
        help=next((_NEW_ROLE.format(name) for name in absent if lacks_role(no, [name])), "") or _advice(no),
    )


def at_operations(failed: Iterable[Exception]) -> list[str]:
    """What went wrong before: operations of Alembic's that the server refused."""
    return [f"and before, at an operation of Alembic's: {next(iter(str(error).splitlines()), '')}" for error in failed]


def spelled(address: Address) -> str:
    """An object as it was declared: ``view v``, ``trigger t on item``, ``function f(int)``, ``cast (a AS b)``."""
    kind, (*before, name) = kinds().get(address.kind), address.names
    by = kind.identified_by if kind is not None else ""
    if by == "relation":
        return f"{address.kind} {name} on {'.'.join(before)}"
    if by == "method":
        return f"{address.kind} {'.'.join([*before[1:], name])} using {before[0]}"
    return f"{address.kind} {name}" if by == "types" else str(address)


def _problem(no: Refused[Declared]) -> str:
    item = no.name
    if item.creates and not item.aspect:
        return f"{spelled(item.address)} cannot be created"
    return f"{' '.join(item.text.split())!r} fails"


_MISSING = " does not exist"
_RELATION = re.compile(f'(?:type|relation) "?(.+?)"?{_MISSING}')
_MISSING_ROLE = re.compile('role "')
_NEW_ROLE = (
    "role {} comes with this revision, is in no sandbox on your server, and without it this cannot be tried: say "
    'alembic_ext={{"roles": True, "sandbox": "embedded"}}; or make the role in a revision before this one'
)


def lacks_role(no: Refused[Name], names: Iterable[str]) -> bool:
    """Whether what the server misses is a role of one of these names."""
    said = no.error.diag.message_primary or ""
    return no.error.sqlstate == "42704" and any(f'role "{name}"' in said for name in names)


def _advice(no: Refused[Declared]) -> str:
    code, missing = no.error.sqlstate, "declare what is missing; tables and columns come from the models"
    if code == "42704" and _MISSING_ROLE.match(no.error.diag.message_primary or ""):
        return (
            "correct the name; or make the role in a revision before this one, since roles belong to the whole server; "
            'or declare it, register(metadata, Role(…)), and say alembic_ext={"roles": True, "sandbox": "embedded"}'
        )
    if code == "3F000":
        return "correct the name, or declare the schema too: register(metadata, Schema(…)), or CREATE SCHEMA as text"
    if code in ("42P01", "42883", "42703", "42704"):
        return f"correct the name, or {missing}"
    if code == "42501":
        return "use a role that may, both now and when the revision runs, or remove the declaration"
    if code == NOT_SUPPORTED:
        return (
            "correct the declaration; or, if your own server can do this, let one like it try it: "
            'alembic_ext={"sandbox": url}'
        )
    if code == "42601":
        return "correct the syntax"
    if code in ("42P07", "42723", "42710"):
        return "it is declared twice, in different spellings, or something else has its name: keep one"
    return "correct the declaration"


def words(no: Refused[Name]) -> str:
    """The server's words."""
    return in_words(no.error, "detail", "hint")


def _cycle(refused: Sequence[Refused[Declared]]) -> list[Refused[Declared]]:
    """Refused statements of which each misses the next, and the last the first; none where there is no cycle.

    The server names the first thing that it misses, so each leads to one other at most.
    """
    makes = [no for no in refused if no.name.creates and not no.name.aspect]
    leads = {id(no): other for no in makes for other in makes if _misses(no, other.name.address)}
    for start in sorted(makes, key=lambda no: no.name.address.names):
        way, no = [start], leads.get(id(start))
        while no is not None and no not in way:
            way.append(no)
            no = leads.get(id(no))
        if no is start:
            return way
    return []


def _misses(no: Refused[Declared], address: Address) -> bool:
    return _is_missing(no.error.diag.message_primary or "", address.names[-1])


def _is_missing(said: str, name: str) -> bool:
    """Whether the server says that something of this name is missing."""
    return (
        said.endswith(_MISSING)
        and not _MISSING_ROLE.match(said)
        and not said.startswith("column ")  # of a relation that is there
        and any(mark in said for mark in (f'"{name}"', f" {name}(", f" {name}{_MISSING}", f".{name}{_MISSING}"))
    )


def _through_a_table(refused: Sequence[Refused[Declared]], failed: Sequence[Exception]) -> CannotCreate | None:
    """The error where something needs a table that needs it: its check calls a function on whole rows of it."""
    for no in refused:
        missing = _RELATION.fullmatch(no.error.diag.message_primary or "")
        table = missing[1] if missing else ""
        for error in failed if missing else ():
            said, sql = str(error).splitlines()[0], getattr(error, "statement", None) or ""
            if _is_missing(said, no.name.address.names[-1]) and mentioned(sql, [parts(table)[-1].lower()]):
                one = spelled(no.name.address)
                return CannotCreate(
                    f"{one} cannot be created because it needs itself: {one} needs table {table} needs {one}",
                    where=no.name.source,
                    server="\n          ".join([words(no), *at_operations([error])]),
                    help=f"leave what calls it (a check, a default, an index) out of the model of {table}, and add it "
                    "in a second revision",
                )
    return None


def check_whole(entities: Mapping[Key, Sequence[Declared]], snapshot: Snapshot) -> None:
    """Complain of what is declared twice, or only in part.

    Raises:
        DeclarationError: the first that is.
    """
    inner = frozenset(name for kind in kinds().values() for name in kind.parts)
    for key, items in entities.items():
        _check(key, items, snapshot, inner)


def _check(key: Key, items: Sequence[Declared], snapshot: Snapshot, inner: frozenset[str]) -> None:
    comment = next((item for item in items if item.aspect.startswith("comment")), None)
    if comment is not None and kinds()[key.kind].commented_by_models:
        raise DeclarationError(
            f"{comment.text.splitlines()[0]!r}: comments on a {key.kind} and its columns belong to the models",
            where=comment.source,
            help="give comment=… to the Table or Column: Alembic compares it",
        )
    if all(item.aspect for item in items):
        return
    creates = [item for item in items if item.creates and not item.aspect]
    if not creates:
        raise DeclarationError(
            f"{items[0].text.splitlines()[0]!r} speaks of {name_of(key)}, which is not declared",
            where=items[0].source,
            help="declare the object itself too",
        )
    if len(creates) > 1:
        raise DeclarationError(
            f"{name_of(key)} is declared twice",
            where=" and ".join(item.source for item in creates),
            help="keep one of the two",
        )
    if (
        key.kind in inner
        and not items[0].of_models
        and not any(key.kind in kinds()[used.kind].parts for used in snapshot.used_by.get(key, ()))
    ):
        raise DeclarationError(
            f"{name_of(key)} is on a table",
            where=items[0].source,
            help="indexes of tables belong to the models: Alembic makes them",
        )
