"""alembic-utils: its entities as declarations, and its registry.

Importing it registers a comparator that drops what is not registered with it, so it is imported only where a project
has done so already, or to read revisions that use it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from alembic_ext.errors import DeclarationError
from alembic_ext.sqltext import ident, unescaped

PACKAGE = "alembic_utils"
_BASE = f"{PACKAGE}.replaceable_entity"


def is_entity(value: object) -> bool:
    """Whether it is an instance of one of alembic-utils' classes, or of a class derived from them."""
    base = sys.modules.get(_BASE)
    return base is not None and isinstance(value, base.ReplaceableEntity)


def statement(entity: Any, source: str = "") -> str:
    """The statement that makes what an entity describes, as alembic-utils would send it.

    Raises:
        DeclarationError: the entity cannot say it: alembic-utils reads its arguments with templates of its own.
    """
    try:
        text = unescaped(entity.to_sql_statement_create().text)
    except Exception as error:
        raise DeclarationError(
            f"{entity.identity} has no statement",
            where=source,
            server=f"{type(error).__name__}: {error}",
            help="correct its definition, or give register() the whole CREATE statement as text",
        ) from error
    for quoted, plain in _heads(entity):
        text = text.replace(quoted, plain, 1)
    return text


def _heads(entity: Any) -> Iterator[tuple[str, str]]:
    """What alembic-utils writes at the head of a statement, all in quotes, and how one would write it."""
    if not hasattr(entity, "signature"):
        return
    name = entity.signature.partition("(")[0].strip()
    if entity.type_ in ("function", "view", "materialized_view"):
        yield f'{entity.literal_schema}."{name}"', ident(entity.schema, name)
    elif entity.type_ == "trigger":
        yield f'TRIGGER "{entity.signature}" ', f"TRIGGER {ident(entity.signature)} "
    if entity.type_ == "materialized_view":
        yield " WITH  DATA;", ""


_asked = False


def register_entities(
    entities: Iterable[Any],
    schemas: list[str] | None = None,
    exclude_schemas: Iterable[str] | None = None,
    entity_types: Iterable[type] | None = None,
) -> None:
    """In the place of ``alembic_utils.replaceable_entity.register_entities``: its entities, compared by alembic-ext.

    It is the same as that function and ``context.configure(alembic_ext={"alembic_utils": True})`` together. The
    arguments are that function's; what it calls deprecated means: ``entity_types``, if given, are the only classes
    that are compared, and nothing is dropped in ``exclude_schemas``. Entities that are to belong to one MetaData among
    several are given to `alembic_ext.register` instead.
    """
    global _asked
    _asked = True
    import_module(_BASE).register_entities(entities, schemas, exclude_schemas, entity_types)


def is_asked() -> bool:
    """Whether a project has called our `register_entities`."""
    return _asked


def its_registry() -> Any:
    """The registry of alembic-utils, or None where nobody has imported it."""
    base = sys.modules.get(_BASE)
    return base.registry if base is not None else None


def is_used() -> bool:
    """Whether anything was given to either ``register_entities``."""
    registry = its_registry()
    return registry is not None and bool(registry.entities())


def registered() -> list[tuple[str, str, bool]]:
    """What was given to either ``register_entities``, as `declare.collect` takes texts."""
    registry = its_registry()
    entities = registry.entities() if registry is not None else []
    found = []
    for entity in entities:
        if is_compared(type(entity)):
            source = f"{entity.identity}, given to register_entities()"
            found.append((statement(entity, source), source, False))
    return found


def is_compared(class_: type) -> bool:
    """Whether entities of a class are compared: a project may have named the only ones."""
    registry = its_registry()
    return registry is None or not registry.entity_types or class_ in registry.entity_types
