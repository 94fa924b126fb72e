"""What statements declare: each is recognised by a kind or an aspect of one, or it is said why it cannot be declared.

Nothing here connects, and no kind of object is known here: which statement makes or sets what is asked of the kinds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from alembic_ext.declare.enums import without_repeated
from alembic_ext.declare.said_above import hints
from alembic_ext.errors import DeclarationError
from alembic_ext.kinds import Kind, aspect_kinds, kinds, word_of_type
from alembic_ext.kinds._beyond import BEYOND
from alembic_ext.model import Address, Declared
from alembic_ext.sqltext import Statement, split
from alembic_ext.sqltext.edit import commands, without_word
from alembic_ext.sqltext.parsetree import ANY, ANY_RELATION, ANY_ROUTINE, ANY_TYPE, is_temporary, relation

Text = tuple[str, str, bool]
"""SQL, where it was written, and whether the line is to be counted within it (a file's is)."""


class Placed(NamedTuple):
    """A declared statement, and whether there may be but one of its sort.

    What another one only implies gives way to what is said.
    """

    declared: Declared
    single: bool
    implied: bool = False


def recognise(texts: Iterable[Text], implied: Iterable[tuple[str, str]]) -> tuple[Declared, ...]:
    """What these texts declare, in their order, and what stands where the same is not declared otherwise: ``implied``.

    A statement that stands there several times in the same words is there once. What leaves something open (the kind,
    the arguments) speaks of the object that is declared so.

    Raises:
        DeclarationError: a text or a statement cannot be understood; one object has two definitions.
    """
    found: dict[tuple[object, ...], Declared] = {}
    single: dict[tuple[Address, str], Declared] = {}
    every: list[Placed] = []
    unsure: list[tuple[int, Statement]] = []  # trees are many: no others are kept
    for text, source, numbered in texts:
        for statement in split(text, source, numbered=numbered):
            if statement.node == "AlterTableStmt" and statement.tree["objtype"] == "OBJECT_TABLE":
                unsure.append((len(every), statement))
            else:
                every += _placed(statement)
    relations = _relations(every)
    for position, statement in reversed(unsure):
        every[position:position] = _placed(_meant(statement, relations))
    for text, source in implied:
        for placed in _of_text(text, source, numbered=False):
            every.append(Placed(placed.declared._replace(implied=True), single=False))
    for placed in _settled(every):
        item = placed.declared
        where = (item.address, item.aspect)
        if placed.single and (other := single.setdefault(where, item)).text != item.text:
            raise DeclarationError(
                f"{item.address}{item.aspect and ': ' + item.aspect} is declared twice with different text",
                where=f"{other.source} and {item.source}",
                help="keep one of the two",
            )
        found.setdefault((item.address, item.aspect, item.text), item)
    return tuple(without_repeated(list(found.values()), lambda item: item.address))


def declared(text: str, source: str = "") -> list[Declared]:
    """What the statements of a text declare, each as it is spelled.

    Raises:
        DeclarationError: a statement cannot be understood.
    """
    return [placed.declared for placed in _of_text(text, source, numbered=False)]


def _of_text(text: str, source: str, numbered: bool) -> Iterator[Placed]:
    for statement in split(text, source, numbered=numbered):
        yield from _placed(statement)


def _relations(every: Iterable[Placed]) -> dict[tuple[str, ...], str]:
    """What ALTER calls the relations that are declared, by their names as they are spelled."""
    made = (placed.declared for placed in every if placed.declared.creates and not placed.declared.aspect)
    some = ((item.address.names, kinds()[item.address.kind]) for item in made if item.address.kind in kinds())
    return {names: kind.object_type for names, kind in some if kind.catalog == "pg_class"}


def _meant(statement: Statement, relations: Mapping[tuple[str, ...], str]) -> Statement:
    """An ALTER TABLE as if it called the relation what that is: it may name one of any kind."""
    object_type = relations.get(relation(statement.tree["relation"]))
    return replace(statement, tree={**statement.tree, "objtype": object_type}) if object_type else statement


def _placed(statement: Statement) -> Iterator[Placed]:
    """What a statement declares, asked of every kind and aspect."""
    node, tree = statement.node, statement.tree
    maker = next((kind for kind in _makers().get(node, ()) if kind.makes(node, tree)), None)
    if maker is not None:
        yield from _made(maker, statement)
        return
    for piece in commands(statement) if len(tree.get("cmds", ())) > 1 else [statement]:
        yield from _said(piece, statement)


def _made(maker: Kind, statement: Statement) -> Iterator[Placed]:
    """The object that a statement makes, and what comes with it."""
    tree = statement.tree
    if not maker.may_be_declared(statement.node, tree):
        _check_managed(maker.name, statement)
    if is_temporary(tree):
        raise _misplaced(
            statement,
            "a temporary object is gone at the end of the session",
            "omit TEMPORARY, or make the object where it is used",
        )
    _check_form(maker, maker.spelled(tree), statement)
    first, *more = maker.parted(statement)
    yield _of(first, maker.spelled(tree), creates=True)
    for other in more:
        yield from _placed(other)
    for text in maker.implied(tree):
        yield from (placed._replace(implied=True) for placed in _of_text(text, statement.source, False))


def _said(piece: Statement, whole: Statement) -> Iterator[Placed]:
    """What a command of a statement says of an object: of its definition, or an aspect of it."""
    altered = next(filter(None, (kind.altered_by(piece.node, piece.tree) for kind in kinds().values())), None)
    said = [(kind, *what) for kind in aspect_kinds().values() for what in kind.said_by(piece)]
    if altered is None and not said:
        raise _unknown(whole)
    if altered is not None:
        if altered.kind in kinds():
            _check_form(kinds()[altered.kind], altered, piece)
        yield _of(piece, altered, creates=False)
    for kind, address, aspect, text in said:
        if address.kind not in ANY and address.kind not in kinds():
            _check_managed(address.kind, whole)
        declared = Declared(address, text, piece.source, aspect, creates=False)
        yield Placed(declared, single=not kind.several)


def _of(statement: Statement, address: Address, *, creates: bool) -> Placed:
    if address.names[-1:] in ((), ("",)):
        raise _misplaced(statement, "the object has no name", "name it")
    text = statement.text
    if statement.tree.get("concurrent"):  # what it is on is made in the same transaction
        text = without_word(text, "concurrently")
    try:
        said = hints(statement.above)
    except ValueError as error:
        raise DeclarationError(
            f"the comment {str(error)!r} cannot be read",
            where=statement.source,
            help="write -- renamed from old_name, or -- renamed value 'old' to 'new'",
        ) from None
    declared = Declared(
        address, text, statement.source, "", creates, said.renamed_from, said.renamed_values, cascade=said.cascade
    )
    return Placed(declared, single=creates)


@cache
def _makers() -> dict[str, list[Kind]]:
    """The kinds that a node of the parse tree may make one of."""
    found: defaultdict[str, list[Kind]] = defaultdict(list)
    for kind in kinds().values():
        for node in kind.nodes:
            found[node].append(kind)
    return found


@cache
def _declarable() -> frozenset[str]:
    managed = [kind for kind in kinds().values() if kind.managed]
    return frozenset(name for kind in managed for name in (kind.name, *kind.parts))


def _check_managed(name: str, statement: Statement) -> None:
    if name in _declarable():
        return
    if name in BEYOND:
        raise _misplaced(statement, *BEYOND[name])
    kind = kinds().get(name)
    if kind is not None and kind.advice:
        raise _misplaced(statement, kind.advice, "omit it here; Alembic makes it from the models")
    raise _misplaced(statement, f"the kind {name!r} is not supported yet", _BY_HAND)


def _check_form(kind: Kind, address: Address, statement: Statement) -> None:
    """Complain of what may not stand in a declaration, without repeating it."""
    if (objection := kind.objection(statement.tree)) is not None:
        why, help = objection
        raise DeclarationError(f"cannot declare {address}: {why}", where=statement.source, help=help)


_HINTS = {
    "DropStmt": "declare what shall exist; what is no longer declared is dropped",
    "RenameStmt": "declare the object under its new name",
    "AlterObjectSchemaStmt": "declare the object in its new schema",
    "AlterPolicyStmt": "declare the policy as it shall be",
    "TransactionStmt": "omit it: Alembic begins and commits",
    "VariableSetStmt": "omit it; what one object needs is set in its own CREATE",
    "GrantRoleStmt": "write GRANT parent TO member, without GRANTED BY",
    "CreatedbStmt": "make databases outside of migrations",
}
_BY_HAND = "write it in a revision by hand"
_ROWS = "rows are declared with Rows(table, [{…}, …]); or write it in a revision by hand"
_NOTHING = {
    "InsertStmt": _ROWS,
    "UpdateStmt": _ROWS,
    "DeleteStmt": _ROWS,
    "SelectStmt": "a query needs a name: CREATE VIEW name AS …, or View(name, query)",
}
"""Statements that create nothing, and what may have been meant."""
_ONE = "ACL_TARGET_OBJECT"
_MANY = frozenset({"AT_EnableTrigAll", "AT_DisableTrigAll", "AT_EnableTrigUser", "AT_DisableTrigUser"})
"""Commands of ALTER TABLE that speak of all that is on it."""


def _unknown(statement: Statement) -> DeclarationError:
    node = statement.node
    if hint := _HINTS.get(node):
        return _misplaced(statement, "declarations say what shall exist", hint)
    if statement.tree.get("targtype", _ONE) != _ONE:
        return _misplaced(statement, "it names many objects at once", "name each object")
    if any(command["AlterTableCmd"]["subtype"] in _MANY for command in statement.tree.get("cmds", ())):
        return _misplaced(statement, "it speaks of all triggers at once", "write it for each trigger, by its name")
    if object_type := statement.tree.get("objtype") or (node == "DefineStmt" and statement.tree["kind"]):
        _check_managed(word_of_type(object_type), statement)
    if node.startswith(("Create", "Define", "Alter", "Comment", "Grant", "SecLabel")):
        return _misplaced(statement, "it is not supported yet", _BY_HAND)
    return _misplaced(statement, "it creates nothing", _NOTHING.get(node, _BY_HAND))


def _misplaced(statement: Statement, why: str, help: str) -> DeclarationError:
    words = " ".join(statement.text.split())
    words = words if len(words) <= 120 else words[:117] + "..."
    return DeclarationError(f"cannot declare {words!r}: {why}", where=statement.source, help=help)


def _settled(items: list[Placed]) -> Iterator[Placed]:
    """Give each address that leaves something open (the kind, the arguments) that of the object declared so."""
    said = [item.declared.address for item in items if item.declared.creates and not item.implied]
    items = [item for item in items if not (item.implied and any(_alike(item.declared.address, one) for one in said))]
    made: defaultdict[tuple[str, ...], list[Address]] = defaultdict(list)
    for item in items:
        if item.declared.creates and item.declared.address not in made[item.declared.address.names]:
            made[item.declared.address.names].append(item.declared.address)
    for item in items:
        address = item.declared.address
        same = [other for other in made[address.names] if _may_mean(address, other)]
        if len(same) == 1 and same[0] != address:
            yield item._replace(declared=item.declared._replace(address=same[0]))
        else:
            yield item


def _alike(address: Address, other: Address) -> bool:
    """Whether two addresses may be of one object, one with its schema and one without."""
    same = (address.kind, address.names[-1]) == (other.kind, other.names[-1])
    return same and (set(address.names) <= set(other.names) or set(other.names) <= set(address.names))


def _may_mean(address: Address, other: Address) -> bool:
    kind: Kind = kinds()[other.kind]
    if address.kind == ANY_RELATION:
        return kind.catalog == "pg_class" or kind.has_columns
    if address.kind == ANY_TYPE:
        return kind.catalog == "pg_type"
    if address.kind == ANY_ROUTINE:
        return kind.catalog == "pg_proc" and address.args in (None, other.args)
    if address.kind == other.kind:
        return address.args is None
    named: Kind | None = kinds().get(address.kind)
    called = named is not None and named.catalog == kind.catalog == "pg_proc"
    return called and address.args == other.args  # FUNCTION may name an aggregate
