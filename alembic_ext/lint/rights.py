"""What roles may do with a relation, as its ACL says. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from alembic_ext.lint.relation import Relation

WORDS = {
    "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "D": "TRUNCATE", "x": "REFERENCES", "t": "TRIGGER",
    "m": "MAINTAIN", "U": "USAGE",
}  # fmt: skip
"""The privileges by their letters.

https://www.postgresql.org/docs/current/ddl-priv.html#PRIVILEGE-ABBREVS-TABLE
"""


def rights(relation: Relation) -> Mapping[str, frozenset[str]]:
    """The letters of what each role was granted, with what its owner has; '' is PUBLIC.

    >>> t = Relation(1, "public", "t", "r", "p", 1, False, False, (), {}, {}, None, rights=('"an app"=r*w/me', "=r/me"))
    >>> rights(t)["an app"] == {"r", "w"}, rights(t)[""] == {"r"}
    (True, True)
    """
    found: dict[str, frozenset[str]] = {}
    for right in relation.rights:
        name, _, letters = right.rpartition("/")[0].rpartition("=")
        role = name[1:-1].replace('""', '"') if name.startswith('"') else name
        found[role] = found.get(role, frozenset()) | ({*letters} - {"*"})
    return found
