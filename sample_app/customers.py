"""Customers."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from alembic_ext import Function, register
from sample_app.audit import audited
from sample_app.base import Base, Timestamped, touched

register(
    Base.metadata,
    Function(
        "is_email(address text)",
        returns="boolean",
        volatility="immutable",
        strict=True,
        parallel="safe",
        body=r"RETURN address ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'",
    ),
)


class Customer(Timestamped, Base):
    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column()

    __table_args__ = (
        CheckConstraint("is_email(email)", name="email"),
        Index("customer_email_key", func.lower(email), unique=True),
        audited(),
        touched(),
    )
