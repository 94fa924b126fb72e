"""PostgreSQL's other objects in Alembic's autogenerate: functions, triggers, views, materialized views and more."""

from alembic_ext.declare import register
from alembic_ext.plugin import setup

__all__ = ["register"]

setup()
