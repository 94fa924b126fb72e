"""A trigger or a rule no longer does its work.

What it kept up (a column that others read, a row in a log, a check) is no longer kept up, for no code and with no
error: whoever relies on it finds out by wrong rows. Only where it filled a column that is NOT NULL and has no default
there is one: INSERTs that leave that out fail. So it is when it is dropped, when it is disabled, and when it is
enabled for replicas only. To drop a trigger takes an ACCESS EXCLUSIVE lock, to disable it a SHARE ROW EXCLUSIVE one.

Instead deploy code first that does without it, and drop it in a later revision. For a large change of rows that a
trigger would disturb, let the trigger's function look at a setting of the session: others still need its work.

It does not matter where another trigger of the same function, or one of the same name, is there when the transaction
ends, nor where it is switched on again by then; nor for a table that goes. Where the transaction makes another trigger
on the table, that may take its place: it is a note.

https://www.postgresql.org/docs/current/sql-droptrigger.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.course import Course
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Oid, Relation, Work
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title

TABLE = (
    "CREATE TABLE t (a int PRIMARY KEY, b int);"
    "CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.b = 1; RETURN NEW; END';"
    "CREATE TRIGGER fired BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fire();"
    "CREATE RULE kept AS ON DELETE TO t DO INSTEAD NOTHING"
)
MADE = 'op.execute("CREATE TRIGGER {} BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION fire()")'


class TriggerDropped(Rule):
    """DROP TRIGGER, DROP RULE, DISABLE TRIGGER, DISABLE RULE, ENABLE REPLICA."""

    id, slug, group = "LC207", "trigger-dropped", "compatibility"
    aliases = ("ban-disable-trigger",)
    examples = (
        Example('op.execute("DROP TRIGGER fired ON t")  # <-\nop.execute("DROP RULE kept ON t")  # <-', TABLE),
        Example('op.execute("ALTER TABLE t DISABLE TRIGGER fired")  # <-', TABLE),
        Example('op.execute("ALTER TABLE t DISABLE TRIGGER USER, DISABLE RULE kept")  # <-', TABLE),
        Example('op.execute("ALTER TABLE t ENABLE REPLICA TRIGGER fired")  # <-', TABLE),
        Example('op.execute("DO $$BEGIN DROP TRIGGER fired ON t; END$$")  # <-', TABLE),
        Example(
            "with op.get_context().autocommit_block():\n"
            '    op.execute("ALTER TABLE t DISABLE TRIGGER fired")  # <-\n'
            '    op.execute("ALTER TABLE t ENABLE TRIGGER fired")',
            TABLE,
        ),
        Example(
            'op.execute("ALTER TABLE t DISABLE TRIGGER fired")\nop.execute("INSERT INTO t VALUES (1)")\n'
            'op.execute("ALTER TABLE t ENABLE TRIGGER fired")',
            TABLE,
        ),
        Example(f'op.execute("DROP TRIGGER fired ON t")\n{MADE.format("fired")}', TABLE),
        Example(f'{MADE.format("fires")}\nop.execute("DROP TRIGGER fired ON t")', TABLE),
        Example('op.execute("DROP TRIGGER IF EXISTS nothing ON t")', TABLE),
        Example('op.execute("ALTER TABLE t ENABLE RULE kept")', TABLE),
        Example('op.execute("DROP TRIGGER fired ON t")\nop.drop_table("t")', TABLE, also=("table-dropped",)),
        Example('op.execute("ALTER TRIGGER fired ON t RENAME TO fires")', TABLE),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for at in course.moments:
            for oid, now in at.changed:
                then = at.before.get(oid)
                if oid not in at.old or then is None or then.works == now.works or oid not in course.after:
                    continue
                last = [one for one in course.moments if one.did.transaction == at.did.transaction][-1].after.get(oid)
                for one in then.works:
                    gone = last is not None and not _does(now, one) and not _does(last, one)
                    if one.works and gone and _is_old(at, oid, one):
                        anew = last is not None and any(not _is_old(at, oid, other) for other in last.works)
                        yield _said(at, now, one)._replace(severity="note" if anew else None)


def _is_old(at: Moment, oid: Oid, one: Work) -> bool:
    return any((other.sort, other.name) == (one.sort, one.name) for other in at.old[oid].works)


def _does(table: Relation, one: Work) -> bool:
    """Whether a table has it, or another that does the same."""
    return any(
        other.works and other.sort == one.sort
        and (other.name == one.name or (one.function and other.function == one.function))
        for other in table.works
    )  # fmt: skip


def _said(at: Moment, table: Relation, one: Work) -> Hit:
    left = next((other for other in table.works if (other.sort, other.name) == (one.sort, one.name)), None)
    how = "is dropped" if left is None else "is disabled" if left.enabled == "D" else "works on replicas only"
    left_out = [column.name for column in table.columns.values() if column.required] if one.early else []
    return Hit(
        at,
        f"the {one.sort} {one.name} of {title(table)} {how}: what it kept up is no longer kept up, and no error tells"
        + (f", unless it filled {' or '.join(left_out)}: then INSERTs without that fail" if left_out else ""),
        "deploy code first that does without it",
        object=f"{one.sort} {one.name} on {table.schema}.{table.name}",
        table=table.oid,
        effects=(("lock", table.oid),),
    )


RULE = TriggerDropped()
