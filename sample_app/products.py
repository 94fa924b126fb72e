"""Products, their prices, and the view of what is on sale."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import CheckConstraint, Identity, select, true
from sqlalchemy.orm import Mapped, mapped_column

from alembic_ext import View, register
from sample_app.audit import audited
from sample_app.base import Base, Timestamped, touched


class Product(Timestamped, Base):
    __tablename__ = "product"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    sku: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    price: Mapped[Decimal] = mapped_column()
    discontinued: Mapped[bool] = mapped_column(server_default=~true())

    __table_args__ = (
        CheckConstraint(price >= 0, name="price"),
        audited(),
        touched(),
    )


on_sale = View(
    "on_sale",
    select(Product.id, Product.sku, Product.name, Product.price).where(~Product.discontinued),
    comment="What a visitor of the shop may buy.",
)
register(Base.metadata, on_sale)


class Offer(Base):
    """A product on sale; there is nothing to write here."""

    id: Mapped[int]
    sku: Mapped[str]
    name: Mapped[str]
    price: Mapped[Decimal]

    __table__ = on_sale.table
    __mapper_args__ = {"primary_key": [on_sale.table.c.id]}
