"""Operations of an autogenerate as differences: one for each object, with a unified diff.

Of our own operations the definitions are compared, as the server prints both. Of Alembic's the SQL is: what makes a
column, an index or a constraint that only one side has, and what leads to either form of one that both have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from io import StringIO
from typing import Any

from alembic.operations import Operations, ops
from alembic.runtime.migration import MigrationContext

from alembic_ext.operations import EntityOp, StepOp

LEFT, RIGHT = "database", "models"


@dataclass
class Difference:
    """An object that differs: its name, what is to be done, and its text on both sides, in lines.

    ``old`` is what the database has, ``new`` what the models say. ``source`` is ``file:line``, where that is known.
    """

    object: str
    done: list[str] = field(default_factory=list)
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    source: str = ""

    @property
    def diff(self) -> str:
        """A unified diff; an object that one side lacks is there ``/dev/null``."""
        left = f"{LEFT}: {self.object}" if self.old else "/dev/null"
        right = f"{RIGHT}: {self.object}" if self.new else "/dev/null"
        return "\n".join(unified_diff(self.old, self.new, left, right, lineterm="", n=3))

    @property
    def message(self) -> str:
        """What the models would do to the database, in words."""
        return f"{self.object}: " + ", ".join(dict.fromkeys(self.done))


def differences(directives: Iterable[ops.UpgradeOps], dialect: str = "postgresql") -> list[Difference]:
    """The objects that differ, in the order of the operations; what speaks of one object is one difference."""
    found: dict[str, Difference] = {}
    for operation in _flat(one for directive in directives for one in directive.ops):
        name, done, old, new, source = _of(operation, dialect)
        difference = found.setdefault(name, Difference(name))
        difference.done.append(done)
        difference.old += old
        difference.new += new
        difference.source = difference.source or source
    return list(found.values())


def _flat(operations: Iterable[Any]) -> Iterator[Any]:
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            yield from _flat(operation.ops)
        elif not isinstance(operation, StepOp):
            yield operation


def _of(operation: Any, dialect: str) -> tuple[str, str, list[str], list[str], str]:
    """Of one operation: the object, what is done, the old lines, the new lines, the source."""
    if isinstance(operation, EntityOp):
        return _of_entity(operation)
    what, part = _said(operation)
    table = getattr(operation, "table_name", None) or getattr(operation, "source_table", None)
    if table is None:
        return type(operation).__name__, "differs", [], [repr(operation.to_diff_tuple())], ""
    schema = getattr(operation, "schema", None) or getattr(operation, "source_schema", None)
    name = f"table {schema}.{table}" if schema else f"table {table}"
    old, new = _sides(operation, dialect)
    return name, f"{what} {part}".strip(), old, new, ""


def _of_entity(operation: EntityOp) -> tuple[str, str, list[str], list[str], str]:
    texts = operation.texts
    comment = operation.up.comment if operation.up else f"{operation.verb} {operation.kind} {operation.name}"
    verb, _, name = comment.partition(" ")
    if texts is None:
        old = _lines(operation.down.statements if operation.down else ())
        new = _lines(operation.up.statements if operation.up else ())
        return name, f"{verb} it", old, new, ""
    old, new = _lines(texts.old), _lines(texts.new)
    return texts.label or name, f"{verb} it", old, new, texts.source


def _lines(statements: Sequence[str]) -> list[str]:
    return [line for statement in statements for line in f"{statement.rstrip().rstrip(';')};".split("\n")]


def _said(operation: Any) -> tuple[str, str]:
    """What an operation of Alembic's does to which part of its table: ``("add", "column email")``."""
    words = {
        ops.CreateTableOp: "create it",
        ops.DropTableOp: "drop it",
        ops.CreateTableCommentOp: "set its comment",
        ops.DropTableCommentOp: "drop its comment",
    }
    if type(operation) in words:
        return words[type(operation)], ""
    if isinstance(operation, ops.AddColumnOp):
        return "add", f"column {operation.column.name}"
    if isinstance(operation, ops.DropColumnOp):
        return "drop", f"column {operation.column_name}"
    if isinstance(operation, ops.AlterColumnOp):
        return "change", f"column {operation.column_name}"
    if isinstance(operation, (ops.CreateIndexOp, ops.DropIndexOp)):
        return "add" if isinstance(operation, ops.CreateIndexOp) else "drop", f"index {operation.index_name}"
    if isinstance(operation, ops.AddConstraintOp):
        return "add", f"constraint {getattr(operation, 'constraint_name', None) or ''}"
    if isinstance(operation, ops.DropConstraintOp):
        return "drop", f"constraint {operation.constraint_name}"
    return "change it", ""


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
