"""Names, types and roles in the nodes of PostgreSQL's parse tree, as libpg_query prints it in JSON.

Fields that are zero, false or empty are absent there.
https://github.com/postgres/postgres/blob/master/src/include/nodes/parsenodes.h
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alembic_ext.sqltext import ident

Node = Mapping[str, Any]

ANY_RELATION = "relation"
"""Stands for the kind where a statement names a relation without saying which kind it is: ``GRANT … ON x``."""
ANY_ROUTINE = "routine"
"""The same for what is called with arguments: ``GRANT … ON ROUTINE f(int)``."""

ANY_TYPE = "type"
"""The same for types: ``GRANT … ON TYPE e``, ``COMMENT ON TYPE e``."""
ANY = frozenset({ANY_RELATION, ANY_ROUTINE, ANY_TYPE})
NO_TYPE = "NONE"
"""Stands among arguments for the left one of a prefix operator; a type of that name has to be quoted."""

# The types that the grammar itself spells in the catalog's way, as format_type prints them.
_PRINTED = {
    "bool": "boolean", "bpchar": "character", "float4": "real", "float8": "double precision", "int2": "smallint",
    "int4": "integer", "int8": "bigint", "timestamp": "timestamp without time zone", "varbit": "bit varying",
    "timestamptz": "timestamp with time zone", "time": "time without time zone", "timetz": "time with time zone",
    "varchar": "character varying", "bit": "bit", "interval": "interval", "json": "json", "numeric": "numeric",
}  # fmt: skip


def strings(nodes: Iterable[Node]) -> tuple[str, ...]:
    """The names in a list of String nodes."""
    return tuple(node["String"].get("sval", "") for node in nodes)


def relation(node: Node) -> tuple[str, ...]:
    """The names of a RangeVar: schema, where it was written, and name."""
    return (*filter(None, [node.get("schemaname", "")]), node["relname"])


def type_name(node: Node) -> str:
    """A TypeName as it may be written, without modifiers; ``t.c%TYPE`` for the type of a column."""
    names = strings(node.get("names", ()))
    if names[:1] == ("pg_catalog",) and names[1:] and names[1] in _PRINTED:
        name = _PRINTED[names[1]]
    else:
        name = ident(*names) + "%TYPE" * bool(node.get("pct_type"))
    return name + "[]" * len(node.get("arrayBounds", ()))


def parameter_types(parameters: Iterable[Node]) -> tuple[str, ...]:
    """The types of the FunctionParameter nodes that count for a function's identity: neither OUT nor TABLE."""
    modes = ("FUNC_PARAM_DEFAULT", "FUNC_PARAM_IN", "FUNC_PARAM_INOUT", "FUNC_PARAM_VARIADIC")
    found = (node["FunctionParameter"] for node in parameters)
    return tuple(type_name(node["argType"]) for node in found if node["mode"] in modes)


def routine(node: Node) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """The names and argument types of an ObjectWithArgs; None where it was named without arguments."""
    names = strings(node["objname"])
    if node.get("args_unspecified"):
        return names, None
    if "objfuncargs" in node:
        return names, parameter_types(node["objfuncargs"])
    return names, tuple(type_name(arg["TypeName"]) for arg in node.get("objargs", ()) if arg)


def named(node: Node) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """The names and argument types of whatever stands for an object in COMMENT, ALTER or GRANT."""
    ((what, inner),) = node.items()
    if what == "ObjectWithArgs":
        return routine(inner)
    if what == "RangeVar":
        return relation(inner), ()
    if what == "List":
        return tuple(name for item in inner["items"] for name in named(item)[0]), ()
    if what == "TypeName":
        return strings(inner["names"]), ()
    return (str(next(iter(inner.values()), "")),), ()


_ROLES = {
    "ROLESPEC_PUBLIC": "PUBLIC", "ROLESPEC_CURRENT_USER": "CURRENT_USER", "ROLESPEC_CURRENT_ROLE": "CURRENT_ROLE",
    "ROLESPEC_SESSION_USER": "SESSION_USER",
}  # fmt: skip


def role(node: Node) -> str:
    """A RoleSpec as it may be written: ``PUBLIC``, ``CURRENT_USER``, or a quoted name."""
    return _ROLES.get(node["roletype"]) or ident(node["rolename"])


def placeless(node: Any) -> Any:
    """A tree without the places where its words stand."""
    if isinstance(node, Mapping):
        return {name: placeless(value) for name, value in node.items() if name != "location"}
    return [placeless(value) for value in node] if isinstance(node, list) else node


def is_temporary(tree: Node) -> bool:
    """Whether a statement makes a temporary relation."""
    into = tree.get("into", {}).get("rel")
    return any(type(node) is dict and node.get("relpersistence") == "t" for node in (into, *tree.values()))


def nodes_with(tree: Any, word: str) -> Iterator[Node]:
    """What has a word in it, anywhere in a tree: ``relname`` of whatever names a relation."""
    if isinstance(tree, Mapping):
        if word in tree:
            yield tree
        for one in tree.values():
            yield from nodes_with(one, word)
    elif isinstance(tree, list):
        for one in tree:
            yield from nodes_with(one, word)


def nodes_in(tree: Any, name: str) -> Iterator[Node]:
    """The nodes of a name anywhere in a tree."""
    if isinstance(tree, Mapping):
        for word, one in tree.items():
            if word == name:
                yield one
            yield from nodes_in(one, name)
    elif isinstance(tree, list):
        for one in tree:
            yield from nodes_in(one, name)
