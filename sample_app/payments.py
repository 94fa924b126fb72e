"""Payments. An order that is paid in full becomes "paid", however many payments it took."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Identity, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from alembic_ext import Function, Trigger, register
from sample_app.audit import audited
from sample_app.base import Base
from sample_app.orders import Order


class Payment(Base):
    __tablename__ = "payment"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id), index=True)
    amount: Mapped[Decimal] = mapped_column()
    paid_at: Mapped[datetime] = mapped_column(server_default=func.now())

    order: Mapped[Order] = relationship()

    __table_args__ = (
        CheckConstraint(amount > 0, name="amount"),
        audited(),
        Trigger(
            "settle",
            timing="after",
            events=["insert"],
            for_each="statement",
            referencing={"new": "paid"},
            execute="settle_orders()",
        ),
    )


register(
    Base.metadata,
    Function(
        "settle_orders()",
        returns="trigger",
        language="plpgsql",
        body="""
            BEGIN
              UPDATE "order" o SET state = 'paid'
              FROM order_total t
              WHERE t.order_id = o.id
                AND o.state = 'open'
                AND o.id IN (SELECT order_id FROM paid)
                AND (SELECT sum(amount) FROM payment p WHERE p.order_id = o.id) >= t.total;
              RETURN NULL;
            END
        """,
    ),
)
