"""Orders."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sample_app.audit import audited
from sample_app.base import Base, Timestamped, touched
from sample_app.customers import Customer

if TYPE_CHECKING:
    from sample_app.order_lines import OrderLine


class Order(Timestamped, Base):
    __tablename__ = "order"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id), index=True)
    placed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    state: Mapped[str] = mapped_column(server_default=text("'open'"))

    customer: Mapped[Customer] = relationship()
    lines: Mapped[list[OrderLine]] = relationship(back_populates="order", cascade="all, delete-orphan")

    __table_args__ = (
        CheckConstraint(state.in_(["open", "paid", "sent", "cancelled"]), name="state"),
        Index("order_open_idx", placed_at, postgresql_where=state == "open"),
        audited(),
        touched(),
    )
