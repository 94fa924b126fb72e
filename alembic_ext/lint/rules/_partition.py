"""What the rules about partitions share."""

from __future__ import annotations

from alembic_ext.lint.code import autocommit, call, execute, schema_of, spelled, text, unwrapped
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.sqltext import ident

NEXT = "# in the next revision:"


def default_of(at: Moment, parent: Relation) -> Relation | None:
    """The default partition that a table had before."""
    found = [one for one in at.before.values() if parent.oid in one.parents and one.bound == "DEFAULT"]
    return found[0] if found and found[0].oid in at.old else None


def proved(at: Moment, parts: list[Relation], then: str) -> str:
    """Code that lets a CHECK prove what a partition holds, before it is needed: then nobody reads it for that."""
    before: list[str] = []
    checked: list[str] = []
    gone: list[str] = []
    for part in parts:
        condition = at.did.definitions.get(part.oid, "")
        if not condition or "satisfies_hash_partition" in condition:
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
