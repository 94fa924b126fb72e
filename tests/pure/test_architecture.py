"""What CONTRIBUTING promises: a new kind is a new file, because no stage knows one by name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import alembic_ext
from alembic_ext.kinds import Kind, aspect_kinds, kinds

PACKAGE = Path(alembic_ext.__file__).parent
STAGES = sorted(
    path.stem
    for path in PACKAGE.glob("*.py")
    if path.stem not in ("__init__", "kept")  # kept is SQL that a script runs
)


def texts(tree: ast.AST) -> set[str]:
    """The string constants that are no docstrings."""
    documentation = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body and isinstance(node.body[0], ast.Expr)
    }  # fmt: skip
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documentation
    }


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_names_no_kind(stage: str) -> None:
    tree = ast.parse((PACKAGE / f"{stage}.py").read_text("utf-8"))
    managed = {kind.name for kind in kinds().values() if kind.managed}

    assert texts(tree) & managed == set()
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert {module for module in imported if module.startswith("alembic_ext.kinds.")} <= {"alembic_ext.kinds._unread"}


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
def test_a_kind_says_what_it_is(kind: Kind) -> None:
    module = type(kind).__module__

    assert module == f"alembic_ext.kinds.{kind.name.replace(' ', '_').replace('-', '_')}"
    assert "https://www.postgresql.org/docs/current/" in (__import__(module, fromlist=["x"]).__doc__ or "")
    assert (type(kind).__doc__ or "") != Kind.__doc__


def test_ranks_and_names_are_apart() -> None:
    assert len({(kind.rank, kind.name) for kind in kinds().values()}) == len(kinds())
    assert [kind.name for kind in aspect_kinds().values()] == ["owner", "grant", "comment"]
