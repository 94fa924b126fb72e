"""What earlier revisions say: which objects are ours, and the text that last made each.

Above each of its statements a revision has a comment line, ``# create view active_user``. Only these lines in upgrade
functions, in the lineage of the heads that are being revised, make an object ours, and what alembic-utils' operations
say there; no state is kept anywhere else.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, NamedTuple

from alembic_ext.kinds import kinds, name_of
from alembic_ext.model import EMPTY, Declared, Key
from alembic_ext.sqltext import ident, many_lines, unescaped
from alembic_ext.sqltext.edit import unqualify

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

LINE = re.compile(r"# (create|replace|alter|recreate|restore|save|drop|rename) (.+)")
MARKS = (b"# create ", b"# replace ", b"# alter ", b"# drop ", b"# recreate ", b"# rename ")
RENAMED = " to "


class Lineage(NamedTuple):
    """``owned`` are the labels created and not dropped since, ``texts`` the statements that last made each label;
    ``replaced`` are labels that were changed but never created here. ``said`` are all statements about a label since
    it was made, with what was altered later.
    """

    owned: frozenset[str] = frozenset()
    texts: Mapping[str, tuple[str, ...]] = EMPTY
    replaced: frozenset[str] = frozenset()
    said: Mapping[str, tuple[str, ...]] = EMPTY

    def renamed(self, names: Mapping[str, str]) -> Lineage:
        """The same under other names; the texts of what has another name would make the old one."""
        owned = {names.get(name, name) for name in self.owned}
        for aspect, name in (pair for one in self.owned if _is_aspect(one) for pair in _split(one)):
            if name in names:
                owned = owned - {f"{aspect} on {name}"} | {f"{aspect} on {names[name]}"}
        return Lineage(
            frozenset(owned),
            {name: texts for name, texts in self.texts.items() if name not in names},
            frozenset(names.get(name, name) for name in self.replaced),
            {names.get(name, name): texts for name, texts in self.said.items()},
        )

    def aspects(self, keys: Iterable[Key], schema: str) -> dict[Key, frozenset[str]]:
        """The aspects of these objects that were set and not taken back since."""
        pairs = [pair for name in self.owned if _is_aspect(name) for pair in _split(name)]
        known = {label(key, schema): key for key in keys} if pairs else {}
        found: dict[Key, set[str]] = {}
        for aspect, name in pairs:
            if name in known:
                found.setdefault(known[name], set()).add(aspect)
        return {key: frozenset(names) for key, names in found.items()}


def _split(name: str, word: str = " on ") -> Iterator[tuple[str, str]]:
    """Every way to read ``comment on column a on view v`` as an aspect and an object."""
    words = name.split(word)
    return ((word.join(words[:count]), word.join(words[count:])) for count in range(1, len(words)))


@lru_cache(maxsize=100_000)
def label(key: Key, schema: str, aspect: str = "") -> str:
    """How a comment line names an object: ``view active_user``, ``comment on function f(integer)``."""
    name = name_of(key._replace(schema="") if key.schema == schema else key)
    if f"{ident(schema)}." in name:  # the type of an argument
        name = f"{key.kind} {unqualify(name.removeprefix(key.kind + ' '), schema)}"
    return f"{aspect} on {name}" if aspect else name


class Event(NamedTuple):
    """What a revision did to an object, in the words of a comment line.

    ``name`` is the label that stands there, or the statement of an object that another tool made: which object that
    means only the server knows. ``by`` tells apart what may have given the same label several times.
    """

    verb: str
    name: str | Declared
    statements: tuple[str, ...]
    by: str = ""


def events(
    script: ScriptDirectory | None, heads: Iterable[str], functions: frozenset[str], *, others: bool = True
) -> list[Event]:
    """What the revisions below these heads did, oldest first; ``functions`` are the names of their upgrade functions.

    With ``others`` what alembic-utils' operations did is there too.
    """
    if script is None:
        return []
    return [event for path in _files(script, heads) for event in _events(path, functions, others)]


def written(script: ScriptDirectory | None) -> bool:
    """Whether any revision has a comment line of ours."""
    if script is None:
        return False
    return any(_marked(Path(revision.path).read_bytes()) for revision in script.walk_revisions())


def foreign(branches: Iterable[Iterable[Event]]) -> Iterator[Declared]:
    """What revisions of other tools made."""
    return (event.name for branch in branches for event in branch if isinstance(event.name, Declared))


def read(found: Iterable[Event], label_of: Callable[[Declared], str | None]) -> Lineage:
    """What is ours after these events; ``label_of`` says how an object of another tool is named in a comment line."""
    makers: dict[str, set[str]] = {}
    replaced: set[str] = set()
    texts: dict[str, tuple[str, ...]] = {}
    said: dict[str, tuple[str, ...]] = {}
    for event in found:
        verb, name = event.verb, event.name if isinstance(event.name, str) else label_of(event.name)
        if name is None or verb in ("save", "restore"):  # only ends the statements above it
            continue
        if verb == "drop":
            makers[name] = makers.get(name, set()) - {event.by} if event.by else set()
            texts.pop(name, None)
            continue
        if verb == "rename":
            for old, new in _split(name, RENAMED):
                if old in makers:
                    makers[new] = makers.pop(old)
                    texts.pop(old, None)
                    said[new] = said.pop(old, ())
            continue
        if verb == "create":
            makers.setdefault(name, set()).add(event.by)
        elif verb in ("replace", "alter") and not makers.get(name):
            replaced.add(name)
        said[name] = (*(said.get(name, ()) if verb in ("alter", "replace") else ()), *event.statements)
        if verb == "alter" or (verb == "replace" and _is_aspect(name)):
            texts.pop(name, None)  # only what differs was written
        else:
            texts[name] = event.statements
    owned = frozenset(name for name, by in makers.items() if by)
    return Lineage(owned, texts, frozenset(replaced - owned), said)


def _is_aspect(name: str) -> bool:
    return not any(name.startswith(f"{kind} ") for kind in kinds())


def of_models(lineages: Sequence[Lineage], labels: Collection[str]) -> Lineage:
    """Of several branches those to which the models belong: they made something that is declared, by its label."""
    chosen = (
        [lineage for lineage in lineages if not lineage.owned.isdisjoint(labels)] if len(lineages) > 1 else lineages
    )
    return Lineage(
        frozenset().union(*(lineage.owned for lineage in chosen)),
        {name: text for lineage in chosen for name, text in lineage.texts.items()},
        frozenset().union(*(lineage.replaced for lineage in chosen)),
        {name: text for lineage in chosen for name, text in lineage.said.items()},
    )


def _files(script: ScriptDirectory, heads: Iterable[str]) -> list[Path]:
    """The revisions below these heads, oldest first; what another branch made is not ours, even if needed."""
    own: set[str] = set()
    waiting = list(heads)
    while waiting:
        if (name := waiting.pop()) not in own:
            own.add(name)
            below = script.get_revision(name).down_revision or ()
            waiting += [below] if isinstance(below, str) else below
    revisions = script.iterate_revisions(tuple(heads), "base")
    return [Path(revision.path) for revision in reversed(list(revisions)) if revision.revision in own]


def _marked(content: bytes) -> bool:
    return any(mark in content for mark in MARKS)


def _events(path: Path, functions: frozenset[str], others: bool) -> Iterator[Event]:
    """The comment lines of a revision's upgrade functions, each with the statements that follow it."""
    content = path.read_bytes()
    marked, foreign = _marked(content), others and b"_entity(" in content
    if not marked and not foreign:
        return
    with tokenize.open(path) as file:
        source = file.read()
    try:
        tree = ast.parse(source)
        comments = {
            token.start[0]: token.string
            for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type == tokenize.COMMENT
        }
    except (SyntaxError, tokenize.TokenError):
        return  # Alembic will say so
    found: list[tuple[int, Event]] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            found += _of_function(node, comments)
    if foreign:
        from alembic_ext.adapters.alembic_utils_revisions import done

        found += (
            (row, Event(verb, made.declared, made.statements, made.by)) for row, verb, made in done(tree, functions)
        )
    yield from (event for _, event in sorted(found, key=lambda pair: pair[0]))


def _of_function(node: ast.FunctionDef, comments: Mapping[int, str]) -> Iterator[tuple[int, Event]]:
    lines = [
        (row, match)
        for row, text in sorted(comments.items())
        if node.lineno < row <= (node.end_lineno or row) and (match := LINE.fullmatch(text.strip()))
    ]
    calls = sorted(
        (
            (call.lineno, text)
            for call in ast.walk(node)
            if isinstance(call, ast.Call) and (text := _executed(call)) is not None
        ),
        key=lambda pair: pair[0],
    )
    ends = [row for row, _ in lines[1:]] + [10**9]
    for (row, match), end in zip(lines, ends, strict=False):  # where there is no line there is an end too many
        yield row, Event(match[1], many_lines(match[2]), tuple(text for at, text in calls if row < at < end))


def _executed(call: ast.Call) -> str | None:
    """The SQL of ``op.execute("…")`` or ``op.execute(dedent("…"))``, or None."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == "execute" and len(call.args) == 1):
        return None
    (argument,) = call.args
    if isinstance(argument, ast.BinOp):
        text = _added(argument)
        return None if text is None else unescaped(text).replace("E'${env:", "'${env:")
    inner = argument.args[0] if isinstance(argument, ast.Call) and argument.args else argument
    if not (isinstance(inner, ast.Constant) and isinstance(inner.value, str)):
        return None
    return unescaped(dedent(inner.value).strip("\n") if inner is not argument else inner.value)


def _added(node: ast.AST) -> str | None:
    """A text that is added up of constants and of environment variables, which stand as marks of secrets."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp):
        left, right = _added(node.left), _added(node.right)
        return None if left is None or right is None else left + right
    names = [one.slice for one in ast.walk(node) if isinstance(one, ast.Subscript)]
    found = [str(name.value) for name in names if isinstance(name, ast.Constant)]
    return f"${{env:{found[0]}}}" if len(found) == 1 else None
