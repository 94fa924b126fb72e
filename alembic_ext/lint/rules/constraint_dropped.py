"""A constraint is dropped that code relies on.

Without a primary key or a unique constraint duplicates come in, INSERT … ON CONFLICT on its columns fails in the code
that is still deployed, and without a primary key logical replication can neither update nor delete. Without a CHECK or
an exclusion constraint rows come in that were refused before. What came in meanwhile is in the way when the constraint
is wanted back.

Instead make sure first that nothing relies on it. Where another one is to take its place, add that one before.

Nothing is said where a unique index on the same columns is there at the end of the revision, where a CHECK of the same
name is, where a CHECK was never validated, and where the column that it is about is NOT NULL by then.

https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Constraint, Relation
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed, title

TABLE = """CREATE TABLE account (id int PRIMARY KEY, email text UNIQUE, age int CONSTRAINT adult CHECK (age >= 18),
    span int4range, CONSTRAINT apart EXCLUDE USING gist (span WITH &&))"""
_WHAT = {"p": "primary key", "u": "unique constraint", "x": "exclusion constraint", "c": "CHECK"}


class ConstraintDropped(Rule):
    """DROP CONSTRAINT of a primary key, a unique or exclusion constraint, or a CHECK."""

    id, slug, group = "LB133", "constraint-dropped", "compatibility"
    aliases = ("CD102", "CD103", "ban-drop-constraint")
    examples = (
        Example('op.drop_constraint("account_pkey", "account")  # <-', TABLE),
        Example('op.drop_constraint("account_email_key", "account")  # <-', TABLE),
        Example('op.drop_constraint("apart", "account")  # <-\nop.drop_constraint("adult", "account")  # <-', TABLE),
        Example('op.execute("DO $$BEGIN ALTER TABLE account DROP CONSTRAINT account_email_key; END$$")  # <-', TABLE),
        Example('op.execute("ALTER TABLE child ALTER CONSTRAINT of_parent NOT ENFORCED")  # <-',
                "CREATE TABLE parent (id int PRIMARY KEY);"
                "CREATE TABLE child (a int CONSTRAINT of_parent REFERENCES parent)", oldest=18),
        Example('op.drop_constraint("account_email_key", "account")\n'
                'op.execute("ALTER TABLE account ADD CONSTRAINT account_email_key UNIQUE USING INDEX better")',
                f"{TABLE}; CREATE UNIQUE INDEX better ON account (email)"),
        Example('op.drop_constraint("adult", "account")\n'
                'op.create_check_constraint("adult", "account", "age >= 21", postgresql_not_valid=True)', TABLE),
        Example('op.execute("ALTER TABLE account ALTER age SET NOT NULL")\nop.drop_constraint("given", "account")',
                f"{TABLE}; ALTER TABLE account ADD CONSTRAINT given CHECK (age IS NOT NULL)"),
        Example('op.execute("ALTER TABLE account DROP CONSTRAINT IF EXISTS nothing")', TABLE),
        Example("with op.get_context().autocommit_block():\n"
                '    op.drop_index("lone", postgresql_concurrently=True)  # <-',
                f"{TABLE}; CREATE UNIQUE INDEX lone ON account (age)"),
        Example("with op.get_context().autocommit_block():\n"
                '    op.create_index("other", "account", ["age"], unique=True, postgresql_concurrently=True)\n'
                '    op.drop_index("lone", postgresql_concurrently=True)',
                f"{TABLE}; CREATE UNIQUE INDEX lone ON account (age)",
                also=("index-twice", "unique-may-fail", "concurrent-index-times-out", "invalid-index-kept")),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        for oid, now in at.changed:
            for one in now.constraints.values():
                then = at.before[oid].constraints.get(one.name) if oid in at.old and oid in at.before else None
                if then is not None and then.oid == one.oid and then.validated and not one.validated:
                    yield Hit(
                        at,
                        f"{one.name} of {title(now)} is no longer enforced: rows come in that were refused before",
                        "make sure first that no code relies on it",
                        object=title(now),
                        table=oid,
                        effects=(("lock", oid), ("lock", one.references)),
                    )
        for index in at.gone:
            yield from _unique_gone(at, index)
        for table, one in dropped(at):
            last = at.course.after.get(table.oid)
            if one.type not in _WHAT or last is None or _is_replaced(at, last, one):
                continue
            names = listed(table.names(one.columns)) or "its rows"
            lost = {
                "p": f"nothing keeps {names} unique, and INSERT … ON CONFLICT ({names}) fails",
                "u": f"nothing keeps {names} unique, and INSERT … ON CONFLICT ({names}) fails",
                "x": f"nothing keeps {names} apart",
                "c": f"nothing checks {names} any more",
            }[one.type]
            yield Hit(
                at,
                f"the {_WHAT[one.type]} {one.name} of {title(table)} is dropped: {lost}",
                "make sure first that no code relies on it",
                object=title(table),
                table=table.oid,
                effects=(("lock", table.oid),),
                severity="note" if one.type == "c" else None,
            )


def _unique_gone(at: Moment, index: Relation) -> Iterator[Hit]:
    """The same of a unique index that no constraint has."""
    facts = index.as_index
    last = at.course.after.get(facts.table) if facts else None
    if facts is None or last is None or not facts.unique or not facts.valid or index.partition:
        return
    then = at.before.get(facts.table, last)
    columns = {one.number for one in last.columns.values()} | {0}
    if any(one.backing == index.oid for one in then.constraints.values()) or not columns.issuperset(facts.columns):
        return
    others = [one.as_index for one in at.course.after.values() if one.as_index and one.as_index.table == last.oid]
    if not any(one.unique and one.columns[: one.keys] == facts.columns[: facts.keys] for one in others):
        names = listed(last.names(facts.columns[: facts.keys])) or "its rows"
        fails = (
            "REFRESH MATERIALIZED VIEW CONCURRENTLY may fail" if last.kind == "m"
            else f"INSERT … ON CONFLICT ({names}) fails"
        )  # fmt: skip
        yield Hit(
            at,
            f"the unique index {index.name} of {title(last)} is dropped: nothing keeps {names} unique, and {fails}",
            "make sure first that no code relies on it",
            object=title(last),
            table=last.oid,
        )


def dropped(at: Moment) -> Iterator[tuple[Relation, Constraint]]:
    """The constraints of tables that are older than the revision, which an ALTER TABLE drops by name."""
    if at.node in ("DoStmt", "CallStmt", "SelectStmt", ""):
        yield from _gone(at)
        return
    names = {one["name"] for kind, one in at.commands if kind == "AT_DropConstraint"}
    table = at.table
    if table is None or not at.is_old(table) or at.did.error:
        return
    for name in sorted(names & table.constraints.keys() & at.old[table.oid].constraints.keys()):
        yield table, table.constraints[name]


def _gone(at: Moment) -> Iterator[tuple[Relation, Constraint]]:
    """The same where the statement does not say it; not what goes with its columns, or with the table above."""
    for oid, now in at.changed:
        then = at.before.get(oid)
        if then is None or oid not in at.old or now.partition:
            continue
        left = {one.number for one in now.columns.values()}
        for name in sorted(then.constraints.keys() & at.old[oid].constraints.keys() - now.constraints.keys()):
            one = then.constraints[name]
            if left.issuperset(one.columns) and all(one.oid != other.oid for other in now.constraints.values()):
                yield then, one


def _is_replaced(at: Moment, last: Relation, one: Constraint) -> bool:
    if one.type == "c":
        by_number = {column.number: column for column in last.columns.values()}
        return (
            not one.validated
            or one.name in last.constraints
            or (len(one.columns) == 1 and one.columns[0] in by_number and by_number[one.columns[0]].notnull)
        )
    if one.type == "x":
        return one.name in last.constraints
    return any(
        index.unique and not index.partial and index.columns[: index.keys] == one.columns
        for relation in at.course.after.values()
        if (index := relation.as_index) and index.table == last.oid and relation.oid != one.backing
    )


RULE = ConstraintDropped()
