"""Default privileges: what is granted on whatever a role makes from then on.

https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
"""

from __future__ import annotations

from alembic_ext.kinds import Kind
from alembic_ext.model import Key

CLASSES = {"r": "tables", "S": "sequences", "f": "functions", "T": "types", "n": "schemas", "L": "large objects"}
"""What they are for, by the letter in the catalog."""

MINE = "d.defaclrole = (SELECT oid FROM pg_roles WHERE rolname = current_user)"

_FOR = " ".join(f"WHEN '{letter}' THEN '{words}'" for letter, words in CLASSES.items())


def called(role: str, schema: str, words: str) -> str:
    """The name of the default privileges of a role, in a schema or in all, for a class of objects."""
    return f"of {role}{schema and f' in schema {schema}'} for {words}"


class DefaultPrivilegesKind(Kind):
    """What a role gives, in one schema or in all, on one class of objects: each grantee is an aspect of it.

    Nothing makes or drops them: they are there as long as an aspect of them is. Those of the current user stand there
    twice, by his name and as CURRENT_USER (the place has a minus before the oid), since they may be declared as either.

    In a revision they are set after everything else, so that what it makes does not have them, and taken back before
    everything else. In a sandbox nothing is made while they are in force until the revision itself is tried; what
    they add to a grant that is declared is then taken back behind it.
    """

    name, catalog, rank = "default privileges", "pg_default_acl", 95
    in_schema = False
    hollow = True
    sign = "true"
    select = f"""
        SELECT x.place, '', format('of %s%s for %s', x.role, ' in schema ' || n.nspname,
                                   CASE x.defaclobjtype {_FOR} END), '', '', '{{}}'::text[], ''
        FROM (SELECT d.oid::bigint, r.rolname::text, d.* FROM pg_default_acl d JOIN pg_roles r ON r.oid = d.defaclrole
              UNION ALL
              SELECT -d.oid::bigint, 'CURRENT_USER', d.* FROM pg_default_acl d WHERE {MINE}) x (place, role)
             LEFT JOIN pg_namespace n ON n.oid = x.defaclnamespace"""

    def identity(self, key: Key) -> str:
        return key.name


KIND = DefaultPrivilegesKind()
