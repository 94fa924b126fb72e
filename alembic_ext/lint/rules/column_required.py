"""A new column is NOT NULL and has no default.

Where the table has rows the statement fails, and nothing shows that before, since the tables of a test are empty. And
the code that is still deployed does not know the column: each of its INSERTs fails from then on, also where the column
was added as nullable, filled, and made NOT NULL in the same revision, or where a CHECK of the same revision refuses
NULL, NOT VALID or not: then each UPDATE of an old row fails as well. A ``default=`` of SQLAlchemy does not help: it is
known to the new code only.

Instead give the column a ``server_default``, which costs nothing if it is a constant. Or add it as nullable, deploy
code that writes it, fill the old rows, and make it NOT NULL in a later revision.

It does not matter for a table that the same revision creates, nor for INSERTs where a trigger gives the column a value.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-COLUMN
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alembic_ext.lint.bodies import assigned, body_of
from alembic_ext.lint.bulk import conjuncts
from alembic_ext.lint.code import spelled
from alembic_ext.lint.course import Course
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Column, Constraint, Relation
from alembic_ext.lint.rule import Example, Hit, Rule, effects_on
from alembic_ext.lint.said import title
from alembic_ext.lint.steps import add_column, not_null, revisions
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import strings
from alembic_ext.sqltext.pgquery import parse

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email text)"
FILLED = (
    'op.execute("CREATE FUNCTION lower_it() RETURNS trigger LANGUAGE plpgsql AS '
    '$$BEGIN NEW.low \\\\:= lower(NEW.email); RETURN NEW; END$$")\n'
    'op.execute("CREATE TRIGGER lowers {} INSERT OR UPDATE ON account FOR EACH ROW EXECUTE FUNCTION lower_it()")'
)


class ColumnRequired(Rule):
    """A column of an old table that is new, NOT NULL, and without a default when the revision ends."""

    id, slug, group = "LC101", "column-required", "compatibility"
    severity = "error"
    aliases = ("MF103", "adding-required-field")
    examples = (
        Example('op.add_column("account", sa.Column("age", sa.Integer, nullable=False))  # <-', TABLE),
        Example('op.add_column("account", sa.Column("age", sa.Integer, default=0, nullable=False))  # <-', TABLE),
        Example(
            'op.add_column("account", sa.Column("age", sa.Integer))\n'
            'op.execute("UPDATE account SET age = 0 WHERE id < 10")\n'
            'op.alter_column("account", "age", nullable=False)  # <-',
            TABLE,
            also=("set-not-null", "rows-and-schema-together", "work-while-locked"),
        ),
        Example('op.add_column("account", sa.Column("age", sa.Integer, server_default="0", nullable=False))', TABLE),
        Example('op.add_column("account", sa.Column("age", sa.Integer))', TABLE),
        Example(
            'op.add_column("account", sa.Column("low", sa.Text))\n'
            'op.alter_column("account", "low", nullable=False)\n' + FILLED.format("BEFORE"),
            TABLE,
            also=("set-not-null",),
        ),
        Example(
            'op.add_column("account", sa.Column("low", sa.Text))\n'
            'op.alter_column("account", "low", nullable=False)  # <-\n' + FILLED.format("AFTER"),
            TABLE,
            also=("set-not-null",),
        ),
        Example(
            'op.add_column("account", sa.Column("low", sa.Text, nullable=False))  # <-\n' + FILLED.format("BEFORE"),
            TABLE,
        ),
        Example(
            'op.add_column("account", sa.Column("age", sa.Integer))\n'
            'op.execute("ALTER TABLE account ADD CONSTRAINT k CHECK (age IS NOT NULL AND age > 0) NOT VALID")  # <-',
            TABLE,
            also=("never-validated",),
        ),
        Example(
            'op.execute("ALTER TABLE account ADD COLUMN age int CONSTRAINT k CHECK (age IS NOT NULL)")  # <-',
            TABLE,
            also=("column-with-check",),
        ),
        Example(
            'op.add_column("account", sa.Column("age", sa.Integer))\n'
            'op.execute("ALTER TABLE account ADD CONSTRAINT k CHECK (age IS NOT NULL OR id > 9) NOT VALID")\n'
            'op.execute("ALTER TABLE account ADD CONSTRAINT l CHECK (email IS NOT NULL) NOT VALID")',
            TABLE,
            also=("never-validated",),
        ),
        Example(
            'op.add_column("account", sa.Column("age", sa.Integer, server_default="1"))\n'
            'op.execute("ALTER TABLE account ADD CONSTRAINT k CHECK (age IS NOT NULL) NOT VALID")',
            TABLE,
            also=("never-validated",),
        ),
        Example('op.create_table("fresh", sa.Column("age", sa.Integer, nullable=False))', TABLE),
        Example(
            'op.execute("CREATE TABLE fresh (a int)")\n'
            'op.add_column("fresh", sa.Column("b", sa.Integer, nullable=False))'
        ),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for oid, old in course.trace.before.items():
            now = course.after.get(oid)
            if now is None or not now.is_table:
                continue
            numbers = {column.number for column in old.columns.values()}
            above = [course.after[one] for one in now.parents if one in course.after]
            for column in now.columns.values():
                if column.number in numbers or not column.required or column.base:
                    continue
                if any(column.name in parent.columns for parent in above):
                    continue
                at = _since(course, oid, column)
                if at is not None:
                    yield from _hit(at, now, column)
        for at in course.moments:
            for table, one in at.added:
                yield from _refused(at, table, one)


def _refused(at: Moment, table: Relation, one: Constraint) -> Iterator[Hit]:
    """A CHECK that refuses the NULL which INSERTs of old code leave in a new column."""
    now = at.course.after.get(table.oid)
    if one.type != "c" or not at.is_old(table) or now is None or one.name not in now.constraints:
        return
    for name in _not_null(at.did.definitions.get(one.oid, "")):
        column = now.columns.get(name)
        if column is None or column.base or column.default or column.identity or column.generated or column.notnull:
            continue
        if at.is_old_column(table.oid, column) or _is_filled(at.course, now, name):
            continue
        yield Hit(
            at,
            f"column {name} of {title(table)} is new and without a default, and {one.name} refuses NULL: the INSERTs "
            "of the code that is still deployed fail, and so do UPDATEs of old rows",
            "give it a server_default, or add the CHECK in a later revision, when all code writes it",
            object=f"column {table.schema}.{table.name}.{name}",
            table=table.oid,
        )


def _not_null(definition: str) -> Iterator[str]:
    """The columns that a CHECK, as the server writes it, lets be NULL in no row."""
    condition = definition.removesuffix(" NOT ENFORCED").removesuffix(" NOT VALID").removesuffix(" NO INHERIT")
    if not definition.startswith("CHECK ") or condition + " NOT ENFORCED" == definition:
        return
    tree = parse(f"SELECT {condition.removeprefix('CHECK ')}")[0]["stmt"]["SelectStmt"]
    for part in conjuncts(tree["targetList"][0]["ResTarget"]["val"]):
        test = part.get("NullTest", {})
        fields = test.get("arg", {}).get("ColumnRef", {}).get("fields", ())
        if test.get("nulltesttype") == "IS_NOT_NULL" and len(fields) == 1:
            yield strings(fields)[0]


def _since(course: Course, oid: int, column: Column) -> Moment | None:
    """The statement that made it so; None where it took the default away, which another rule says."""
    found = None
    for moment in reversed(course.moments):
        if not _is_required(moment.after.get(oid), column):
            break
        found = moment
    if found is None:
        return None
    then = found.before.get(oid)
    was = {one.number: one for one in then.columns.values()}.get(column.number) if then else None
    return found if was is None or was.default is None else None


def _is_required(table: Relation | None, column: Column) -> bool:
    return table is not None and any(one.number == column.number and one.required for one in table.columns.values())


def _is_filled(course: Course, table: Relation, column: str) -> bool:
    """Whether a trigger gives it a value: its function is made by the revision, since no older one knows the column."""
    early = {one.function for one in table.works if one.early and one.works}
    names = {(one.schema, one.name) for one in course.trace.routines[1] if one.oid in early}
    for at in course.moments:
        if at.node == "CreateFunctionStmt" and column in assigned(body_of(at.tree)):
            *schema, name = strings(at.tree["funcname"])
            if any(name == one[1] and schema in ([], [one[0]]) for one in names):
                return True
    return False


def _hit(at: Moment, table: Relation, column: Column) -> Iterator[Hit]:
    name, added = column.name, column.number not in {one.number for one in at.before[table.oid].columns.values()}
    filled = _is_filled(at.course, table, name)
    if filled and not added:
        return
    fails = "" if filled else ", and so do the INSERTs of the code that is still deployed"
    what = f"column {name} of {title(table)} is new, NOT NULL and without a default"
    steps = [
        ("the code that comes with it writes it", [add_column(table, name, column.type, column.collate)]),
        (
            "old rows, in batches",
            [f"# UPDATE {spelled(table)} SET {ident(name)} = … WHERE {ident(name)} IS NULL AND …"],
        ),
        *not_null(table, [name], at.course.trace.version),
    ]
    yield Hit(
        at,
        f"{what}: the statement fails if the table has rows{fails}"
        if added else f"{what}: the INSERTs of the code that is still deployed fail",
        "give it a server_default, or make it NOT NULL in a later revision, when all code writes it",
        revisions(*steps),
        f"column {table.schema}.{table.name}.{name}",
        table.oid,
        effects_on(at, table.oid) if added else (),
        "static" if added else "observed",
    )  # fmt: skip


RULE = ColumnRequired()
