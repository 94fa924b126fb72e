"""A revision file as a value, read without running it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Revision:
    """A revision: its file, relative to the top of the repository or as the project has it, and what stands in it.

    ``tree`` is its syntax tree without what formatters change.
    """

    name: str
    file: str
    down: tuple[str, ...]
    labels: tuple[str, ...]
    depends: tuple[str, ...]
    tree: str
    lines: Mapping[str, int]
    """The lines of ``revision``, ``upgrade`` and ``downgrade``."""
    empty: frozenset[str]
    """Of ``upgrade`` and ``downgrade`` those that do nothing, or are not there."""
    message: str
    """The first line of its docstring."""
    refuses: bool
    """Whether ``downgrade`` raises NotImplementedError: irreversible by intent."""


def read(file: str, source: bytes) -> Revision | None:
    """The revision of a file, or None where it is none, or no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    values, lines = _assigned(tree)
    if not isinstance(values.get("revision"), str):
        return None
    message = (ast.get_docstring(tree) or "").strip().partition("\n")[0].strip()  # `plain` takes it out
    functions = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    lines |= {name: node.lineno for name, node in functions.items()}
    down = functions.get("downgrade")
    return Revision(
        values["revision"],
        file,
        _names(values.get("down_revision")),
        _names(values.get("branch_labels")),
        _names(values.get("depends_on")),
        plain(tree),
        lines,
        frozenset(word for word in ("upgrade", "downgrade") if not _does(functions, word)),
        message,
        down is not None and _refuses(down),
    )


def _assigned(tree: ast.Module) -> tuple[dict[str, Any], dict[str, int]]:
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for node in tree.body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                lines[target.id] = node.lineno
                try:
                    values[target.id] = ast.literal_eval(node.value)
                except ValueError:
                    values[target.id] = None
    return values, lines


def _names(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(one) for one in value)


def _does(functions: Mapping[str, Any], word: str) -> bool:
    """Whether a function, or those of the single databases (``upgrade_engine1``), do anything."""
    some = [node for name, node in functions.items() if name.startswith(f"{word}_")]
    if some and word in functions:
        return any(not _is_empty(node) for node in some)
    return word in functions and not _is_empty(functions[word])


def _is_empty(node: Any) -> bool:
    return all(
        isinstance(one, ast.Pass)
        or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        or (isinstance(one, ast.Return) and one.value is None)
        for one in node.body
    )


def _refuses(node: Any) -> bool:
    raised = [one.exc for one in ast.walk(node) if isinstance(one, ast.Raise) and one.exc is not None]
    names = [one.func if isinstance(one, ast.Call) else one for one in raised]
    return any(isinstance(one, ast.Name) and one.id == "NotImplementedError" for one in names)


class _Plain(ast.NodeTransformer):
    """Takes out what formatters and fixers change: docstrings, annotations, imports that are not used, their order."""

    def __init__(self, used: Collection[str]) -> None:
        self.used = used

    def visit(self, node: ast.AST) -> Any:
        super().generic_visit(node)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            documented = ast.get_docstring(node, clean=False) is not None
            node.body = _imports_sorted(node.body[1:] if documented else node.body, self.used)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            return ast.Assign(targets=[node.target], value=node.value, type_comment=None)
        return node


def _imports_sorted(body: Sequence[Any], used: Collection[str]) -> list[Any]:
    imports: dict[str, Any] = {}
    others = []
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            module = getattr(node, "module", None)
            if module in ("typing", "collections.abc", "__future__", "typing_extensions"):
                continue
            for alias in node.names:
                if (alias.asname or alias.name.partition(".")[0]) not in used:
                    continue
                one: Any = ast.Import([alias])
                if isinstance(node, ast.ImportFrom):
                    one = ast.ImportFrom(node.module, [alias], node.level)
                imports[ast.dump(one)] = one
        else:
            others.append(node)
    return [*(imports[name] for name in sorted(imports)), *others]


def plain(tree: ast.AST) -> str:
    """A syntax tree as text, equal for what only differs in layout, comments, docstrings and annotations."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return ast.dump(_Plain(used).visit(tree), include_attributes=False)
