"""What the rules about partitions share."""

from __future__ import annotations

from alembic_ext.lint.code import autocommit, call, execute, schema_of, spelled, text, unwrapped
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.pgquery import tokens

NEXT = "# in the next revision:"


def default_of(at: Moment, parent: Relation) -> Relation | None:
    """The default partition that a table had before."""
    found = [one for one in at.before.values() if parent.oid in one.parents and one.bound == "DEFAULT"]
    return found[0] if found and found[0].oid in at.old else None


def proved(at: Moment, child: Relation | None, parts: list[Relation], then: str) -> str:
    """Code that lets a CHECK prove what partitions hold before a new one is there: then nobody reads them for that.

    Those beside it have none of its rows. It takes no more than that: what is said of the default partition as a whole
    is no proof for PostgreSQL, which looks for the opposite of the new bound.
    """
    if child is None or child.oid not in at.did.definitions:
        return ""
    before: list[str] = []
    checked: list[str] = []
    gone: list[str] = []
    for part in parts:
        own = at.did.definitions.get(part.oid, "")
        condition = own if part.oid == child.oid else f"NOT ({_bound(at, child)})"
        if not own or "satisfies_hash_partition" in condition:
            return ""
        name, schema = f"{part.name}_bound", schema_of(part)
        before.append(
            call(
                "op.create_check_constraint",
                name,
                part.name,
                text(unwrapped(condition)),
                schema=schema,
                postgresql_not_valid=True,
            )
        )
        checked.append(execute(f"ALTER TABLE {spelled(part)} VALIDATE CONSTRAINT {ident(name)}"))
        gone.append(call("op.drop_constraint", name, part.name, schema=schema))
    return "\n".join([*before, NEXT, autocommit(checked), NEXT, then, *gone])


def _bound(at: Moment, child: Relation) -> str:
    """What a partition's own bound says, without what the tables above it say."""
    above = [len(parts_of(at.did.definitions.get(oid, ""))) for oid in at.after[child.oid].parents]
    return " AND ".join(parts_of(at.did.definitions.get(child.oid, ""))[sum(above) :])


def parts_of(condition: str) -> list[str]:
    """What all has to hold for a condition, as the server writes one.

    >>> parts_of("((a IS NOT NULL) AND ((a = 1) OR (b AND c)))"), parts_of("((a IS NULL) OR (a = 2))"), parts_of("")
    (['(a IS NOT NULL)', '((a = 1) OR (b AND c))'], ['((a IS NULL) OR (a = 2))'], [])
    """
    inner = unwrapped(condition)
    content, depth, start, found = inner.encode(), 0, 0, list[str]()
    for token in tokens(inner):
        word = content[token.start : token.end].upper()
        if not depth and word == b"AND":
            found.append(content[start : token.start].decode().strip())
            start = token.end
        depth += (word in (b"(", b"[")) - (word in (b")", b"]"))
    if not found:
        return [condition] if condition else []
    return [*found, content[start:].decode().strip()]
