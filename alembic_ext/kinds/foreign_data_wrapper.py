"""Foreign-data wrappers that no extension made.

https://www.postgresql.org/docs/current/sql-createforeigndatawrapper.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, field
from types import MappingProxyType

from alembic_ext.entity import Entity, Grants, comment_on, entity, granted, owned_by
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import own
from alembic_ext.kinds._foreign import OptionValues, changed, option_facts, options, options_objection, pairs, written
from alembic_ext.model import Address, Stored
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import Node


class ForeignDataWrapperKind(Kind):
    """It lives in no schema; only a superuser makes, changes or owns one."""

    name, catalog, rank, word = "foreign-data wrapper", "pg_foreign_data_wrapper", 36, "FOREIGN DATA WRAPPER"
    managed, in_schema = True, False
    sign = "true"
    object_type = "OBJECT_FDW"
    owner = "fdwowner"
    nodes = MappingProxyType({"CreateFdwStmt": ""})
    select = f"""
        SELECT w.oid, '', w.fdwname, '',
               format('CREATE FOREIGN DATA WRAPPER %I%s%s%s', w.fdwname,
                      CASE WHEN w.fdwhandler <> 0 THEN ' HANDLER ' || w.fdwhandler::regproc END,
                      CASE WHEN w.fdwvalidator <> 0 THEN ' VALIDATOR ' || w.fdwvalidator::regproc END,
                      {options("w.fdwoptions", "w.fdwname")}), '{{}}'::text[], '',
               CASE WHEN w.fdwhandler <> 0 THEN w.fdwhandler::regproc::text END,
               CASE WHEN w.fdwvalidator <> 0 THEN w.fdwvalidator::regproc::text END,
               {option_facts("w.fdwoptions", "w.fdwname")}
        FROM pg_foreign_data_wrapper w
        WHERE {own("pg_foreign_data_wrapper", "w.oid")}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (tree["fdwname"],))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        return Address(self.name, (tree["fdwname"],)) if node == "AlterFdwStmt" else super().altered_by(node, tree)

    def objection(self, tree: Node) -> tuple[str, str] | None:
        return options_objection(tree)

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        (*was, before), (*will, after) = old.facts, new.facts
        clauses = [
            f"{word} {now}" if now else f"NO {word}"
            for word, then, now in zip(("HANDLER", "VALIDATOR"), was, will, strict=True)
            if then != now
        ]
        clauses += filter(None, [changed(pairs(before), pairs(after))])
        return [" ".join([f"ALTER FOREIGN DATA WRAPPER {self.identity(new.key)}", *clauses])] if clauses else None


KIND = ForeignDataWrapperKind()


@entity
class ForeignDataWrapper(Entity):
    """A foreign-data wrapper, with the terms of CREATE FOREIGN DATA WRAPPER. Only a superuser may make one.

    >>> print(ForeignDataWrapper("remote", validator="postgresql_fdw_validator").sql, end="")
    CREATE FOREIGN DATA WRAPPER remote VALIDATOR postgresql_fdw_validator;

    Most wrappers come with an extension, and are declared with it.

    Args:
        name: its name.
        handler: the function that gives it its methods, as SQL names it.
        validator: the function that checks options, as SQL names it.
        options: its options.
        comment: text of COMMENT ON FOREIGN DATA WRAPPER.
        owner: a role, which has to be a superuser.
        grants: grantee to privileges: ``{"reader": "usage"}``; None takes all.

    https://www.postgresql.org/docs/current/sql-createforeigndatawrapper.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    handler: str | None = None
    validator: str | None = None
    options: OptionValues = field(default_factory=dict, hash=False)
    comment: str | None = None
    owner: str | None = None
    grants: Grants = field(default_factory=dict, hash=False)

    @classmethod
    def _read(cls, tree: Node) -> dict[str, object]:
        return {"name": tree["fdwname"]}

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.name)
        functions = {"HANDLER": self.handler, "VALIDATOR": self.validator}
        clauses = "".join(f" {word} {function}" for word, function in functions.items() if function)
        return (
            f"CREATE FOREIGN DATA WRAPPER {name}{clauses}{written(self.options)}",
            *comment_on("FOREIGN DATA WRAPPER", name, self.comment),
            *owned_by("FOREIGN DATA WRAPPER", name, self.owner),
            *granted(f"FOREIGN DATA WRAPPER {name}", self.grants),
        )
