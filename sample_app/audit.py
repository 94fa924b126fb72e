"""Who changed what: one table and one function for every table that is to be audited."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Identity, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from alembic_ext import Function, Trigger, register
from sample_app.base import Base


class AuditEntry(Base):
    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    who: Mapped[str] = mapped_column(server_default=text("CURRENT_USER"))
    relation: Mapped[str]
    action: Mapped[str]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


register(
    Base.metadata,
    Function(
        "record_change()",
        returns="trigger",
        language="plpgsql",
        security="definer",
        set={"search_path": "public, pg_temp"},
        comment="Trigger: writes the row as it was and as it is into audit_entry.",
        body="""
            BEGIN
              INSERT INTO audit_entry (relation, action, before, after)
              VALUES (
                TG_TABLE_NAME,
                lower(TG_OP),
                CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
                CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END
              );
              RETURN NULL;
            END
        """,
    ),
)


def audited() -> Trigger:
    """For ``__table_args__`` of a table whose changes are recorded."""
    return Trigger(
        "audit",
        timing="after",
        events=["insert", "update", "delete"],
        execute="record_change()",
    )
