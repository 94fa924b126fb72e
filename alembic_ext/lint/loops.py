"""In the child process: the loops of a revision that write to the database once for each round."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

Loop = tuple[str, int, list[tuple[int, int]]]
"""File and line of a loop, and the ranges of lines that give what it runs over."""
_SENDS = {"execute", "exec_driver_sql"}


def loops_in(file: str) -> list[Loop]:
    """The loops, each with the lines of what it runs over, and of what that was made of before."""
    try:
        tree = ast.parse(Path(file).read_text("utf-8"))
    except (OSError, ValueError, SyntaxError):
        return []
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return [
        (file, node.lineno, _sources(node, function))
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.For) and any(_writes(node))
    ]


def rounds_in(file: str) -> list[tuple[str, int, int]]:
    """The first and last lines of all loops."""
    try:
        tree = ast.parse(Path(file).read_text("utf-8"))
    except (OSError, ValueError, SyntaxError):
        return []
    loops = [node for node in ast.walk(tree) if isinstance(node, (ast.For, ast.While))]
    return [(file, node.lineno, node.end_lineno or node.lineno) for node in loops]


def _writes(loop: ast.For) -> Iterator[bool]:
    """Whether something in it sends a statement, or changes what it runs over, which a session sends later."""
    over = _names(loop.target)
    for part in loop.body:
        for node in ast.walk(part):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield node.func.attr in _SENDS
            elif isinstance(node, ast.Assign):
                yield any(isinstance(one, ast.Attribute) and _names(one.value) & over for one in node.targets)


def _sources(loop: ast.For, function: ast.FunctionDef) -> list[tuple[int, int]]:
    given: list[tuple[frozenset[str], ast.expr]] = [
        (frozenset().union(*map(_names, node.targets)), node.value)
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and node.lineno < loop.lineno
    ]
    wanted, found = [loop.iter], list[ast.expr]()
    while wanted:
        one = wanted.pop()
        found.append(one)
        wanted += [value for names, value in given if names & _names(one) and value not in found]
    return [(one.lineno, one.end_lineno or one.lineno) for one in found]


def _names(node: ast.expr) -> frozenset[str]:
    return frozenset(one.id for one in ast.walk(node) if isinstance(one, ast.Name))
