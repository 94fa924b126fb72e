"""User mappings: who logs in at a foreign server, and how.

https://www.postgresql.org/docs/current/sql-createusermapping.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, field
from types import MappingProxyType

from alembic_ext.entity import Entity, entity
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import own
from alembic_ext.kinds._foreign import OptionValues, changed, option_facts, options, options_objection, pairs, written
from alembic_ext.model import Address, Key, Stored
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import Node

_NAMES = ("u.srvname", "u.usename")


class UserMappingKind(Kind):
    """It has neither a schema nor a name: its key holds the user and, as detail, the server.

    Who may not see its options (only a superuser may see those of others) compares no more than that it is there.
    """

    name, catalog, rank, managed = "user mapping", "pg_user_mapping", 38, True
    shown_in = "(SELECT umid AS oid FROM pg_user_mappings) AS shown"
    in_schema = False
    sign = "true"
    object_type = "OBJECT_USER_MAPPING"
    nodes = MappingProxyType({"CreateUserMappingStmt": ""})
    select = f"""
        SELECT u.umid, '', u.usename, u.srvname,
               format('CREATE USER MAPPING FOR %s SERVER %I%s',
                      CASE WHEN u.umuser = 0 THEN 'PUBLIC' ELSE quote_ident(u.usename) END, u.srvname,
                      {options("u.umoptions", *_NAMES)}), '{{}}'::text[], '', {option_facts("u.umoptions", *_NAMES)}
        FROM pg_user_mappings u
        WHERE u.usename IS NOT NULL AND {own("pg_user_mapping", "u.umid")}"""

    def identity(self, key: Key) -> str:
        return f"FOR {'PUBLIC' if key.name == 'public' else ident(key.name)} SERVER {ident(key.detail)}"

    def rename(self, key: Key, name: str) -> None:
        """It has no name of its own."""

    def address(self, key: Key) -> Address:
        return Address(self.name, (key.name,), (key.detail,))

    def spelled(self, tree: Node) -> Address:
        user = "public" if tree["user"]["roletype"] == "ROLESPEC_PUBLIC" else tree["user"].get("rolename", "")
        return Address(self.name, (user,), (tree["servername"],))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        return self.spelled(tree) if node == "AlterUserMappingStmt" else super().altered_by(node, tree)

    def objection(self, tree: Node) -> tuple[str, str] | None:
        if tree["user"]["roletype"] not in ("ROLESPEC_CSTRING", "ROLESPEC_PUBLIC"):
            return "whoever runs the revision would be mapped", "name the role"
        return options_objection(tree)

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        clause = changed(pairs(old.facts[0]), pairs(new.facts[0]))
        return [f"ALTER USER MAPPING {self.identity(new.key)} {clause}"] if clause else None


KIND = UserMappingKind()


@entity
class UserMapping(Entity):
    """A user mapping, with the terms of CREATE USER MAPPING.

    >>> from alembic_ext import Secret
    >>> print(UserMapping("alice", server="files", options={"user": "a", "password": Secret("FILES_PASSWORD")}).sql,
    ...       end="")
    CREATE USER MAPPING FOR alice SERVER files
    OPTIONS ("user" 'a', password '${env:FILES_PASSWORD}');

    Args:
        user: a role, or ``"public"``.
        server: the name of the server.
        options: its options; a secret is given as `Secret`, and a revision reads it from the environment.

    https://www.postgresql.org/docs/current/sql-createusermapping.html
    """

    KIND = KIND

    user: str
    _: KW_ONLY
    server: str
    options: OptionValues = field(default_factory=dict, hash=False)

    @classmethod
    def _read(cls, tree: Node) -> dict[str, object]:
        address = cls.KIND.spelled(tree)
        return {"user": address.names[0], "server": tree["servername"]}

    def _statements(self) -> tuple[str, ...]:
        user = "PUBLIC" if self.user.lower() == "public" else ident(self.user)
        return (f"CREATE USER MAPPING FOR {user} SERVER {ident(self.server)}{written(self.options)}",)
