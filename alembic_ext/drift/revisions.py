"""At which revisions production says it is, and which revisions of the checkout lead there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from alembic_ext.drift.connection import Production
from alembic_ext.errors import AlembicExtError
from alembic_ext.project.named import not_one
from alembic_ext.sqltext import ident, literal, parts

DEFAULT = "alembic_version"
DOCS = "docs/drift.md has the statements"


class Known(Protocol):
    """A revision of the checkout."""

    @property
    def id(self) -> str: ...
    @property
    def down(self) -> tuple[str, ...]: ...
    @property
    def needs(self) -> tuple[str, ...]: ...
    @property
    def labels(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Versions:
    """The version table of a database: where it is, whose it is, and what it says."""

    schema: str
    name: str
    owner: str
    rows: tuple[str, ...]


def versions(production: Production, asked: str = "", *, rows: bool = True) -> Versions | None:
    """The version table: the one that is asked for as ``name`` or ``schema.name``, else Alembic's of any schema.

    Raises:
        AlembicExtError: there are several, or it may not be read.
    """
    *schema, name = parts(asked or DEFAULT)
    where = f" AND n.nspname = {literal(schema[0])}" if schema else ""
    found = production.rows(
        "SELECT n.nspname::text, c.relname::text, pg_get_userbyid(c.relowner)::text, "
        "has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'), current_user::text "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE c.relname = {literal(name)} AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'{where} ORDER BY 1"
    )
    if not found:
        return None
    if len(found) > 1:
        raise AlembicExtError(
            f"there are several version tables: {', '.join(ident(*row[:2]) for row in found)}",
            help="name one: version-table in [tool.alembic-ext.drift], or --version-table",
        )
    schema_name, name, owner, may, me = found[0]
    if rows and not may:
        raise AlembicExtError(
            f"the role {me!r} may not read the version table {ident(schema_name, name)}",
            help=f"GRANT USAGE ON SCHEMA {ident(schema_name)} TO {ident(me)}; "
            f"GRANT SELECT ON {ident(schema_name, name)} TO {ident(me)}; or give --revision; {DOCS}",
        )
    held = production.rows(f"SELECT version_num::text FROM {ident(schema_name, name)} ORDER BY 1") if rows else ()
    return Versions(schema_name, name, owner, tuple(number for (number,) in held))


def owner(production: Production, table: Versions | None) -> str:
    """Whom migrations run as: who owns the version table, else who owns most tables; empty where there are none."""
    if table is not None:
        return table.owner
    found = production.rows(
        "SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p') "
        "GROUP BY relowner ORDER BY count(*) DESC, 1 LIMIT 1"
    )
    return str(found[0][0]) if found else ""


def chosen(revisions: Sequence[Known], asked: str) -> tuple[str, ...]:
    """What ``--revision`` means: ``base``, ``head``, ``heads``, a revision or the beginning of it, a branch label.

    Raises:
        AlembicExtError: it means nothing, or more than one thing.
    """
    by_id = {one.id: one for one in revisions}
    if asked == "base":
        return ()
    above = {name for one in revisions for name in (*one.down, *one.needs)}
    heads = tuple(one.id for one in revisions if one.id not in above)
    if asked in ("head", "heads"):
        if asked == "head" and len(heads) > 1:
            raise AlembicExtError(f"there are several heads: {', '.join(heads)}", help="say --revision heads, or one")
        return heads
    label = asked.partition("@")[0]
    labelled = {one.id for one in revisions if label in one.labels}
    if labelled:
        branch = {name for name in by_id if labelled & lineage([name], by_id, needs=False)}
        return tuple(name for name in by_id if name in branch and not any(name in by_id[one].down for one in branch))
    found = [asked] if asked in by_id else [name for name in by_id if name.startswith(asked)]
    if len(found) != 1:
        raise not_one(asked, by_id, len(found))
    return (found[0],)


def unknown(revisions: Sequence[Known], rows: Collection[str]) -> None:
    """Refuse rows that the checkout does not know.

    Raises:
        AlembicExtError: it does not know one.
    """
    known = {one.id for one in revisions}
    if missing := sorted(set(rows) - known):
        raise AlembicExtError(
            f"production says it is at {', '.join(missing)}, and this checkout has no such revision",
            help="check out what was deployed there (or merge it), or compare with another: --revision REV",
        )


def lineage(heads: Collection[str], by_id: Mapping[str, Known], *, needs: bool = True) -> set[str]:
    """The revisions, and all below them."""
    found, pending = set(heads), list(heads)
    while pending:
        one = by_id[pending.pop()]
        for name in (*one.down, *(one.needs if needs else ())):
            if name not in found:
                found.add(name)
                pending.append(name)
    return found
