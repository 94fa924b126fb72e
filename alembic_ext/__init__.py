"""PostgreSQL's other objects in Alembic's autogenerate: functions, triggers, views, materialized views and more."""

from alembic_ext.declare import register
from alembic_ext.kinds.function import Function
from alembic_ext.kinds.materialized_view import MaterializedView
from alembic_ext.kinds.procedure import Procedure
from alembic_ext.kinds.trigger import Trigger
from alembic_ext.kinds.view import View
from alembic_ext.plugin import setup

__all__ = ["Function", "MaterializedView", "Procedure", "Trigger", "View", "register"]

setup()
