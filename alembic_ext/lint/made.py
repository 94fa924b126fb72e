"""What statements make, by its bare name: for what no catalog shows any more, or not yet. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.parsetree import Node, strings
from alembic_ext.sqltext import parts

_RELATIONS = {"CreateStmt": "relation", "ViewStmt": "view", "CreateSeqStmt": "sequence", "CompositeTypeStmt": "typevar"}
_LISTS = {
    "CreateFunctionStmt": "funcname", "CreateEnumStmt": "typeName", "CreateDomainStmt": "domainname",
    "CreateRangeStmt": "typeName", "DefineStmt": "defnames",
}  # fmt: skip
_WORDS = {"CreateSchemaStmt": "schemaname", "CreateExtensionStmt": "extname", "RenameStmt": "newname"}


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


def bare(identity: str) -> str:
    """The last name of an object, as the server tells of it.

    >>> bare('public."Total"(integer)'), bare("fk on public.account")
    ('Total', 'fk')
    """
    return parts(identity.partition(" on ")[0].partition("(")[0])[-1]
