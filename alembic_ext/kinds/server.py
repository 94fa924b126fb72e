"""Foreign servers. Who logs in there, and how, is in user mappings.

https://www.postgresql.org/docs/current/sql-createserver.html
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
from alembic_ext.sqltext import ident, literal
from alembic_ext.sqltext.parsetree import Node


class ServerKind(Kind):
    """It lives in no schema. Its type and its wrapper cannot be changed."""

    name, catalog, rank, managed = "server", "pg_foreign_server", 37, True
    in_schema = False
    sign = "true"
    object_type = "OBJECT_FOREIGN_SERVER"
    owner = "srvowner"
    nodes = MappingProxyType({"CreateForeignServerStmt": ""})
    select = f"""
        SELECT s.oid, '', s.srvname, '',
               format('CREATE SERVER %I%s%s FOREIGN DATA WRAPPER %I%s', s.srvname, ' TYPE ' || quote_literal(s.srvtype),
                      ' VERSION ' || quote_literal(s.srvversion), w.fdwname, {options("s.srvoptions", "s.srvname")}),
               '{{}}'::text[], '',
               ARRAY[s.srvtype, w.fdwname::text], s.srvversion, {option_facts("s.srvoptions", "s.srvname")}
        FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
        WHERE {own("pg_foreign_server", "s.oid")}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (tree["servername"],))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        if node == "AlterForeignServerStmt":
            return Address(self.name, (tree["servername"],))
        return super().altered_by(node, tree)

    def objection(self, tree: Node) -> tuple[str, str] | None:
        return options_objection(tree)

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        (fixed, version, before), (same, wanted, after) = old.facts, new.facts
        clauses = [f"VERSION {literal(wanted) if wanted else 'NULL'}"] if version != wanted else []
        clauses += filter(None, [changed(pairs(before), pairs(after))])
        if list(fixed) != list(same) or not clauses:
            return None
        return [" ".join([f"ALTER SERVER {self.identity(new.key)}", *clauses])]


KIND = ServerKind()


@entity
class Server(Entity):
    """A foreign server, with the terms of CREATE SERVER.

    >>> print(Server("files", wrapper="postgres_fdw", options={"host": "files.example", "port": 5432}).sql, end="")
    CREATE SERVER files FOREIGN DATA WRAPPER postgres_fdw
    OPTIONS (host 'files.example', port '5432');

    Args:
        name: its name.
        wrapper: the name of its foreign-data wrapper.
        type: what sort of server it is, where the wrapper wants to know.
        version: the version of the server, where the wrapper wants to know.
        options: its options; a secret is given as `Secret`.
        comment: text of COMMENT ON SERVER.
        owner: a role.
        grants: grantee to privileges: ``{"reader": "usage"}``; None takes all.

    https://www.postgresql.org/docs/current/sql-createserver.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    wrapper: str
    type: str | None = None
    version: str | None = None
    options: OptionValues = field(default_factory=dict, hash=False)
    comment: str | None = None
    owner: str | None = None
    grants: Grants = field(default_factory=dict, hash=False)

    @classmethod
    def _read(cls, tree: Node) -> dict[str, object]:
        return {"name": tree["servername"], "wrapper": tree["fdwname"]}

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.name)
        words = {"TYPE": self.type, "VERSION": self.version}
        given = "".join(f" {word} {literal(value)}" for word, value in words.items() if value is not None)
        return (
            f"CREATE SERVER {name}{given} FOREIGN DATA WRAPPER {ident(self.wrapper)}{written(self.options)}",
            *comment_on("SERVER", name, self.comment),
            *owned_by("SERVER", name, self.owner),
            *granted(f"FOREIGN SERVER {name}", self.grants),
        )
