"""What is dropped and made again under its name has lost its privileges.

Privileges belong to an object, not to its name: DROP takes them along, and what CREATE makes has none but those that
default privileges give. The code that runs as a role that was granted some fails from then on with ``permission
denied``, and in a test that runs as the owner nothing shows it.

Instead use CREATE OR REPLACE VIEW, which keeps them, where the columns stay and new ones come last; or grant them again
in the same transaction.

It does not matter for what the same revision creates, nor where default privileges give them again: what the server has
at the end of the revision is compared.

https://www.postgresql.org/docs/current/ddl-priv.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alembic_ext.lint.code import execute, spelled
from alembic_ext.lint.course import Course
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rights import WORDS, rights
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed, title
from alembic_ext.sqltext import ident

APP = (
    "DO $$BEGIN IF to_regrole('alembic_ext_app') IS NULL THEN CREATE ROLE alembic_ext_app LOGIN; END IF; END$$;"
    "CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT a FROM t; GRANT SELECT, UPDATE ON v TO alembic_ext_app;"
)
DROP, CREATE = 'op.execute("DROP VIEW v")\n', 'op.execute("CREATE VIEW v AS SELECT b, a FROM t")'
GRANT = 'op.execute("GRANT SELECT, UPDATE ON v TO alembic_ext_app")'


class PrivilegesLost(Rule):
    """An old table, view or sequence whose name is another's when the revision ends, with fewer privileges."""

    id, slug, group = "LC220", "privileges-lost", "compatibility"
    examples = (
        Example(f"{DROP}{CREATE}  # <-", APP),
        Example(f"{DROP}{CREATE}  # <-\n{GRANT.replace(', UPDATE', '')}", APP),
        Example(f"{DROP}{CREATE}\n{GRANT}", APP),
        Example(DROP + CREATE, APP + "ALTER DEFAULT PRIVILEGES GRANT SELECT, UPDATE ON TABLES TO alembic_ext_app"),
        Example('op.execute("CREATE OR REPLACE VIEW v AS SELECT a, b FROM t")', APP),
        Example(DROP + CREATE, "CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT a FROM t"),
        Example('op.execute("DROP VIEW v")', APP, also=("object-dropped",)),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        again = {(one.schema, one.name): one for one in course.after.values() if one.kind not in "iI"}
        for old in course.trace.before.values():
            now = again.get((old.schema, old.name))
            if not old.rights or now is None or now.oid == old.oid or old.oid in course.after:
                continue
            if lost := _lost(old, now):
                said = [f"{role or 'PUBLIC'} {listed(words, 4)}" for role, words in lost.items()]
                what = f"{'SEQUENCE ' if now.kind == 'S' else ''}{spelled(now)}"
                grants = [
                    execute(f"GRANT {', '.join(words)} ON {what} TO {ident(role) if role else 'PUBLIC'}")
                    for role, words in lost.items()
                ]
                yield Hit(
                    next(at for at in course.moments if now.oid in at.after),
                    f"{title(now)} is made again without the privileges that it had: {listed(said)}",
                    "grant them again in the same transaction",
                    "\n".join(grants),
                    title(now),
                    old.oid,
                )


def _lost(old: Relation, now: Relation) -> Mapping[str, list[str]]:
    """The privileges that roles had and have no more; what an owner has is its own."""
    have = rights(now)
    found = {}
    for role, letters in rights(old).items():
        if role not in (old.owner, now.owner):
            gone = letters - have.get(role, frozenset()) - have.get("", frozenset())
            if words := [word for letter, word in WORDS.items() if letter in gone]:
                found[role] = words
    return found


RULE = PrivilegesLost()
