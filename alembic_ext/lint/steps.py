"""Changes that take several revisions, as Alembic code for the help of findings. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from alembic_ext.lint.code import Raw, autocommit, call, execute, index, schema_of, spelled, text, validated
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Constraint, Relation
from alembic_ext.sqltext import ident

_TYPES = {
    "bigint": "sa.BigInteger()", "boolean": "sa.Boolean()", "bytea": "sa.LargeBinary()", "date": "sa.Date()",
    "character varying": "sa.String()", "double precision": "sa.Float(53)", "integer": "sa.Integer()",
    "json": "postgresql.JSON()", "jsonb": "postgresql.JSONB()", "numeric": "sa.Numeric()", "real": "sa.Float(24)",
    "smallint": "sa.SmallInteger()", "text": "sa.Text()", "timestamp with time zone": "sa.DateTime(timezone=True)",
    "timestamp without time zone": "sa.DateTime()", "uuid": "postgresql.UUID()",
}  # fmt: skip
_SIZED = {"character varying": "sa.String", "numeric": "sa.Numeric", "character": "sa.CHAR"}

Step = tuple[str, Sequence[str]]
"""What a revision is for, and its lines."""


def type_of(printed: str) -> Raw | None:
    """A type as PostgreSQL prints it in SQLAlchemy's words; None where that takes more than a word.

    >>> type_of("character varying(10)"), type_of("numeric(10,2)"), type_of("point")
    ('sa.String(10)', 'sa.Numeric(10, 2)', None)
    """
    name, _, rest = printed.partition("(")
    if name in _SIZED and rest.endswith(")"):
        return Raw(f"{_SIZED[name]}({', '.join(rest[:-1].split(','))})")
    return Raw(_TYPES[printed]) if printed in _TYPES else None


def add_column(table: Relation, name: str, printed: str, collate: str = "") -> str:
    """A column that may be null, by its type and collation as PostgreSQL prints them."""
    python = type_of(printed)
    if collate and python is not None:
        plain = re.fullmatch(r'"([^".]+)"', collate)
        python = Raw(f"{python[:-1]}{', ' * (python[-2] != '(')}collation={plain[1]!r})") if plain else None
    if python is None:
        return execute(f"ALTER TABLE {spelled(table)} ADD COLUMN {ident(name)} {declared(printed, collate)}")
    return call("op.add_column", table.name, Raw(f"sa.Column({name!r}, {python})"), schema=schema_of(table))


def declared(printed: str, collate: str) -> str:
    """A column's type with its collation.

    >>> declared("text", '"C"'), declared("integer", "")
    ('text COLLATE "C"', 'integer')
    """
    return f"{printed} COLLATE {collate}" if collate else printed


def fill(table: Relation, column: str, value: str) -> list[str]:
    """A column is filled in batches that commit themselves; where the value is null it is left so."""
    name = ident(column)
    known = "" if value == "DEFAULT" else f" AND ({value}) IS NOT NULL"
    sql = (
        f"UPDATE {spelled(table)} SET {name} = {value} WHERE ctid = ANY (ARRAY("
        f"SELECT ctid FROM {spelled(table)} WHERE {name} IS NULL{known} LIMIT 5000))"
    )
    return autocommit([f"while op.get_bind().execute({text(sql)}).rowcount:", "    pass"]).splitlines()


def kept(table: Relation, column: str, value: str) -> list[str]:
    """A trigger that keeps a column at a value, made of the row's other columns."""
    whole = f"{table.name}_{column}"
    function = ident(schema_of(table) or "", whole)
    body = f"BEGIN NEW.{ident(column)} := (SELECT {value} FROM (SELECT NEW.*) AS row); RETURN NEW; END"
    return [
        execute(f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"),
        execute(
            f"CREATE TRIGGER {ident(whole)} BEFORE INSERT OR UPDATE ON {spelled(table)} "
            f"FOR EACH ROW EXECUTE FUNCTION {function}()"
        ),
    ]


def kept_no_more(table: Relation, column: str) -> list[str]:
    """The trigger goes."""
    whole = f"{table.name}_{column}"
    return [
        execute(f"DROP TRIGGER {ident(whole)} ON {spelled(table)}"),
        execute(f"DROP FUNCTION {ident(schema_of(table) or '', whole)}()"),
    ]


def not_null(table: Relation, columns: Sequence[str], version: int) -> list[Step]:
    """Columns are made NOT NULL while others write: PostgreSQL 18 knows a NOT NULL that is not valid yet, before it a
    CHECK that is valid proves it.
    """
    schema, adding, checking, ending = schema_of(table), list[str](), list[str](), list[str]()
    for column in columns:
        name = f"{table.name}_{column}_not_null"
        if version >= 180000:
            adding.append(
                execute(f"ALTER TABLE {spelled(table)} ADD CONSTRAINT {ident(name)} NOT NULL {ident(column)} NOT VALID")
            )
        else:
            condition = f"{ident(column)} IS NOT NULL"
            adding.append(
                call("op.create_check_constraint", name, table.name, condition, schema=schema,
                     postgresql_not_valid=True)
            )  # fmt: skip
            ending.append(call("op.alter_column", table.name, column, nullable=False, schema=schema))
            ending.append(call("op.drop_constraint", name, table.name, type_="check", schema=schema))
        checking.append(validated(table, name))
    steps: list[Step] = [("new rows are checked", adding), ("old rows are checked while others write", checking)]
    return [*steps, ("no row is read for this", ending)] if ending else steps


def concurrently(at: Moment, indexes: Sequence[Relation]) -> list[str]:
    """New indexes are built while others write: no timeout ends that, and it can be tried again."""
    lines = []
    for one in indexes:
        schema = schema_of(one)
        lines.append(call("op.drop_index", one.name, schema=schema, if_exists=True, postgresql_concurrently=True))
        lines.append(index(at.did.definitions[one.oid], postgresql_concurrently=True))
    return patiently(at, lines)


def patiently(at: Moment, lines: Sequence[str]) -> list[str]:
    """Lines outside of the transaction, and without the timeouts that are in force."""
    limits = {"lock_timeout": at.did.lock_timeout, "statement_timeout": at.did.statement_timeout}
    off = [execute(f"SET {name} = 0") for name, value in limits.items() if value]
    on = [execute(f"SET {name} = '{seconds(value)}'") for name, value in limits.items() if value]
    return autocommit([*off, *lines, *on]).splitlines()


def seconds(value: float) -> str:
    """A timeout as a setting has it.

    >>> seconds(5.0), seconds(0.25)
    ('5s', '250ms')
    """
    return f"{value:g}s" if value >= 1 else f"{value * 1000:g}ms"


def columns_of(at: Moment, table: Relation, constraint: Constraint) -> list[Step]:
    """The columns of a constraint that the revision adds, without it."""
    known = {column.number for column in at.old[table.oid].columns.values()}
    lines = []
    for column in table.columns.values():
        if column.number in constraint.columns and column.number not in known:
            if column.default is None:
                lines.append(add_column(table, column.name, column.type, column.collate))
            else:
                type_ = declared(column.type, column.collate)
                words = f"{ident(column.name)} {type_} DEFAULT {column.default}{' NOT NULL' * column.notnull}"
                lines.append(execute(f"ALTER TABLE {spelled(table)} ADD COLUMN {words}"))
    return [("without the constraint", lines)] if lines else []


def checked_later(add: Sequence[str], tables: Sequence[Relation], constraint: str) -> list[Step]:
    """A constraint of tables is added NOT VALID, and validated by itself."""
    return [
        ("new rows are checked", add),
        ("old rows are checked while others write", [validated(one, constraint) for one in tables]),
    ]


def revisions(*steps: Step) -> str:
    """Steps that need a revision each.

    >>> print(revisions(("a column", ["op.add_column(...)"]), ("its rows", ["op.execute(...)"])))
    # revision 1: a column
    op.add_column(...)
    <BLANKLINE>
    # revision 2: its rows
    op.execute(...)
    """
    return "\n\n".join("\n".join([f"# revision {n}: {what}", *lines]) for n, (what, lines) in enumerate(steps, 1))
