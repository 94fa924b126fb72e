"""What earlier revisions say: which objects are ours, and the text that last made each.

Above each of its statements a revision has a comment line, ``# create view active_user``. Only these lines in upgrade
functions, in the lineage of the heads that are being revised, make an object ours; no state is kept anywhere else.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

from alembic_ext.kinds import kinds
from alembic_ext.model import Key
from alembic_ext.sqltext import ident, many_lines, unescaped, unqualify

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

LINE = re.compile(r"# (create|replace|alter|recreate|restore|save|drop|rename) (.+)")
MARKS = (b"# create ", b"# replace ", b"# alter ", b"# drop ", b"# recreate ", b"# rename ")
RENAMED = " to "


@dataclass(frozen=True)
class Lineage:
    """``owned`` are the labels created and not dropped since, ``texts`` the statements that last made each label;
    ``replaced`` are labels that were changed but never created here.
    """

    owned: frozenset[str] = frozenset()
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    replaced: frozenset[str] = frozenset()

    def aspects(self, keys: Iterable[Key], schema: str) -> dict[Key, frozenset[str]]:
        """The aspects of these objects that were set and not taken back since."""
        pairs = [pair for name in self.owned if _is_aspect(name) for pair in _split(name)]
        known = {label(key, schema): key for key in keys} if pairs else {}
        found: dict[Key, set[str]] = {}
        for aspect, name in pairs:
            if name in known:
                found.setdefault(known[name], set()).add(aspect)
        return {key: frozenset(names) for key, names in found.items()}


def _split(name: str) -> Iterator[tuple[str, str]]:
    """Every way to read ``comment on column a on view v`` as an aspect and an object."""
    words = name.split(" on ")
    return ((" on ".join(words[:count]), " on ".join(words[count:])) for count in range(1, len(words)))


@lru_cache(maxsize=100_000)
def label(key: Key, schema: str, aspect: str = "") -> str:
    """How a comment line names an object: ``view active_user``, ``comment on function f(integer)``."""
    kind = kinds()[key.kind]
    identity = kind.identity(key._replace(schema="") if key.schema == schema else key)
    if kind.identified_by == "relation":
        identity = identity.replace(" ON ", " on ", 1)
    if f"{ident(schema)}." in identity:  # the type of an argument
        identity = unqualify(identity, schema)
    name = f"{key.kind} {identity}"
    return f"{aspect} on {name}" if aspect else name


def read(script: ScriptDirectory | None, heads: Iterable[str], functions: frozenset[str]) -> Lineage:
    """Read the revisions below these heads, oldest first; ``functions`` are the names of their upgrade functions."""
    if script is None:
        return Lineage()
    owned: set[str] = set()
    replaced: set[str] = set()
    texts: dict[str, tuple[str, ...]] = {}
    for path in _files(script, heads):
        for verb, name, statements in _events(path, functions):
            if verb in ("save", "restore"):  # only ends the statements above it
                continue
            if verb == "drop":
                owned.discard(name)
                texts.pop(name, None)
                continue
            if verb == "rename":
                old, _, new = name.partition(RENAMED)
                owned = {new if label == old else label for label in owned}
                continue
            if verb == "create":
                owned.add(name)
            elif verb in ("replace", "alter") and name not in owned:
                replaced.add(name)
            if verb == "alter" or (verb == "replace" and _is_aspect(name)):
                texts.pop(name, None)  # only what differs was written
            else:
                texts[name] = statements
    return Lineage(frozenset(owned), texts, frozenset(replaced - owned))


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


def _events(path: Path, functions: frozenset[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The comment lines of a revision's upgrade functions, each with the statements that follow it."""
    content = path.read_bytes()
    if not any(mark in content for mark in MARKS):
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
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            yield from _of_function(node, comments)


def _of_function(node: ast.FunctionDef, comments: Mapping[int, str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
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
    for (row, match), end in zip(lines, ends, strict=True):
        yield match[1], many_lines(match[2]), tuple(text for at, text in calls if row < at < end)


def _executed(call: ast.Call) -> str | None:
    """The SQL of ``op.execute("…")`` or ``op.execute(dedent("…"))``, or None."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == "execute" and len(call.args) == 1):
        return None
    (argument,) = call.args
    inner = argument.args[0] if isinstance(argument, ast.Call) and argument.args else argument
    if not (isinstance(inner, ast.Constant) and isinstance(inner.value, str)):
        return None
    return unescaped(dedent(inner.value).strip("\n") if inner is not argument else inner.value)
