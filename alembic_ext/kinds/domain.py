"""Domains with their constraints.

https://www.postgresql.org/docs/current/sql-createdomain.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import KW_ONLY, field
from types import MappingProxyType
from typing import Any

from alembic_ext.entity import Entity, Grants, comment_on, entity, granted, owned_by
from alembic_ext.kinds._common import FIRST_OID
from alembic_ext.kinds._type import TypeKind, type_select, type_text
from alembic_ext.model import Address, Stored
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import Node, strings

_BASE = """format_type(t.typbasetype, t.typtypmod)
                  || CASE WHEN t.typcollation <> 0 AND t.typcollation <> b.typcollation
                          THEN ' COLLATE ' || t.typcollation::regcollation ELSE '' END"""
_DEFAULT = """CASE WHEN t.typdefaultbin IS NOT NULL THEN pg_get_expr(t.typdefaultbin, 0)
                       ELSE quote_literal(t.typdefault) END"""
_ADDS = frozenset({"C", "O", "T"})
"""What ALTER DOMAIN does when it adds: a constraint, NOT NULL, a default."""


class DomainKind(TypeKind):
    """Its checks are in its definition; one that is NOT VALID is state.

    A check is added in two steps, so that the second only reads the tables that use the domain.
    """

    name, rank, word = "domain", 13, "DOMAIN"
    sign = "typtype = 'd'"
    object_type = "OBJECT_DOMAIN"
    nodes = MappingProxyType({"CreateDomainStmt": ""})
    newer = MappingProxyType({17: "the name of NOT NULL"})
    managed, moves, alters_state, has_constraints = True, True, True, True
    select = type_select(
        f"""format('CREATE DOMAIN %I.%I AS %s%s%s%s', n.nspname, t.typname, {_BASE}, ' DEFAULT ' || {_DEFAULT},
                  CASE WHEN t.typnotnull THEN coalesce(' ' || k.not_null, ' NOT NULL') END, k.valid)""",
        "t.typtype = 'd'",
        f"""JOIN pg_type b ON b.oid = t.typbasetype LEFT JOIN (
              SELECT k.contypid,
                     max(format('CONSTRAINT %I NOT NULL', k.conname)) FILTER (WHERE k.contype = 'n') AS not_null,
                     string_agg(format(E'\\n    CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), ''
                                ORDER BY k.conname) FILTER (WHERE k.contype = 'c' AND k.convalidated) AS valid,
                     array_agg(k.oid ORDER BY k.conname) FILTER (WHERE k.contype = 'c' AND NOT k.convalidated) AS loose,
                     array_agg(ARRAY[k.conname::text, pg_get_constraintdef(k.oid)] ORDER BY k.conname)
                       FILTER (WHERE k.contype = 'c') AS checks
              FROM pg_constraint k WHERE k.contypid >= {FIRST_OID} GROUP BY k.contypid) k ON k.contypid = t.oid""",
        """ARRAY(SELECT unnest(ARRAY[format('constraint %I', l.conname),
                    format('ALTER DOMAIN %I.%I ADD CONSTRAINT %I %s', n.nspname, t.typname, l.conname,
                           pg_get_constraintdef(l.oid)),
                    format('ALTER DOMAIN %I.%I DROP CONSTRAINT %I', n.nspname, t.typname, l.conname)])
                 FROM unnest(k.loose) o JOIN pg_constraint l ON l.oid = o)""",
        facts=(
            _BASE,
            f"coalesce({_DEFAULT}, '')",
            "CASE WHEN t.typnotnull THEN coalesce(k.not_null, 'NOT NULL') ELSE '' END",
            "coalesce(k.checks, '{}')",
        ),
    )

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, strings(tree["domainname"]))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        if node == "AlterDomainStmt" and tree["subtype"] in _ADDS and (tree["subtype"] != "T" or "def" in tree):
            return Address(self.name, strings(tree["typeName"]))
        return super().altered_by(node, tree)

    def commented(self, stored: Stored) -> Sequence[str]:
        _, _, not_null, checks = stored.facts
        names = [
            not_null.removeprefix("CONSTRAINT ").removesuffix("NOT NULL").strip(),
            *(ident(name) for name, _ in checks),
        ]
        return [f"CONSTRAINT {name} ON {self.word} {self.identity(stored.key)}" for name in names if name]

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        base, default, not_null, checks = old.facts
        new_base, new_default, new_not_null, new_checks = new.facts
        if base != new_base:
            return None
        before, after = dict(checks), dict(new_checks)
        proved = [name for name, text in after.items() if before.get(name) == text + _NOT_VALID]
        commands = [
            f"DROP CONSTRAINT {ident(name)}"
            for name, text in before.items()
            if name not in proved and text != after.get(name)
        ]
        if default != new_default:
            commands.append(f"SET DEFAULT {new_default}" if new_default else "DROP DEFAULT")
        if not_null != new_not_null:
            usual = ("NOT NULL", f"CONSTRAINT {ident(new.key.name + '_not_null')} NOT NULL")
            commands += ["DROP NOT NULL"] if not_null else []
            commands += ["SET NOT NULL"] if new_not_null in usual else [f"ADD {new_not_null}"] if new_not_null else []
        for name, text in after.items():
            if name not in proved and text != before.get(name):
                commands.append(f"ADD CONSTRAINT {ident(name)} {text.removesuffix(_NOT_VALID)}{_NOT_VALID}")
                proved += [] if text.endswith(_NOT_VALID) else [name]
            if name in proved:
                commands.append(f"VALIDATE CONSTRAINT {ident(name)}")
        return [f"ALTER DOMAIN {self.identity(new.key)} {command}" for command in commands]


_NOT_VALID = " NOT VALID"
KIND = DomainKind()


@entity
class Domain(Entity):
    """A domain, with the terms of CREATE DOMAIN.

    >>> print(Domain("price", "numeric(10, 2)", default="0", checks={"price_positive": "VALUE >= 0"}).sql, end="")
    CREATE DOMAIN price AS numeric(10, 2) DEFAULT 0
        CONSTRAINT price_positive CHECK (VALUE >= 0);

    A check that comes to a domain that tables use is added NOT VALID, so that no row is read meanwhile, and validated
    by a statement of its own.

    Args:
        name: its name, without its schema.
        type: the type it is made of, as SQL or as a type of SQLAlchemy's.
        collation: a collation as SQL: ``'"C"'``.
        default: an expression as SQL.
        not_null: whether it takes no NULL.
        checks: name to condition, as SQL that speaks of ``VALUE``.
        not_valid: names of checks that existing rows need not meet.
        schema: None is the default schema.
        comment: text of COMMENT ON DOMAIN.
        owner: a role.
        grants: grantee to privileges: ``{"reader": "usage", "public": None}``; None takes all.

    https://www.postgresql.org/docs/current/sql-createdomain.html
    """

    KIND = KIND

    name: str
    type: Any = field(hash=False)
    _: KW_ONLY
    collation: str | None = None
    default: str | None = None
    not_null: bool = False
    checks: Mapping[str, str] = field(default_factory=dict, hash=False)
    not_valid: str | Collection[str] = ()
    schema: str | None = None
    comment: str | None = None
    owner: str | None = None
    grants: Grants = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.not_valid, str):
            object.__setattr__(self, "not_valid", (self.not_valid,))
        if unknown := sorted(set(self.not_valid) - set(self.checks)):
            raise self._invalid(f"not_valid names {unknown[0]!r}, which is no check", "give names that are in checks")

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.schema or "", self.name)
        checks = {check: f"CONSTRAINT {ident(check)} CHECK ({text})" for check, text in self.checks.items()}
        create = " ".join(
            filter(
                None,
                [
                    f"CREATE DOMAIN {name} AS {type_text(self.type, self.source)}",
                    f"COLLATE {self.collation}" if self.collation else "",
                    f"DEFAULT {self.default}" if self.default is not None else "",
                    "NOT NULL" if self.not_null else "",
                ],
            )
        )
        return (
            "\n    ".join([create, *(text for check, text in checks.items() if check not in self.not_valid)]),
            *(f"ALTER DOMAIN {name} ADD {checks[check]} NOT VALID" for check in checks if check in self.not_valid),
            *comment_on("DOMAIN", name, self.comment),
            *owned_by("DOMAIN", name, self.owner),
            *granted(f"DOMAIN {name}", self.grants),
        )
