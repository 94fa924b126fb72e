"""What all models share."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import DateTime, MetaData, Numeric, Text, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from alembic_ext import Function, Trigger, register


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )
    type_annotation_map = {
        str: Text,
        Decimal: Numeric(10, 2),
        datetime: DateTime(timezone=True),
    }


class Timestamped:
    """A row knows when it was changed last; the database sees to it with the trigger that `touched` gives."""

    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


register(
    Base.metadata,
    Function(
        "touch_updated_at()",
        returns="trigger",
        language="plpgsql",
        comment="Trigger: notes the time of the change in updated_at.",
        body="""
            BEGIN
              NEW.updated_at := now();
              RETURN NEW;
            END
        """,
    ),
)


def touched() -> Trigger:
    """For ``__table_args__`` of what is Timestamped."""
    return Trigger(
        "touch",
        timing="before",
        events=["update"],
        when="OLD.* IS DISTINCT FROM NEW.*",
        execute="touch_updated_at()",
    )
