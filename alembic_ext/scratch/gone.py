"""What goes, or becomes another, although tables needed it until now: dropped in the sandbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alembic_ext.errors import CannotPlan
from alembic_ext.kinds import kinds, of_tables, ranks
from alembic_ext.model import Key, Snapshot
from alembic_ext.sandbox import Sandbox
from alembic_ext.scratch import explain
from alembic_ext.scratch.load import load

WENT = ("42704", "42883", "42P01")
"""SQLSTATEs of what is not there: a table operation took it along."""


def drop_gone(sandbox: Sandbox, now: Snapshot, gone: Iterable[Key], failed: Iterable[Exception] = ()) -> None:
    """Drop them; operations of Alembic's that ``failed`` may be the reason where one cannot be dropped.

    Raises:
        CannotPlan: something still uses one.
    """
    order = list(reversed(now.ordered(gone, ranks())))
    refused = load(sandbox.session, [(key, kinds()[key.kind].drops(now[key])) for key in order])
    refused = [no for no in refused if no.error.sqlstate not in WENT]
    if not refused or _drop_below(sandbox, now, [no.name for no in refused]):
        return
    whole = any(not kinds()[user.kind].droppable for user in now.users_of.get(refused[0].name, ()))
    raise CannotPlan(
        f"{refused[0].name} is no longer declared, but something still uses it",
        server="\n          ".join([explain.words(refused[0]), *explain.at_operations(failed)]),
        help="change what uses it in the same revision, or declare it again"
        + "; for what a column itself needs, a generated one for instance: drop the column in a revision before"
        * whole,
    )


def _drop_below(sandbox: Sandbox, now: Snapshot, gone: Sequence[Key]) -> bool:
    """Drop what parts of tables use, if these, made again, use something else: another function of that name.

    What is said of them stays.
    """
    there = sandbox.read()
    parts = there.users(gone) - set(gone)
    if not all(of_tables(there, key) and kinds()[key.kind].droppable for key in parts):
        return False
    order = there.ordered(parts, ranks())
    drops = [text for key in reversed(order) for text in kinds()[key.kind].drops(there[key])]
    drops += [text for key in gone for text in kinds()[key.kind].drops(now[key])]
    made = [text for key in order for text in there[key].definition]
    said = [text for key in order for aspect in there[key].aspects for text in aspect.set]
    return not load(sandbox.session, [("", [*drops, *made, *said])])


def made_again(sandbox: Sandbox, key: Key, text: str) -> bool:
    """Make it anew, which could not be replaced, with all that uses it; tell whether that was possible."""
    there = sandbox.read()
    order = there.ordered(there.users([key]), ranks())
    if key not in there or not all(kinds()[user.kind].droppable for user in order):
        return False
    drops = [text for user in reversed(order) for text in kinds()[user.kind].drops(there[user])]
    users = (text for user in order if user != key for text in there[user].definition)
    return not load(sandbox.session, [("", [*drops, text, *users])])
