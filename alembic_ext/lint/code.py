"""Alembic code for the help of findings: what a user can paste. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_ext.lint.relation import Constraint, Relation
from alembic_ext.sqltext import escaped, ident
from alembic_ext.sqltext.parsetree import Node, strings
from alembic_ext.sqltext.pgquery import parse, tokens

_ACTIONS = {"r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


class Raw(str):
    """A piece of Python that stands as it is: ``Raw("sa.Integer()")``."""

    __slots__ = ()


def call(function: str, *args: Any, **words: Any) -> str:
    """A call in Python; words that are None are left out.

    >>> call("op.drop_index", "ix", table_name="t", schema=None)
    "op.drop_index('ix', table_name='t')"
    """
    parts = [_literal(one) for one in args]
    parts += [f"{name}={_literal(value)}" for name, value in words.items() if value is not None]
    return f"{function}({', '.join(parts)})"


def _literal(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_literal, value))}]"
    return str(value) if isinstance(value, Raw) else repr(value)


def autocommit(lines: Sequence[str]) -> str:
    """Lines in a block outside of the transaction."""
    return "\n".join(["with op.get_context().autocommit_block():", *(f"    {line}" for line in lines)])


def execute(sql: str) -> str:
    """A statement as it is.

    >>> execute("ALTER TABLE t VALIDATE CONSTRAINT k")
    "op.execute('ALTER TABLE t VALIDATE CONSTRAINT k')"
    """
    return call("op.execute", escaped(sql))


def text(sql: str) -> Raw:
    """A piece of SQL where Alembic takes one."""
    return Raw(call("sa.text", escaped(sql)))


def final(name: str) -> Raw:
    """A name that no naming convention is to be applied to again."""
    return Raw(call("op.f", name))


def schema_of(relation: Relation) -> str | None:
    """The schema as Alembic's operations want it: None for public."""
    return None if relation.schema == "public" else relation.schema


def spelled(relation: Relation) -> str:
    """A relation's name in SQL."""
    return ident(schema_of(relation) or "", relation.name)


def index(definition: str, *, unique: bool = False, **words: Any) -> str:
    """An index, from how the server writes it.

    >>> print(index("CREATE INDEX i ON public.t USING gin (a, lower(b)) INCLUDE (c) WHERE (a > 0)"))
    op.create_index('i', 't', ['a', sa.text('lower(b)')], postgresql_using='gin', postgresql_include=['c'], \
postgresql_where=sa.text('a > 0'))
    """
    tree = parse(definition)[0]["stmt"]["IndexStmt"]
    elements, where = _pieces(definition)
    plain = [_plain(one["IndexElem"]) for one in tree["indexParams"]]
    schema, method = tree["relation"].get("schemaname"), tree.get("accessMethod", "btree")
    stored = [one["IndexElem"]["name"] for one in tree.get("indexIncludingParams", ())]
    return call(
        "op.create_index", tree["idxname"], tree["relation"]["relname"],
        [name or text(piece) for name, piece in zip(plain, elements, strict=True)],
        unique=unique or tree.get("unique") or None, schema=schema if schema != "public" else None,
        postgresql_using=method if method != "btree" else None, postgresql_include=stored or None,
        postgresql_nulls_not_distinct=tree.get("nulls_not_distinct") or None,
        postgresql_where=text(unwrapped(where)) if where else None, postgresql_tablespace=tree.get("tableSpace"),
        postgresql_with={one["DefElem"]["defname"]: _value(one["DefElem"]) for one in tree.get("options", ())} or None,
        **words,
    )  # fmt: skip


def _plain(element: Node) -> str:
    """The name of a column that is indexed without further words, else nothing."""
    usual = element.get("ordering") == "SORTBY_DEFAULT" and element.get("nulls_ordering") == "SORTBY_NULLS_DEFAULT"
    return str(element.get("name", "")) if usual and not {"opclass", "collation"} & element.keys() else ""


def _value(option: Node) -> str:
    ((_, inner),) = option["arg"].items()
    return str(next(iter(inner.values()), ""))


def _pieces(definition: str) -> tuple[list[str], str]:
    """The elements of an index and its WHERE, as they are written."""
    content, depth, start, elements = definition.encode(), 0, 0, list[str]()
    for token in tokens(definition):
        word = content[token.start : token.end].upper()
        if not depth and word == b"WHERE":
            return elements, content[token.end :].decode().strip()
        depth -= word in (b")", b"]")
        if start > 0 and (not depth or (depth == 1 and word == b",")):
            elements.append(content[start : token.start].decode().strip())
            start = token.end if depth else -1
        if not start and word == b"(":
            start = token.end
        depth += word in (b"(", b"[")
    return elements, ""


def unwrapped(expression: str) -> str:
    """An expression without the parentheses around all of it.

    >>> unwrapped("((a > 0))"), unwrapped("(a) > (0)")
    ('a > 0', '(a) > (0)')
    """
    while expression.startswith("("):
        depth, found = 0, tokens(expression)
        for token in found[:-1]:
            depth += {b"(": 1, b")": -1}.get(expression.encode()[token.start : token.end], 0)
            if depth == 0:
                return expression
        expression = expression[1:-1].strip()
    return expression


def foreign_key(table: Relation, constraint: Constraint, definition: str, **words: Any) -> str:
    """A foreign key, from how the server writes it."""
    tree = parse(f"ALTER TABLE t ADD {definition}")[0]["stmt"]["AlterTableStmt"]
    key = tree["cmds"][0]["AlterTableCmd"]["def"]["Constraint"]
    schema = key["pktable"].get("schemaname")
    return call(
        "op.create_foreign_key", constraint.name, table.name, key["pktable"]["relname"],
        list(strings(key["fk_attrs"])), list(strings(key.get("pk_attrs", ()))),
        onupdate=_ACTIONS.get(key.get("fk_upd_action", "")), ondelete=_ACTIONS.get(key.get("fk_del_action", "")),
        deferrable=key.get("deferrable"), initially="DEFERRED" if key.get("initdeferred") else None,
        match="FULL" if key.get("fk_matchtype") == "f" else None, source_schema=schema_of(table),
        referent_schema=schema if schema != "public" else None, **words,
    )  # fmt: skip


def check(table: Relation, constraint: Constraint, definition: str, **words: Any) -> str:
    """A CHECK, from how the server writes it."""
    condition = definition.removeprefix("CHECK ").removesuffix(" NO INHERIT")
    return call(
        "op.create_check_constraint", final(constraint.name), table.name, text(unwrapped(condition)),
        schema=schema_of(table), **words,
    )  # fmt: skip


def validated(table: Relation, constraint: str) -> str:
    """Check the rows that are there, in a transaction of its own: nothing else has to wait for it."""
    return autocommit([execute(f"ALTER TABLE {spelled(table)} VALIDATE CONSTRAINT {ident(constraint)}")])


def using_index(table: Relation, constraint: str, what: str, index: str, more: str = "") -> str:
    """A constraint that takes over an index; ``what`` is UNIQUE or PRIMARY KEY, ``more`` what follows."""
    named = f"ADD CONSTRAINT {ident(constraint)} {what} USING INDEX {ident(index)}"
    return execute(f"ALTER TABLE {spelled(table)} {named}{more}")
