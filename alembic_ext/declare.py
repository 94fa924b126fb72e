"""What a user declares beside the models: `register` stores it on a MetaData, `collect` reads it as flat values.

Nothing here connects, and no kind of object is known here: which statement makes or sets what is asked of the kinds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_ext import mistaken
from alembic_ext.adapters import alembic_utils
from alembic_ext.cache import FORMAT, Cache, digest
from alembic_ext.entity import Entity, declared_at
from alembic_ext.enums import without_repeated
from alembic_ext.errors import DeclarationError
from alembic_ext.kinds import Kind, aspect_kinds, kinds, word_of_type
from alembic_ext.kinds._beyond import BEYOND
from alembic_ext.model import Address, Declared
from alembic_ext.parsetree import ANY, ANY_RELATION, ANY_ROUTINE, ANY_TYPE, is_temporary
from alembic_ext.rows import Rows
from alembic_ext.said_above import hints
from alembic_ext.sqledit import commands, without_word
from alembic_ext.sqltext import Statement, split

if TYPE_CHECKING:
    from sqlalchemy import MetaData

FORGETFUL = Cache(enabled=False)
INFO = "alembic_ext"
"""Where a MetaData keeps what was registered: ``metadata.info[INFO]``."""


@dataclass(frozen=True)
class Item:
    """Something that was registered, and where in the user's code."""

    value: object
    source: str


def register(metadata: MetaData, *items: Any) -> None:
    """Declare database objects beside the tables of a MetaData.

    Args:
        metadata: the MetaData that ``env.py`` gives to Alembic as ``target_metadata``.
        items: any number of this package's classes (`Function`, `View`, `Rows` …), SQL text (str, any number of
            statements), `pathlib.Path` of a ``.sql`` file or of a folder of them (searched to any depth, in the order
            of their paths), entities of alembic-utils, and lists of these. A relative path is taken from the working
            directory, or, if it is not there, from the folder of the file that calls `register`.

    Nothing is connected or read before Alembic asks for it.

    Raises:
        DeclarationError: an item is none of these.
    """
    source = declared_at()
    if not hasattr(metadata, "info"):
        raise DeclarationError(
            f"{metadata!r} is no MetaData", where=source, help="give Base.metadata: what env.py calls target_metadata"
        )
    found = [Item(value, source) for value in _flat(items)]
    for item in found:
        declarable = isinstance(item.value, (Entity, Rows, str, Path)) or alembic_utils.is_entity(item.value)
        if said := mistaken.about(item.value, declarable=declarable):
            raise DeclarationError(said[0], where=source, help=said[1])
    metadata.info.setdefault(INFO, []).extend(found)


def collect(
    metadata: MetaData | Sequence[MetaData] | None,
    cache: Cache = FORGETFUL,
    beside: Iterable[Text] = (),
    implied: Sequence[tuple[str, str]] = (),
    unknown: Callable[[], None] = lambda: None,
) -> tuple[Declared, ...]:
    """Every statement that was declared on one or several MetaData or ``beside`` them, in the order of declaration.

    A statement that was declared several times in the same words is there once. Texts that ``cache`` knows are not
    parsed again. ``implied`` are statements, with their places, that stand where the same is not declared otherwise.
    ``unknown`` is called before texts are parsed that no earlier run has seen.

    Raises:
        DeclarationError: a text, a path or a statement cannot be understood; one object has two definitions.
    """
    every = [metadata] if metadata is not None and not isinstance(metadata, Sequence) else metadata or ()
    texts = [*(text for one in every for text in _texts(one)), *beside]
    name = f"declared-{digest(FORMAT, texts, implied)}"
    known = cache.get(name) if texts or implied else []
    if known is not None:
        return tuple(_remembered(*values) for values in known)
    unknown()
    found = _found(texts, implied)
    cache.put(
        name,
        [
            [
                item.address.kind,
                item.address.names,
                item.address.args,
                item.text,
                item.source,
                item.aspect,
                item.creates,
                item.renamed_from,
                item.renamed_values,
                item.implied,
                item.cascade,
            ]
            for item in found
        ],
    )
    return found


def _remembered(kind: str, names: Sequence[str], args: Sequence[str] | None, *fields: Any) -> Declared:
    text, source, aspect, creates, old, values, implied, cascade = fields
    address, pairs = Address(kind, tuple(names), None if args is None else tuple(args)), tuple(map(tuple, values))
    return Declared(address, text, source, aspect, creates, old, pairs, implied=implied, cascade=cascade)


def _found(texts: Iterable[Text], implied: Iterable[tuple[str, str]]) -> tuple[Declared, ...]:
    found: dict[tuple[object, ...], Declared] = {}
    single: dict[tuple[Address, str], Declared] = {}
    every = [placed for text in texts for placed in _declared(*text)]
    for text, source in implied:
        for placed in _declared(text, source, numbered=False):
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


@dataclass(frozen=True)
class Placed:
    """A declared statement, and whether there may be but one of its sort.

    What another one only implies gives way to what is said.
    """

    declared: Declared
    single: bool
    implied: bool = False


def _flat(items: Iterable[Any]) -> Iterator[object]:
    for item in items:
        if isinstance(item, (list, tuple, set, frozenset)):
            yield from _flat(item)
        else:
            yield item


Text = tuple[str, str, bool]
"""SQL, where it was written, and whether the line is to be counted within it (a file's is)."""


def declared(text: str, source: str = "") -> list[Declared]:
    """What the statements of a text declare, each as it is spelled.

    Raises:
        DeclarationError: a statement cannot be understood.
    """
    return [placed.declared for placed in _declared(text, source, numbered=False)]


def _declared(text: str, source: str, numbered: bool) -> Iterator[Placed]:
    for statement in split(text, source, numbered=numbered):
        yield from _placed(statement)


def _texts(metadata: MetaData) -> Iterator[Text]:
    for item in metadata.info.get(INFO, ()):
        value = item.value
        if isinstance(value, Entity):
            first, *rest = value.statements()
            yield from ((text, value.source, False) for text in (value.hints() + first, *rest))
        elif isinstance(value, str):
            yield value, item.source, False
        elif isinstance(value, Path):
            yield from ((_read(path, item.source), str(path), True) for path in _files(value, item.source))
        elif not isinstance(value, Rows):
            yield alembic_utils.statement(value, item.source), item.source, False
    for table in sorted(metadata.tables.values(), key=lambda table: (table.schema or "", table.name)):
        if getattr(table, "is_view", False):
            from alembic_ext.selectable import from_table

            yield from ((text, f"the Table {table}", False) for text in from_table(table))


def _files(path: Path, source: str) -> list[Path]:
    beside = Path(source.rpartition(":")[0]).parent
    found = next((place for place in (path, beside / path) if place.exists()), None)
    if found is None:
        raise DeclarationError(f"{path} does not exist", where=source, help="correct the path")
    if not found.is_dir():
        return [found]
    files = sorted(
        (file for file in found.rglob("*") if file.suffix.lower() == ".sql" and not file.is_dir()),
        key=lambda file: file.relative_to(found).parts,
    )
    if not files:
        raise DeclarationError(f"the folder {found} has no .sql file", where=source, help="correct the path")
    return files


def _read(path: Path, source: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DeclarationError(
            f"{path} is not UTF-8", where=source, server=str(error), help="save the file in UTF-8"
        ) from None
    except OSError as error:
        raise DeclarationError(
            f"{path} cannot be read: {error.strerror}", where=source, help="check the path and its permissions"
        ) from None


def _placed(statement: Statement) -> Iterator[Placed]:
    """What a statement declares, asked of every kind and aspect."""
    node, tree = statement.node, statement.tree
    maker = next((kind for kind in _makers().get(node, ()) if kind.makes(node, tree)), None)
    if maker is not None:
        if not maker.may_be_declared(node, tree):
            _check_managed(maker.name, statement)
        if is_temporary(tree):
            raise _misplaced(
                statement,
                "a temporary object is gone at the end of the session",
                "leave TEMPORARY away, or make the object where it is used",
            )
        _check_form(maker, maker.spelled(tree), statement)
        first, *more = maker.parted(statement)
        yield _of(first, maker.spelled(tree), creates=True)
        for other in more:
            yield from _placed(other)
        for text in maker.implied(tree):
            yield from (replace(placed, implied=True) for placed in _declared(text, statement.source, False))
        return
    pieces = commands(statement) if len(tree.get("cmds", ())) > 1 else [statement]
    for piece in pieces:
        altered = next(filter(None, (kind.altered_by(node, piece.tree) for kind in kinds().values())), None)
        said = [(kind, *what) for kind in aspect_kinds().values() for what in kind.said_by(piece)]
        if altered is None and not said:
            raise _unknown(statement)
        if altered is not None and altered.kind in kinds():
            _check_form(kinds()[altered.kind], altered, piece)
        if altered is not None:
            yield _of(piece, altered, creates=False)
        for kind, address, aspect, text in said:
            if address.kind not in ANY and address.kind not in kinds():
                _check_managed(address.kind, statement)
            declared = Declared(address, text, piece.source, aspect, creates=False)
            yield Placed(declared, single=not kind.several)


def _of(statement: Statement, address: Address, *, creates: bool) -> Placed:
    if address.names[-1:] in ((), ("",)):
        raise _misplaced(statement, "the object has no name", "name it")
    text = statement.text
    if statement.tree.get("concurrent"):  # what it is on is made in the same transaction
        text = without_word(text, "concurrently")
    said = hints(statement.above)
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
        raise _misplaced(statement, kind.advice, "leave it away here; Alembic makes it from the models")
    raise _misplaced(statement, f"the kind {name!r} is not supported yet", _BY_HAND)


def _check_form(kind: Kind, address: Address, statement: Statement) -> None:
    """Complain of what may not stand in a declaration, without repeating it."""
    if (objection := kind.objection(statement.tree)) is not None:
        why, help = objection
        raise DeclarationError(f"cannot declare {address}: {why}", where=statement.source, help=help)


_HINTS = {
    "DropStmt": "declare what shall exist; what is declared no more is dropped",
    "RenameStmt": "declare the object under its new name",
    "AlterObjectSchemaStmt": "declare the object in its new schema",
    "AlterPolicyStmt": "declare the policy as it shall be",
    "TransactionStmt": "leave it away: Alembic begins and commits",
    "VariableSetStmt": "leave it away; what one object needs is set in its own CREATE",
    "GrantRoleStmt": "write GRANT parent TO member, without GRANTED BY",
    "CreatedbStmt": "make databases outside of migrations",
}


_BY_HAND = "write it in a revision by hand"
_ONE = "ACL_TARGET_OBJECT"


def _unknown(statement: Statement) -> DeclarationError:
    node = statement.node
    if hint := _HINTS.get(node):
        return _misplaced(statement, "declarations say what shall exist", hint)
    if statement.tree.get("targtype", _ONE) != _ONE:
        return _misplaced(statement, "it speaks of many objects at once", "name each object")
    if object_type := statement.tree.get("objtype") or (node == "DefineStmt" and statement.tree["kind"]):
        _check_managed(word_of_type(object_type), statement)
    if node.startswith(("Create", "Define", "Alter", "Comment", "Grant", "SecLabel")):
        return _misplaced(statement, "it is not supported yet", _BY_HAND)
    return _misplaced(statement, "it creates nothing", _BY_HAND)


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
            yield replace(item, declared=item.declared._replace(address=same[0]))
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
