"""The rules of the house, read from the sources: what may know what.

A new kind is a new file, because no stage knows one by name; values flow, and few modules see a connection; one door
for SQL text and names; few modules know Alembic; importing the package costs next to nothing.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import alembic_ext
from alembic_ext.kinds import Kind, aspect_kinds, kinds

PACKAGE = Path(alembic_ext.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
STAGES = [
    name
    for name in MODULES
    if "." not in name
    or name.startswith(("catalog.", "declare.", "diff.", "engine.", "operations.", "prove.", "sandbox.", "scratch."))
    if name not in ("__init__", "kinds", "embedded")
]
KINDS = [name for name in MODULES if name.startswith("kinds.")]

SPEAK_OF_KINDS = {
    "operations.kept",  # SQL that a revision runs: its catalogs and words are PostgreSQL's
}
KNOW_ALEMBIC = {
    "plugin", "engine.autogen",
    "operations", "operations.merged", "operations.rendered", "operations.tables",
    "engine.called_anew",  # which of Alembic's operations change nothing, and what they bring back
    "prove.helped",  # better forms of Alembic's operations
    "errors",  # the command shows CommandError without a traceback
    "history.steps",  # runs env.py
    "project",  # it is found as Alembic finds it
    "project.scripts",  # its revisions are loaded as Alembic loads them
}  # fmt: skip
COMMAND_LINE = ("commands", "check", "history", "stairway", "drift", "deploy", "lint", "pytest_plugin")
"""What runs projects rather than compares them; it knows Alembic's commands."""
SEE_A_DRIVER = {
    "engine.ahead",
    "drift.connection",
    "scratch.load",
    "sandbox",
    "sandbox.server",
    "session",
    "history.guard",
    "history.where",
    "history.kept",
}
SEND = {
    "lint.listener",
    "lint.runner",
    "lint.observer",
    "drift.connection",
    "session",
    "operations.rendered",
    "prove.trial",
    "history.guard",
    "deploy.raw",
}
DOOR = {"sqltext", "sqltext.edit", "sqltext.parsetree", "sqltext.pgquery", "sqltext.secret"}


def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text("utf-8"))


def texts(module: ast.AST) -> Iterator[str]:
    """The string constants, those in f-strings too, that are no docstrings."""
    bodies = [node.body for node in ast.walk(module) if isinstance(getattr(node, "body", None), list)]
    documentation = {statement.value for body in bodies for statement in body if isinstance(statement, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documentation:
            yield node.value


def imports(module: ast.AST, *, later: bool = True) -> set[str]:
    """The modules that are imported when the program runs; without ``later`` only those at the top."""
    found: set[str] = set()
    pending: list[ast.AST] = [module]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not later:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (
                names if ours(names) == {name.removeprefix("alembic_ext.") for name in names} else {node.module, *names}
            )
        pending += ast.iter_child_nodes(node)
    return found


def ours(found: set[str]) -> set[str]:
    """Those of the imported names that are modules of the package."""
    return {name.removeprefix("alembic_ext.") for name in found} & MODULES.keys()


def tops(found: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in found}


# ------------------------------------------------------------------------------------------------------------- kinds


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in SPEAK_OF_KINDS])
def test_a_stage_names_no_kind(stage: str) -> None:
    # "schema" is also a keyword of Alembic's operations and of ours, "role" a setting of a session
    assert [text for text in texts(tree(stage)) if text in kinds() and text not in ("schema", "role")] == []
    assert {name for name in ours(imports(tree(stage))) if name.startswith("kinds.")} <= {
        "kinds._beyond",
        "kinds._unread",
    }


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
def test_a_kind_says_what_it_is(kind: Kind) -> None:
    module = type(kind).__module__

    assert module == f"alembic_ext.kinds.{kind.name.replace(' ', '_').replace('-', '_')}"
    assert "https://www.postgresql.org/docs/current/" in (import_module(module).__doc__ or "")
    assert (type(kind).__doc__ or "") != Kind.__doc__


def test_kinds_are_found_not_listed() -> None:
    files = {name.removeprefix("kinds.") for name in KINDS if not name.startswith("kinds._")}

    assert files == {name.replace(" ", "_").replace("-", "_") for name in (*kinds(), *aspect_kinds())}
    assert ours(imports(tree("kinds"))) & set(KINDS) == {"kinds._aspect", "kinds._kind"}


def test_ranks_and_names_are_apart() -> None:
    assert len({(kind.rank, kind.name) for kind in kinds().values()}) == len(kinds())
    found = [kind.name for kind in aspect_kinds().values()]
    words = ["version", "owner", "grant", "default grant", "row security", "setting", "comment", "membership"]
    assert found == [*words, "role setting", "security label"]


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_sees_no_connection(name: str) -> None:
    found = ours(imports(tree(name)))

    assert {other for other in found if not other.startswith("kinds")} <= {
        "entity",
        "entity.selectable",
        "declare.table_part",
        "errors",
        "model",
        *DOOR,
    }
    assert not tops(imports(tree(name))) & {"alembic", "psycopg"}
    assert "sqlalchemy" not in tops(imports(tree(name), later=False))


# ------------------------------------------------------------------------------------------------- who may know what


@pytest.mark.parametrize("name", MODULES)
def test_few_modules_know_alembic_drivers_and_quoting(name: str) -> None:
    found = tops(imports(tree(name)))

    assert "alembic" not in found or name in KNOW_ALEMBIC or name.startswith(COMMAND_LINE)
    assert "psycopg" not in found or name in SEE_A_DRIVER
    assert not found & {"psycopg2", "asyncpg", "postgast"} or name in DOOR
    assert name in DOOR or not quoting(tree(name)), "names and texts are quoted in sqltext alone"


def quoting(module: ast.AST) -> list[str]:
    """Calls that double quotes, for PostgreSQL's settings file too."""
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    found = [
        ast.unparse(call) for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "replace"
    ]
    return [text for text in found if re.search(r"""replace\(('"'|"'"), ('""'|"''")\)""", text) and "value" not in text]


@pytest.mark.parametrize("name", MODULES)
def test_few_modules_send_sql(name: str) -> None:
    calls = {
        node.func.attr
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert not calls & {"execute", "exec_driver_sql", "executemany"} or name in SEND


def test_values_and_plans_are_pure() -> None:
    assert not ours(imports(tree("model")))
    assert ours(imports(tree("diff.plan"))) == {"model"}
    assert ours(imports(tree("scratch.filling"))) == {"kinds", "model", "names", "sqltext"}
    pure = {name for name in MODULES if name.partition(".")[0] == "diff"}
    for name in pure:
        assert ours(imports(tree(name))) <= pure | {"errors", "kinds", "model", "sqltext"}
        assert not tops(imports(tree(name))) & {"sqlalchemy", "alembic"}


def test_what_is_said_is_pure() -> None:
    formats = {name for name in MODULES if name.startswith("formats")}
    assert not ours(imports(tree("findings"))) | ours(imports(tree("redact")))
    for name in formats:
        assert ours(imports(tree(name))) <= {
            "alembic_ext",
            "__init__",
            "formats",
            "formats.markdown",
            "findings",
            "redact",
        }
        assert not tops(imports(tree(name))) & {"os", "subprocess", "click", "rich", "sqlalchemy", "alembic", "psycopg"}


def test_imports_make_no_cycle() -> None:
    """Not even those within functions, but for what a package imports later of its own.

    Whoever imports a module first imports the package that it is in.
    """

    def others(name: str) -> set[str]:
        later = {other for other in ours(imports(tree(name))) if not other.startswith(f"{name}.")}
        first = ours(imports(tree(name), later=False))
        folders = {".".join(other.split(".")[:depth]) for other in first for depth in range(1, other.count(".") + 1)}
        above = {folder for folder in folders if not f"{name}.".startswith(f"{folder}.")}
        return (first | later | above) - {name}

    TopologicalSorter({name: others(name) for name in MODULES}).prepare()


# ------------------------------------------------------------------------------------------------------- the package


def test_public_names() -> None:
    assert alembic_ext.__all__ == sorted(alembic_ext.__all__)
    assert set(alembic_ext.__all__) == set(alembic_ext._MODULES)
    assert all(getattr(alembic_ext, name).__doc__ for name in alembic_ext.__all__)
    assert [name for name in dir(alembic_ext) if not name.startswith("__")] == alembic_ext.__all__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        alembic_ext.nothing  # noqa: B018


def test_importing_costs_no_driver_and_no_parser() -> None:
    code = "import sys, alembic_ext; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())

    assert (
        not {"click", "rich", "psycopg", "psycopg2", "asyncpg", "postgast", "google.protobuf", "alembic_utils"} & loaded
    )
    assert {name for name in loaded if name.partition(".")[0] == "alembic_ext"} <= {
        f"alembic_ext{suffix}"
        for suffix in (
            "",
            ".plugin",
            ".engine.autogen",
            ".engine",
            ".operations.tables",
            ".errors",
            ".model",
            ".engine.ahead",
            ".operations",
            ".sqltext",
            ".sqltext.pgquery",
        )
    }


@pytest.mark.parametrize("name", MODULES)
def test_modules_and_functions_are_short(name: str) -> None:
    long = [
        node.name for node in ast.walk(tree(name))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.body[0].lineno > 55
    ]  # fmt: skip

    assert len(MODULES[name].read_text("utf-8").splitlines()) <= 400
    assert long == []
