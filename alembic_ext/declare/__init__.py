"""What a user declares beside the models: `register` stores it on a MetaData, `collect` reads it as flat values.

Nothing here connects, and what the statements mean is known to `recognise`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_ext.adapters import alembic_utils
from alembic_ext.cache import FORMAT, Cache, digest
from alembic_ext.declare import mistaken
from alembic_ext.declare.recognise import Text, recognise
from alembic_ext.entity import Entity, declared_at
from alembic_ext.entity.registered import Item, each, keep, registered
from alembic_ext.errors import DeclarationError
from alembic_ext.model import Address, Declared
from alembic_ext.rows import Rows

if TYPE_CHECKING:
    from sqlalchemy import MetaData

FORGETFUL = Cache(enabled=False)


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
            f"{metadata!r} is not a MetaData",
            where=source,
            help="give Base.metadata, env.py's target_metadata",
        )
    found = [Item(value, source) for value in _flat(items)]
    for item in found:
        declarable = isinstance(item.value, (Entity, Rows, str, Path)) or alembic_utils.is_entity(item.value)
        if said := mistaken.about(item.value, declarable=declarable):
            raise DeclarationError(said[0], where=source, help=said[1])
    keep(metadata, found)


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
    texts = [*(text for one in each(metadata) for text in _texts(one)), *beside]
    name = f"declared-{digest(FORMAT, texts, implied)}"
    known = cache.get(name) if texts or implied else []
    if known is not None:
        return tuple(_remembered(*values) for values in known)
    unknown()
    found = recognise(texts, implied)
    cache.put(name, found)
    return found


def _remembered(address: Sequence[Any], *fields: Any) -> Declared:
    """A declaration as JSON gives it back."""
    kind, names, args = address
    found = Declared(Address(kind, tuple(names), None if args is None else tuple(args)), *fields)
    return found._replace(renamed_values=tuple((old, new) for old, new in found.renamed_values))


def _flat(items: Iterable[Any]) -> Iterator[object]:
    for item in items:
        if isinstance(item, (list, tuple, set, frozenset)):
            yield from _flat(item)
        else:
            yield item


def _texts(metadata: MetaData) -> Iterator[Text]:
    for item in registered(metadata):
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
            from alembic_ext.entity.selectable import from_table

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
