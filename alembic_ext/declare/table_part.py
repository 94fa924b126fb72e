"""What may stand in ``__table_args__`` or in ``Table(…)`` beside Index."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.schema import SchemaItem, Table

from alembic_ext.declare import register
from alembic_ext.entity import Entity, relation_name

if TYPE_CHECKING:
    from sqlalchemy.sql.base import SchemaEventTarget


class TablePart(Entity, SchemaItem):
    """An object on a relation, given as its argument ``on``, or by standing among the arguments of a Table.

    SQLAlchemy wants a SchemaItem there. The value itself stays as it is: what is registered on the MetaData of the
    Table is a copy that knows the Table.
    """

    on: Any

    def _set_parent(self, parent: SchemaEventTarget, **_: Any) -> None:
        if not isinstance(parent, Table):
            raise self._invalid(
                "it stands where there is no table", "put it into __table_args__, Table(…) or register()"
            )
        here = self._relation(parent)
        if not self._text and self.on is not None and self._relation(self.on) != here:
            raise self._invalid(
                f"it is on {self._relation(self.on)}, and stands in the table {here}",
                "leave on=… out; or give it to register(), beside the models",
            )
        if self._text:
            register(parent.metadata, self)
            return
        values: Any = self
        placed = replace(values, on=parent)
        object.__setattr__(placed, "source", self.source)
        register(parent.metadata, placed)

    def _relation(self, on: Any) -> str:
        return relation_name(self, on)
