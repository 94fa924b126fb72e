"""In the child process: what of the project's models a revision imports."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import MetaData, Table

from alembic_ext.history.place import is_projects

Imported = tuple[tuple[str, int], str]


def models_in(file: str) -> list[Imported]:
    """The tables and mapped classes that a revision imports, with the lines; but for what lies beside the revisions."""
    try:
        tree = ast.parse(Path(file).read_text("utf-8"))
    except (OSError, ValueError, SyntaxError):
        return []
    beside = str(Path(file).parents[1])
    found: list[Imported] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level:
            module = sys.modules.get(node.module or "")
            for alias in node.names if _counts(module, beside) else ():
                value = getattr(module, alias.name, None)
                if _is_model(value) or (_counts(value, beside) and _has_models(value)):
                    found.append(((file, node.lineno), f"{node.module}.{alias.name}"))
        elif isinstance(node, ast.Import):
            for alias in node.names:
                module = sys.modules.get(alias.name)
                if _counts(module, beside) and _has_models(module):
                    found.append(((file, node.lineno), alias.name))
    return sorted(found)


def _counts(module: Any, beside: str) -> bool:
    """Whether a module is the project's, and not a helper of its migrations."""
    file = getattr(module, "__file__", None)
    return isinstance(module, ModuleType) and bool(file) and is_projects(str(file)) and not str(file).startswith(beside)


def _is_model(value: Any) -> bool:
    whole = getattr(value, "metadata", None) if isinstance(value, type) else None
    return isinstance(value, (MetaData, Table)) or isinstance(whole, MetaData)


def _has_models(module: Any) -> bool:
    return any(_is_model(value) for value in vars(module).values())
