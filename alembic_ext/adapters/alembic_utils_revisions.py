"""What alembic-utils' operations did in old revisions: these are read, not run."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from alembic_ext.adapters.alembic_utils import PACKAGE, is_compared, its_registry, statement
from alembic_ext.declare.recognise import declared
from alembic_ext.model import Declared

_CLASSES = {
    "PGExtension": "pg_extension",
    "PGFunction": "pg_function",
    "PGGrantTable": "pg_grant_table",
    "PGGrantTableChoice": "pg_grant_table",
    "PGMaterializedView": "pg_materialized_view",
    "PGPolicy": "pg_policy",
    "PGTrigger": "pg_trigger",
    "PGView": "pg_view",
}
_VERBS = {"create_entity": "create", "replace_entity": "replace", "drop_entity": "drop"}


@dataclass(frozen=True)
class Made:
    """An object that an old revision made, replaced or dropped.

    ``statements`` are empty where its definition cannot be told from the revision's text alone.
    """

    declared: Declared
    statements: tuple[str, ...]
    by: str


def done(tree: ast.Module, functions: frozenset[str]) -> list[tuple[int, str, Made]]:
    """What the functions of these names do with alembic-utils' operations: (line, verb, object).

    The revision is read, not run: an entity counts that is written there in constants, whether in the call, in a
    variable of the function or in one of the module. What it imports from elsewhere is not known.
    """
    reader = _Reader()
    reader.read(tree.body)
    known = dict(reader.known)
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            body = _Reader(dict(known))
            body.read(node.body)
            found += body.done
    return found


_NOTHING = object()
_ANY_DEFINITION = {
    "PGFunction": "returns void language sql as ''",
    "PGMaterializedView": "select",
    "PGPolicy": "",
    "PGTrigger": "after insert on {on_entity} execute function f()",
    "PGView": "select",
}
_METHODS = ("strip", "lstrip", "rstrip", "lower", "upper", "from_sql")


class _Reader:
    """Follows a block of statements: which names hold which constants and entities, and what is done with these."""

    def __init__(self, known: dict[str, Any] | None = None) -> None:
        self.known: dict[str, Any] = known or {}
        self.done: list[tuple[int, str, Made]] = []

    def read(self, block: Sequence[ast.stmt]) -> None:
        for node in block:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                value = self.value(node.value)
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    self._bind(target, value)
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                self._call(node.value)
            elif isinstance(node, ast.For):
                values = self.value(node.iter)
                for value in values if isinstance(values, list) else []:
                    self._bind(node.target, value)
                    self.read(node.body)
            elif isinstance(node, (ast.With, ast.If, ast.While, ast.Try)):
                self.read(node.body)
                self.read(getattr(node, "orelse", []))
                self.read(getattr(node, "finalbody", []))

    def _bind(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            self.known[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            known = isinstance(value, list) and len(value) == len(target.elts)
            for each, one in zip(target.elts, value if known else [_NOTHING] * len(target.elts), strict=True):
                self._bind(each, one)

    def _call(self, call: ast.Call) -> None:
        verb = _VERBS.get(call.func.attr) if isinstance(call.func, ast.Attribute) else None
        given = [*call.args, *(word.value for word in call.keywords if word.arg == "target")]
        if verb is None or not given:
            return
        entity = self.value(given[0])
        if isinstance(entity, _Entity) and (made := entity.made()) is not None:
            self.done.append((call.lineno, verb, made))

    def value(self, node: ast.expr) -> Any:
        """The constant, the list or the entity that an expression stands for, or _NOTHING."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self.known.get(node.id, _NOTHING)
        if isinstance(node, (ast.List, ast.Tuple)):
            return [self.value(each) for each in node.elts]
        if isinstance(node, ast.JoinedStr):
            parts = [self.value(each.value if isinstance(each, ast.FormattedValue) else each) for each in node.values]
            return "".join(parts) if all(isinstance(part, str) for part in parts) else _NOTHING
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.value(node.left), self.value(node.right)
            return left + right if isinstance(left, str) and isinstance(right, str) else _NOTHING
        if isinstance(node, ast.Attribute):
            if _name(node.value) == "PGGrantTableChoice":
                return node.attr
            entity = self.value(node.value)
            return entity.arguments.get(node.attr, _NOTHING) if isinstance(entity, _Entity) else _NOTHING
        return self._called(node) if isinstance(node, ast.Call) else _NOTHING

    def _called(self, call: ast.Call) -> Any:
        name = _name(call.func)
        values = [self.value(each) for each in call.args]
        if name in ("dedent", "PGGrantTableChoice", "sql_text", "text") and len(values) == 1:
            from textwrap import dedent

            (text,) = values
            return (dedent(text) if name == "dedent" else text) if isinstance(text, str) else _NOTHING
        words = {word.arg: self.value(word.value) for word in call.keywords if word.arg}
        if name in _CLASSES:
            return _Entity(name, dict(zip(_ARGUMENTS[name], values, strict=False)) | words)
        if isinstance(call.func, ast.Attribute) and name in _METHODS:
            if name == "from_sql" and (class_ := _name(call.func.value)) in _CLASSES:
                return _Entity(class_, {"sql": (*values, *words.values())[0]})
            subject = self.value(call.func.value)
            return getattr(subject, name)() if isinstance(subject, str) and not values else _NOTHING
        return _NOTHING


_ARGUMENTS = {
    "PGExtension": ("schema", "signature"),
    "PGFunction": ("schema", "signature", "definition"),
    "PGGrantTable": ("schema", "table", "role", "grant", "columns", "with_grant_option"),
    "PGMaterializedView": ("schema", "signature", "definition", "with_data"),
    "PGPolicy": ("schema", "signature", "definition", "on_entity"),
    "PGTrigger": ("schema", "signature", "definition", "on_entity", "is_constraint"),
    "PGView": ("schema", "signature", "definition"),
}


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


@dataclass(frozen=True)
class _Entity:
    """An entity as a revision writes it: its class and its arguments, as far as they are known."""

    name: str
    arguments: Mapping[str, Any]

    def made(self) -> Made | None:
        """The object, or None where the revision does not say enough, or where it is none of what is compared."""
        arguments, is_known = dict(self.arguments), True
        if arguments.get("definition") is _NOTHING:
            is_known = False
            arguments["definition"] = _ANY_DEFINITION[self.name].format_map({"on_entity": "x", **arguments})
        if any(value is _NOTHING for value in arguments.values()):
            return None
        class_ = getattr(import_module(f"{PACKAGE}.{_CLASSES[self.name]}"), self.name)
        try:
            entity = class_.from_sql(arguments["sql"]) if "sql" in arguments else class_(**arguments)
            found = declared(statement(entity))
        except Exception:  # what its own classes refuse was never made
            return None
        registry = its_registry()
        if len(found) != 1 or not is_compared(class_) or entity.schema in registry.exclude_schemas:
            return None
        return Made(found[0], (found[0].text,) if is_known else (), entity.identity)
