"""What is on the shelves. Orders may not promise more: a deferred constraint trigger sees to it at COMMIT."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from alembic_ext import Function, Procedure, Trigger, register
from sample_app.base import Base, Timestamped, touched
from sample_app.order_lines import OrderLine
from sample_app.products import Product


class Stock(Timestamped, Base):
    __tablename__ = "stock"

    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id), primary_key=True)
    on_hand: Mapped[int] = mapped_column()

    product: Mapped[Product] = relationship()

    __table_args__ = (
        CheckConstraint(on_hand >= 0, name="on_hand"),
        touched(),
    )


def checked(name: str, on: type[Base]) -> Trigger:
    """At COMMIT, so that a delivery and the order that waits for it may come in either order."""
    return Trigger(
        name,
        on=on,
        constraint=True,
        initially_deferred=True,
        timing="after",
        events=["insert", "update"],
        execute="check_stock()",
    )


register(
    Base.metadata,
    Function(
        "check_stock()",
        returns="trigger",
        language="plpgsql",
        body="""
            DECLARE
              promised bigint;
              available integer;
            BEGIN
              SELECT sum(line.quantity) INTO promised
              FROM order_line line JOIN "order" o ON o.id = line.order_id
              WHERE line.product_id = NEW.product_id AND o.state IN ('open', 'paid');

              SELECT on_hand INTO available FROM stock WHERE product_id = NEW.product_id FOR UPDATE;

              IF promised > coalesce(available, 0) THEN
                RAISE EXCEPTION 'product % is promised % times, on hand are %',
                  NEW.product_id, promised, coalesce(available, 0)
                  USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
              END IF;
              RETURN NULL;
            END
        """,
    ),
    checked("line_in_stock", OrderLine),
    checked("stock_suffices", Stock),
    Procedure(
        "receive_goods(sku text, quantity integer, INOUT on_hand integer DEFAULT NULL)",
        language="plpgsql",
        comment="Books a delivery and gives what is on hand then.",
        body="""
            BEGIN
              INSERT INTO stock AS s (product_id, on_hand)
              SELECT p.id, receive_goods.quantity FROM product p WHERE p.sku = receive_goods.sku
              ON CONFLICT (product_id) DO UPDATE SET on_hand = s.on_hand + EXCLUDED.on_hand
              RETURNING s.on_hand INTO receive_goods.on_hand;
              IF NOT FOUND THEN
                RAISE EXCEPTION 'there is no product %', sku USING ERRCODE = 'no_data_found';
              END IF;
            END
        """,
    ),
)
