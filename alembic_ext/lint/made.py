"""What statements make, by its bare name: for what no catalog shows any more, or not yet. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.sqltext import parts
from alembic_ext.sqltext.parsetree import Node, parameter_types, strings

_RELATIONS = {"CreateStmt": "relation", "ViewStmt": "view", "CreateSeqStmt": "sequence", "CompositeTypeStmt": "typevar"}
_LISTS = {
    "CreateFunctionStmt": "funcname", "CreateEnumStmt": "typeName", "CreateDomainStmt": "domainname",
    "CreateRangeStmt": "typeName", "DefineStmt": "defnames",
}  # fmt: skip
_WORDS = {
    "CreateSchemaStmt": "schemaname", "CreateExtensionStmt": "extname", "RenameStmt": "newname",
    "CreatePublicationStmt": "pubname", "CreateRoleStmt": "role",
}  # fmt: skip


def made(node: str, tree: Node) -> str:
    """The name of what a statement creates, or renames something to; '' where it does neither.

    >>> made("RenameStmt", {"newname": "b"}), made("DropStmt", {})
    ('b', '')
    """
    if node in _RELATIONS:
        return str(tree[_RELATIONS[node]]["relname"])
    if node in _LISTS:
        return strings(tree[_LISTS[node]])[-1]
    if node == "CreateTableAsStmt":
        return str(tree["into"]["rel"]["relname"])
    return str(tree.get(_WORDS.get(node, ""), ""))


def made_by(moments: Iterable[Moment]) -> frozenset[str]:
    """The names that statements make."""
    return frozenset(made(one.node, one.tree) for one in moments) - {""}


def made_before(at: Moment) -> frozenset[str]:
    """The names that are made by earlier statements of the revision: nobody uses them yet."""
    return made_by(at.course.moments[: at.number])


def made_after(at: Moment) -> frozenset[str]:
    """The names that are made by later statements of the revision: what went comes back."""
    return made_by(at.course.moments[at.number + 1 :])


def answers(identity: str, moments: Iterable[Moment]) -> bool:
    """Whether a function that one of these statements makes is found by the calls of one that was dropped.

    It may take more, where that has defaults.
    """
    old = [one.strip().rpartition(".")[2] for one in identity.partition("(")[2][:-1].split(",") if one]
    for at in moments:
        if at.node != "CreateFunctionStmt" or made(at.node, at.tree) != bare(identity):
            continue
        found = [one["FunctionParameter"] for one in at.tree.get("parameters", ())]
        taken = [one for one in found if one["mode"] not in ("FUNC_PARAM_OUT", "FUNC_PARAM_TABLE")]
        types = [one.rpartition(".")[2] for one in parameter_types(at.tree.get("parameters", ()))]
        if types[: len(old)] == old and all(
            "defexpr" in one or one["mode"] == "FUNC_PARAM_VARIADIC" for one in taken[len(old) :]
        ):
            return True
    return False


def bare(identity: str) -> str:
    """The last name of an object, as the server tells of it.

    >>> bare('public."Total"(integer)'), bare("fk on public.account"), bare("(a AS b)")
    ('Total', 'fk', '')
    """
    return "".join(parts(identity.partition(" on ")[0].partition("(")[0])[-1:])
