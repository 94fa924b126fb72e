"""All of the shop, for Alembic: importing a module declares what stands in it."""

from __future__ import annotations

from pathlib import Path

import sample_app.audit
import sample_app.base
import sample_app.customers
import sample_app.order_lines
import sample_app.orders
import sample_app.payments
import sample_app.products
import sample_app.stock
from alembic_ext import register

metadata = sample_app.base.Base.metadata

register(metadata, Path(__file__).with_name("sql"))
