"""Assertions: what must be true before a revision may run, which it says itself in plain SQL.

    op.execute('''
        -- alembic-ext: assert every order has a customer
        DO $$ BEGIN
          ASSERT NOT EXISTS (SELECT FROM orders WHERE customer_id IS NULL), 'orders without a customer';
        END $$
    ''')

Under ``alembic upgrade`` it is a statement like any other. A deploy finds it in the file and runs it before everything
else of that revision, read-only and in a savepoint that is rolled back: so it fails before a lock is taken, and before
something of a revision that cannot be rolled back is committed. Found are constant strings that begin with the mark and
are one DO block; one that is put together at run time is only a statement.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_ext.errors import AlembicExtError

if TYPE_CHECKING:
    from alembic_ext.deploy.grip import Grip

_MARK = re.compile(r"\s*--\s*alembic-ext:\s*assert\b[ \t]*([^\n]*)\n\s*DO\b", re.IGNORECASE)


class Untrue(AlembicExtError):
    """An assertion of a revision does not hold; nothing of the revision was run."""


def found(source: str) -> list[tuple[str, str]]:
    r"""The assertions in a revision's ``upgrade()``: what each says, and its SQL.

    >>> found("def upgrade():\n    op.execute('-- alembic-ext: assert no rows\\nDO $$ BEGIN END $$')")
    [('no rows', '-- alembic-ext: assert no rows\nDO $$ BEGIN END $$')]
    """
    body = ast.parse(source).body
    functions = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"]
    texts = [
        (node.lineno, node.col_offset, node.value)
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [(match[1].strip(), text) for _, _, text in sorted(texts) if (match := _MARK.match(text))]


def check(path: str, grip: Grip) -> None:
    """Run the assertions of a revision over the connection that is about to run it.

    Raises:
        Untrue: one does not hold.
    """
    if Path(path).suffix != ".py" or not Path(path).exists():
        return
    for words, sql in found(Path(path).read_text("utf-8")):
        try:
            grip.try_out(sql)
        except Exception as error:
            raise Untrue(
                f"an assertion does not hold: {words or 'without words'}",
                where=path,
                server=str(error).strip().splitlines()[0],
                help="correct the data, then deploy again; nothing of the revision was run",
            ) from error
