"""A privilege is taken away that the deployed code may use.

REVOKE works at once, for the sessions that are open, too: their next statement fails.

Instead deploy code that does without the privilege first, and revoke it in a later revision.

The same is so where a role goes or may no longer log in, is taken out of another, or where all that it owns is
dropped.

It does not matter for objects that the same revision creates, where the same privileges are granted again, and nothing
is said of what PUBLIC has on schemas and databases: to take that away is good practice.

https://www.postgresql.org/docs/current/sql-revoke.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alembic_ext.lint.made import made_before
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rights import WORDS, rights
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed, title
from alembic_ext.sqltext.parsetree import Node, placeless, strings

TABLE = "CREATE TABLE t (a int); GRANT SELECT ON t TO pg_monitor"


ROLE = (
    "DO $$BEGIN IF to_regrole('alembic_ext_app') IS NULL THEN CREATE ROLE alembic_ext_app LOGIN; END IF; END$$;"
    "GRANT pg_monitor TO alembic_ext_app; CREATE TABLE t (a int); GRANT SELECT ON t TO alembic_ext_app;"
    "CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO alembic_ext_app;"
    "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'"
)
LETTERS = {word: letter for letter, word in WORDS.items()}
_LOST = {"canlogin": "may no longer log in", "bypassrls": "no longer passes over row security",
         "superuser": "is no longer a superuser"}  # fmt: skip


class PrivilegesTaken(Rule):
    """REVOKE on what is old, and what takes rights from a role."""

    id, slug, group = "LC204", "privileges-taken", "compatibility"
    worded = True
    examples = (
        Example('op.execute("REVOKE SELECT ON t FROM pg_monitor")  # <-', TABLE),
        Example('op.execute("REVOKE USAGE ON SCHEMA s FROM alembic_ext_app")  # <-\n'
                'op.execute("REVOKE EXECUTE ON FUNCTION f(int) FROM PUBLIC")  # <-\n'
                'op.execute("REVOKE pg_monitor FROM alembic_ext_app")  # <-\n'
                'op.execute("ALTER ROLE alembic_ext_app NOLOGIN")  # <-\n'
                'op.execute("DROP OWNED BY alembic_ext_app")  # <-\n'
                'op.execute("DROP ROLE alembic_ext_app")  # <-', ROLE),
        Example('op.execute("REVOKE ALL ON t FROM alembic_ext_app")\n'
                'op.execute("GRANT SELECT, INSERT ON t TO alembic_ext_app")\n'
                'op.execute("REVOKE ALL ON SCHEMA s FROM alembic_ext_app")\n'
                'op.execute("GRANT USAGE ON SCHEMA s TO alembic_ext_app")', ROLE),
        Example('op.execute("REVOKE ALL ON t FROM alembic_ext_app")  # <-\n'
                'op.execute("GRANT INSERT ON t TO alembic_ext_app")', ROLE),
        Example('op.execute("ALTER ROLE alembic_ext_app CREATEDB")\n'
                'op.execute("DROP ROLE IF EXISTS nobody_of_old")', ROLE),
        Example("op.execute(\"CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'\")\n"
                'op.execute("REVOKE ALL ON FUNCTION g() FROM PUBLIC")'),
        Example('op.execute("GRANT SELECT ON t TO PUBLIC")', TABLE),
        Example('op.execute("CREATE TABLE u (a int)")\nop.execute("REVOKE ALL ON u FROM PUBLIC")'),
        Example('op.execute("REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM pg_monitor")  # <-', TABLE),
        Example('op.execute("CREATE SCHEMA s")\nop.execute("REVOKE ALL ON ALL TABLES IN SCHEMA s FROM PUBLIC")'),
        Example('op.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")'),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.did.error:
            return
        if at.node == "GrantStmt" and not at.tree.get("is_grant"):
            for name, relation in _objects(at):
                yield Hit(
                    at,
                    f"privileges on {name} are taken away: code that uses them fails",
                    "deploy code that does without them first",
                    object=name,
                    table=relation.oid if relation else 0,
                    verdict="static",
                )
        for said in _of_roles(at):
            yield Hit(at, f"{said}: code that runs as it fails", "make sure first that nothing runs as it",
                      verdict="static")  # fmt: skip


def _objects(at: Moment) -> Iterator[tuple[str, Relation | None]]:
    """What loses privileges: the name, and the relation if it is one."""
    new, objects, sort = made_before(at), at.tree.get("objects", ()), at.tree.get("objtype", "")
    if at.tree.get("targtype") == "ACL_TARGET_ALL_IN_SCHEMA":
        if of := sorted({*strings(objects)} - new):
            yield f"all that is in schema {listed(of)}", None
    elif at.tree.get("targtype") != "ACL_TARGET_OBJECT" or _is_given_again(at):
        return
    elif any("RangeVar" in one for one in objects):
        meant = [at.named(one["RangeVar"]) for one in objects if "RangeVar" in one]
        old = [one for one in meant if one is not None and at.is_old(one)]
        if old:
            yield listed([title(one) for one in old]), old[0]
    elif sort in ("OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE"):
        names = [strings(one["ObjectWithArgs"]["objname"])[-1] for one in objects]
        if of := [one for one in names if one not in new]:
            yield f"function {listed(of)}", None
    elif sort in ("OBJECT_SCHEMA", "OBJECT_DATABASE") and all(map(_role, at.tree["grantees"])):
        of = sorted({*strings(objects)} - new)
        yield from [(f"{sort.removeprefix('OBJECT_').lower()} {listed(of)}", None)] if of else []


def _is_given_again(at: Moment) -> bool:
    """Whether a later statement of the transaction grants the same roles what they had on the same."""
    again = [
        one for one in at.course.moments[at.number + 1 :]
        if one.node == "GrantStmt" and one.tree.get("is_grant") and one.did.transaction == at.did.transaction
        and placeless(one.tree.get("objects")) == placeless(at.tree.get("objects"))
    ]  # fmt: skip
    for role in map(_role, at.tree["grantees"]):
        given = [one.tree for one in again if role in map(_role, one.tree["grantees"])]
        if not given:
            return False
        every = any("privileges" not in one for one in given)
        words = {p["AccessPriv"].get("priv_name", "") for one in given for p in one.get("privileges", ())}
        letters = {LETTERS.get(word.upper(), "") for word in words}
        if not every and not _had(at, role) <= letters:
            return False
    return True


def _had(at: Moment, role: str) -> frozenset[str]:
    """The letters of what a role had on the relations that are named, and loses."""
    taken = {one["AccessPriv"].get("priv_name", "") for one in at.tree.get("privileges", ())}
    found = set[str]()
    for one in at.tree["objects"]:
        relation = at.named(one["RangeVar"]) if "RangeVar" in one else None
        if relation and relation.oid in at.old:
            found |= rights(at.old[relation.oid]).get(role, frozenset())
    return frozenset(found if not taken else found & {LETTERS.get(word.upper(), "") for word in taken})


def _role(node: Node) -> str:
    """The name of a role; '' is PUBLIC."""
    return str(node["RoleSpec"].get("rolename", ""))


def _of_roles(at: Moment) -> Iterator[str]:
    new = made_before(at)
    if at.node == "DropRoleStmt" and not at.tree.get("missing_ok"):
        names = [one for one in map(_role, at.tree["roles"]) if one not in new]
        if names:
            yield f"role {listed(names)} is dropped"
    elif at.node == "DropOwnedStmt":
        yield f"all that {listed([*map(_role, at.tree['roles'])])} owns is dropped, and its privileges are taken away"
    elif at.node == "GrantRoleStmt" and not at.tree.get("is_grant"):
        roles = [one["AccessPriv"]["priv_name"] for one in at.tree["granted_roles"]]
        yield f"{listed([*map(_role, at.tree['grantee_roles'])])} is no longer a member of {listed(roles)}"
    elif at.node == "AlterRoleStmt" and (name := at.tree["role"].get("rolename", "CURRENT_USER")) not in new:
        for option in at.tree.get("options", ()):
            word, value = option["DefElem"]["defname"], option["DefElem"].get("arg", {}).get("Boolean", {})
            if word in _LOST and not value.get("boolval"):
                yield f"role {name} {_LOST[word]}"


RULE = PrivilegesTaken()
