"""PostgreSQL's other objects in Alembic's autogenerate: functions, triggers, views, materialized views and more."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from alembic_ext.plugin import setup

if TYPE_CHECKING:
    from alembic_ext.declare import register
    from alembic_ext.direct import create_all, drop_all
    from alembic_ext.kinds.access_method import AccessMethod
    from alembic_ext.kinds.aggregate import Aggregate
    from alembic_ext.kinds.cast import Cast
    from alembic_ext.kinds.collation import Collation
    from alembic_ext.kinds.composite_type import CompositeType
    from alembic_ext.kinds.conversion import Conversion
    from alembic_ext.kinds.default_grant import DefaultPrivileges
    from alembic_ext.kinds.domain import Domain
    from alembic_ext.kinds.enum import EnumType
    from alembic_ext.kinds.event_trigger import EventTrigger
    from alembic_ext.kinds.extension import Extension
    from alembic_ext.kinds.foreign_data_wrapper import ForeignDataWrapper
    from alembic_ext.kinds.foreign_table import ForeignTable
    from alembic_ext.kinds.function import Function
    from alembic_ext.kinds.grant import Grant
    from alembic_ext.kinds.language import Language
    from alembic_ext.kinds.materialized_view import MaterializedView
    from alembic_ext.kinds.operator import Operator
    from alembic_ext.kinds.operator_class import OperatorClass
    from alembic_ext.kinds.operator_family import OperatorFamily
    from alembic_ext.kinds.policy import Policy
    from alembic_ext.kinds.procedure import Procedure
    from alembic_ext.kinds.publication import Publication, PublishedTable
    from alembic_ext.kinds.range_type import RangeType
    from alembic_ext.kinds.role import Role
    from alembic_ext.kinds.rule import Rule
    from alembic_ext.kinds.schema import Schema
    from alembic_ext.kinds.sequence import Sequence
    from alembic_ext.kinds.server import Server
    from alembic_ext.kinds.statistics import Statistics
    from alembic_ext.kinds.subscription import Subscription
    from alembic_ext.kinds.table import Partition
    from alembic_ext.kinds.text_search_configuration import TextSearchConfiguration
    from alembic_ext.kinds.text_search_dictionary import TextSearchDictionary
    from alembic_ext.kinds.text_search_parser import TextSearchParser
    from alembic_ext.kinds.text_search_template import TextSearchTemplate
    from alembic_ext.kinds.transform import Transform
    from alembic_ext.kinds.trigger import Trigger
    from alembic_ext.kinds.user_mapping import UserMapping
    from alembic_ext.kinds.view import View
    from alembic_ext.rows import Rows
    from alembic_ext.sqltext.secret import Secret

__version__ = "0.1.0"
__all__ = [
    "AccessMethod",
    "Aggregate",
    "Cast",
    "Collation",
    "CompositeType",
    "Conversion",
    "DefaultPrivileges",
    "Domain",
    "EnumType",
    "EventTrigger",
    "Extension",
    "ForeignDataWrapper",
    "ForeignTable",
    "Function",
    "Grant",
    "Language",
    "MaterializedView",
    "Operator",
    "OperatorClass",
    "OperatorFamily",
    "Partition",
    "Policy",
    "Procedure",
    "Publication",
    "PublishedTable",
    "RangeType",
    "Role",
    "Rows",
    "Rule",
    "Schema",
    "Secret",
    "Sequence",
    "Server",
    "Statistics",
    "Subscription",
    "TextSearchConfiguration",
    "TextSearchDictionary",
    "TextSearchParser",
    "TextSearchTemplate",
    "Transform",
    "Trigger",
    "UserMapping",
    "View",
    "create_all",
    "drop_all",
    "register",
]

_MODULES = {
    "AccessMethod": "kinds.access_method",
    "Aggregate": "kinds.aggregate",
    "Cast": "kinds.cast",
    "Collation": "kinds.collation",
    "CompositeType": "kinds.composite_type",
    "Conversion": "kinds.conversion",
    "DefaultPrivileges": "kinds.default_grant",
    "Domain": "kinds.domain",
    "EnumType": "kinds.enum",
    "EventTrigger": "kinds.event_trigger",
    "Extension": "kinds.extension",
    "ForeignDataWrapper": "kinds.foreign_data_wrapper",
    "ForeignTable": "kinds.foreign_table",
    "Function": "kinds.function",
    "Grant": "kinds.grant",
    "Language": "kinds.language",
    "MaterializedView": "kinds.materialized_view",
    "Operator": "kinds.operator",
    "OperatorClass": "kinds.operator_class",
    "OperatorFamily": "kinds.operator_family",
    "Partition": "kinds.table",
    "Policy": "kinds.policy",
    "Procedure": "kinds.procedure",
    "Publication": "kinds.publication",
    "PublishedTable": "kinds.publication",
    "RangeType": "kinds.range_type",
    "Role": "kinds.role",
    "Rows": "rows",
    "Rule": "kinds.rule",
    "Schema": "kinds.schema",
    "Secret": "sqltext.secret",
    "Sequence": "kinds.sequence",
    "Server": "kinds.server",
    "Statistics": "kinds.statistics",
    "Subscription": "kinds.subscription",
    "TextSearchConfiguration": "kinds.text_search_configuration",
    "TextSearchDictionary": "kinds.text_search_dictionary",
    "TextSearchParser": "kinds.text_search_parser",
    "TextSearchTemplate": "kinds.text_search_template",
    "Transform": "kinds.transform",
    "Trigger": "kinds.trigger",
    "UserMapping": "kinds.user_mapping",
    "View": "kinds.view",
    "create_all": "direct",
    "drop_all": "direct",
    "register": "declare",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is asked for: Alembic imports this package on every command."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    if isinstance(value, type):
        import_module(f"{__name__}.entity").finish(value)
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})


setup()
