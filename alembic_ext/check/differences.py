"""Operations of an autogenerate as differences: one for each object, with a unified diff.

Of our own operations the definitions are compared, as the server prints both. Of Alembic's the SQL is: what makes a
column, an index or a constraint that only one side has, and what leads to either form of one that both have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from alembic.operations import Operations, ops
from alembic.runtime.migration import MigrationContext

from alembic_ext.findings import unified
from alembic_ext.operations import EntityOp, StepOp


@dataclass
class Difference:
    """An object that differs: its name, what the models would do to it, and its text on both sides, in lines.

    ``old`` is what the database has, ``new`` what the models say; ``only`` tells that one side lacks it: ``"old"`` or
    ``"new"`` is the side that has it. ``source`` is ``file:line`` of its declaration, where that is known.
    """

    object: str
    done: list[str] = field(default_factory=list)
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    only: str = ""
    source: str = ""

    def diff(self, against: str) -> str:
        """A unified diff; on a side that lacks the object it is ``/dev/null``."""
        left = "/dev/null" if self.only == "new" else f"{against}: {self.object}"
        right = "/dev/null" if self.only == "old" else f"models: {self.object}"
        return unified(self.old, self.new, left, right)

    def message(self, against: str) -> str:
        """The difference in words."""
        if self.only:
            sides = ("the models", against) if self.only == "new" else (against, "the models")
            return f"{self.object} is in {sides[0]} and not in {sides[1]}"
        done = ", ".join(dict.fromkeys(self.done))
        return f"{self.object} is not the same in {against} and the models" + (f": {done}" if done else "")


def differences(directives: Sequence[ops.UpgradeOps], dialect: str = "postgresql") -> list[Difference]:
    """The objects that differ, in the order of the operations; what speaks of one object is one difference.

    Of several databases each has its own objects, with its name behind theirs.
    """
    found: dict[str, Difference] = {}
    for directive in directives:
        database = str(directive.upgrade_token).removesuffix("_upgrades") if len(directives) > 1 else ""
        for operation in _flat(directive.ops):
            part = _of_entity(operation) if isinstance(operation, EntityOp) else _of(operation, dialect)
            name = f"{part.object} of {database}" if database else part.object
            whole = found.setdefault(name, Difference(name, source=part.source, only=part.only))
            whole.done += filter(None, part.done)
            whole.old += part.old
            whole.new += part.new
            whole.only = part.only or whole.only  # the indexes of a table go before it
    own = [one for one in found.values() if one.old != one.new]
    return own or list(found.values())  # what is made again for the sake of another object does not differ itself


def _flat(operations: Iterable[Any]) -> Iterator[Any]:
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            yield from _flat(operation.ops)
        elif not isinstance(operation, StepOp):
            yield operation


def _of(operation: Any, dialect: str) -> Difference:
    table = getattr(operation, "table_name", None) or getattr(operation, "source_table", None)
    if table is None:  # of another package
        return Difference(type(operation).__name__, new=[repr(operation.to_diff_tuple())])
    schema = getattr(operation, "schema", None) or getattr(operation, "source_schema", None)
    only = {ops.CreateTableOp: "new", ops.DropTableOp: "old"}.get(type(operation), "")
    old, new = _sides(operation, dialect)
    return Difference(f"table {schema}.{table}" if schema else f"table {table}", [_said(operation)], old, new, only)


def _of_entity(operation: EntityOp) -> Difference:
    texts = operation.texts
    comment = operation.up.comment if operation.up else f"{operation.verb} {operation.kind} {operation.name}"
    if texts is None:
        old = _lines(operation.down.statements if operation.down else ())
        new = _lines(operation.up.statements if operation.up else ())
        return Difference(comment.partition(" ")[2], [], old, new)
    only = "new" if not texts.old else "old" if not texts.new else ""
    return Difference(texts.label, [], _lines(texts.old), _lines(texts.new), only, texts.source)


def _lines(statements: Sequence[str]) -> list[str]:
    return [line for statement in statements for line in f"{statement.rstrip().rstrip(';')};".split("\n")]


def _said(operation: Any) -> str:
    """What an operation of Alembic's does to which part of its table: ``add column email``."""
    if isinstance(operation, (ops.CreateTableOp, ops.DropTableOp)):
        return ""
    if isinstance(operation, (ops.CreateTableCommentOp, ops.DropTableCommentOp)):
        return "change its comment"
    verb = "add" if isinstance(operation, _MAKE) else "drop" if isinstance(operation, _UNMAKE) else "change"
    column = getattr(operation, "column_name", None) or getattr(getattr(operation, "column", None), "name", None)
    parts = {"column": column, "index": getattr(operation, "index_name", None),
             "constraint": getattr(operation, "constraint_name", None)}  # fmt: skip
    part = next(
        (f"{word} {name}" for word, name in parts.items() if name), "a constraint" if verb != "change" else "it"
    )
    return f"{verb} {part}"


_MAKE = (ops.CreateTableOp, ops.AddColumnOp, ops.CreateIndexOp, ops.AddConstraintOp)
_UNMAKE = (ops.DropTableOp, ops.DropColumnOp, ops.DropIndexOp, ops.DropConstraintOp)


def _sides(operation: Any, dialect: str) -> tuple[list[str], list[str]]:
    if isinstance(operation, _MAKE):
        return [], sql(operation, dialect)
    try:
        back = operation.reverse()
    except Exception:  # what is gone was not reflected, or another package's operation has no way back
        return [], sql(operation, dialect)
    if isinstance(operation, _UNMAKE):
        return sql(back, dialect), []
    return sql(back, dialect), sql(operation, dialect)


def sql(operation: Any, dialect: str) -> list[str]:
    """The lines of SQL that an operation sends; what cannot be rendered offline is shown as Alembic shows it."""
    buffer = StringIO()
    try:
        context = MigrationContext.configure(
            dialect_name=dialect, opts={"as_sql": True, "output_buffer": buffer, "literal_binds": True}
        )
        Operations(context).invoke(operation)
    except Exception:
        return [repr(operation.to_diff_tuple())]
    return [line.rstrip() for line in buffer.getvalue().split("\n") if line.strip()]
