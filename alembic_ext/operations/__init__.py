"""The one operation of ours: what a revision says of one object, in both directions, and how it is rendered."""

from __future__ import annotations

import ast
import re
from textwrap import dedent, indent
from typing import TYPE_CHECKING, Any, NamedTuple

from alembic.autogenerate import renderers
from alembic.autogenerate.render import _alembic_autogenerate_prefix, _indent
from alembic.operations.ops import MigrateOperation

from alembic_ext.sqltext import escaped, one_line

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from alembic_ext.model import Key

WIDTH = 88


class Lines(NamedTuple):
    """What one direction of a revision says: comment lines, then the statements below them.

    What is ``committed`` stands in an ``autocommit_block()``.
    """

    comment: str
    statements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    committed: bool = False


class Texts(NamedTuple):
    """The definition of an object, or its aspect, in the database and as the models want it, as the server prints both.

    ``label`` is how a comment line names it, ``source`` the ``file:line`` of its declaration.
    """

    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    label: str = ""
    source: str = ""


class EntityOp(MigrateOperation):
    """One object's part of a revision: what the upgrade does to it and what the downgrade does.

    ``schema``, ``name`` and ``info`` are there for hooks that look at them as they do on Alembic's own operations.
    ``key`` and ``texts`` are for those who show differences; rows and what is renamed have none.
    """

    key: Key | None = None
    texts: Texts | None = None

    def __init__(
        self, verb: str, kind: str, schema: str, name: str, up: Lines | None, down: Lines | None, aspect: str = ""
    ) -> None:
        self.verb, self.kind, self.schema, self.name, self.up, self.down = verb, kind, schema, name, up, down
        self.aspect = aspect

    def reverse(self) -> EntityOp:
        return EntityOp(self.verb, self.kind, self.schema, self.name, self.down, self.up, self.aspect)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """As `alembic check` and ``compare_metadata()`` show it: ``("create_view", "public", "active_user")``."""
        what = f"{self.aspect} on {self.kind}" if self.aspect else self.kind
        return (f"{self.verb}_{what}".replace(" ", "_"), self.schema, self.name)


class StepOp(EntityOp):
    """A step that is no difference of its own: what only the downgrade does, a drop of what is made again below."""

    ops = ()
    """Alembic takes what has this attribute for a container, and lists the differences in it: none."""


@renderers.dispatch_for(EntityOp, replace=True)
def _render(context: AutogenContext, op: EntityOp) -> list[str]:
    return [] if op.up is None else render(context, op.up)


def render(context: AutogenContext, lines: Lines) -> list[str]:
    """The lines of a script: a blank one, the comments, one ``op.execute`` per statement."""
    prefix = _alembic_autogenerate_prefix(context)
    rendered = ["", *(f"# {one_line(comment)}" for comment in (lines.comment, *lines.notes) if comment)]
    if lines.committed:
        rendered.append(f"with {prefix}get_context().autocommit_block():")
    for statement in lines.statements:
        argument, imports = argument_of(statement, may_import=_imports_reach(context))
        context.imports |= imports
        rendered.append(f"{prefix}execute({argument})")
    return [*rendered, ""] if lines.committed else rendered  # Mako's printer indents after a colon, up to a blank line


def argument_of(statement: str, *, may_import: bool = True) -> tuple[str, set[str]]:
    """A Python expression for ``op.execute`` that gives back the exact text, as readable as it can be; its imports.

    Alembic indents every rendered line, also inside a triple-quoted text, and strips trailing blanks. So a block is
    used only where it gives back the text through that; else each line is a literal of its own.
    """
    if "${env:" in statement and (found := _with_secrets(statement, may_import=may_import)):
        return found
    text = escaped(statement)
    if "\n" not in text and len(text) <= WIDTH and "\r" not in text:
        return _literal(text), set()
    if may_import and (block := _block(text)) is not None:
        return block, {"from textwrap import dedent"}
    literals = "\n".join(f"    {_literal(line)}" for line in _LINE.findall(text))
    return f"\n{literals}\n", set()


_LINE = re.compile(r"[^\n]*\n|[^\n]+")


_VALUE = """+ "E'" + "".join(f"\\\\U{{ord(char):08x}}" for char in {module}.environ[{name}]) + "'\""""


def _with_secrets(statement: str, *, may_import: bool) -> tuple[str, set[str]] | None:
    """The text with lookups of environment variables where it has marks; None where it has none.

    A value is written as escapes, which neither SQL nor `sqlalchemy.text()` nor ``upgrade --sql`` takes for anything.
    """
    from alembic_ext.sqltext.secret import pieces

    found = pieces(statement)
    if len(found) == 1:
        return None
    lines: list[str] = []
    for piece in found:
        if isinstance(piece, str):
            literals = [_literal(line) for line in _LINE.findall(escaped(piece))]
            lines += ["+ " * bool(lines) + literals[0], *literals[1:]] if literals else []
        else:
            module = "os" if may_import else '__import__("os")'
            lines.append(_VALUE.format(module=module, name=_literal(piece.variable)))
    body = "".join(f"    {line}\n" for line in lines)
    return f"\n{body}", {"import os"} if may_import else set()


def _block(text: str) -> str | None:
    """A triple-quoted block, or None where the text would not survive in one. Line ends around SQL mean nothing."""
    raw = "r" if "\\" in text else ""
    block = f'\n    dedent({raw}"""\n{indent(text, " " * 8)}\n    """)\n'
    source = "def upgrade():\n    " + _indent(f"op.execute({block})")
    try:
        body: Any = ast.parse(source).body[0]
        inner = body.body[0].value.args[0].args[0]
        return block if dedent(ast.literal_eval(inner)) == f"\n{text}\n" else None
    except (SyntaxError, ValueError, AttributeError, IndexError):
        return None


def _literal(text: str) -> str:
    """A string literal with double quotes where that needs no more escapes, as formatters write it."""
    plain = repr(text)
    if plain.startswith("'") and '"' not in text:
        return '"' + plain[1:-1].replace("\\'", "'") + '"'
    return plain


_IMPORTS = re.compile(r"\$\{\s*imports\b")


def _imports_reach(context: AutogenContext) -> bool:
    """Whether the script template has a place for imports; a project may have written one without."""
    template = template_of(context)
    return template is None or bool(_IMPORTS.search(template))


def template_of(context: AutogenContext) -> str | None:
    """The text of the project's ``script.py.mako``, or None where there is no script directory."""
    script = context.migration_context.script
    if script is None:
        return None
    from pathlib import Path

    path = Path(script.dir, "script.py.mako")
    return path.read_text(encoding="utf-8") if path.is_file() else None
