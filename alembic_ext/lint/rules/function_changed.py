"""A function changes, and what calls it fails or gets something else.

Calls know a function by its name and the types of its arguments. When the one that they find returns another type, asks
for an argument that could be left out, or has another name for one (``f(since => …)``), the code that is still deployed
fails, and so do functions that call it in their body: PostgreSQL does not know of those. When another function of the
same name takes the same arguments, calls go to that one, or fail as ambiguous. And what an index, a CHECK or a
generated column keeps was computed by the old body: nothing computes it again.

Instead make a new function under another name, let the code use it, and drop the old one in a later revision. Behind a
change of what an index keeps, build that anew with REINDEX … CONCURRENTLY.

It does not matter for functions that the same revision creates, nor where there is only more: arguments with defaults,
columns of a table that is returned; nor for an index that the same revision builds anew.

https://www.postgresql.org/docs/current/sql-createfunction.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.course import Course
from alembic_ext.lint.made import made
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Routine
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed
from alembic_ext.sqltext.parsetree import placeless
from alembic_ext.sqltext.pgquery import ParseError, parse

PRICE = "CREATE FUNCTION price(a int, b int DEFAULT 0) RETURNS int LANGUAGE sql AS 'SELECT a + b'"
ROWS = "CREATE FUNCTION rows_of() RETURNS TABLE (a int, b int) LANGUAGE sql AS 'SELECT 1, 2'"
NORM = (
    "CREATE FUNCTION norm(a text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(a)';"
    "CREATE TABLE t (a text); CREATE INDEX normal ON t (norm(a))"
)
DROP = 'op.execute("DROP FUNCTION price(int, int)")'
MAKE = "op.execute(\"CREATE{} FUNCTION {} LANGUAGE sql AS 'SELECT {}'\")"


class FunctionChanged(Rule):
    """A function that is made anew with another result, or other arguments; one that others keep the results of."""

    id, slug, group = "LC209", "function-changed", "compatibility"
    examples = (
        Example(f"{DROP}\n{MAKE.format('', 'price(a int, b int DEFAULT 0) RETURNS bigint', 1)}  # <-", PRICE),
        Example(f"{DROP}\n{MAKE.format('', 'price(a int, b int) RETURNS int', 1)}  # <-", PRICE),
        Example(f"{DROP}\n{MAKE.format('', 'price(a int, c int DEFAULT 0) RETURNS int', 1)}  # <-", PRICE),
        Example(f"{MAKE.format('', 'price(a int) RETURNS int', 1)}  # <-", PRICE),
        Example(
            f'op.execute("DROP FUNCTION rows_of()")\n{MAKE.format("", "rows_of() RETURNS TABLE (a int)", 1)}  # <-',
            ROWS,
        ),
        Example(f"{MAKE.format(' OR REPLACE', 'norm(a text) RETURNS text IMMUTABLE', 'upper(a)')}  # <-", NORM),
        Example('op.execute("ALTER FUNCTION norm(text) VOLATILE")  # <-', NORM),
        Example(f"{DROP}\n{MAKE.format('', 'price(a int, b int DEFAULT 1, c int DEFAULT 2) RETURNS int', 1)}", PRICE),
        Example(MAKE.format(" OR REPLACE", "price(a int, b int DEFAULT 2) RETURNS int", 1), PRICE),
        Example(MAKE.format("", "price(a text) RETURNS int", 1), PRICE),
        Example(
            'op.execute("DROP FUNCTION rows_of()")\n'
            + MAKE.format("", "rows_of() RETURNS TABLE (b int, a int, c int)", "1, 2, 3"),
            ROWS,
        ),
        Example(
            'op.execute("DROP INDEX normal")\n'
            + MAKE.format(" OR REPLACE", "norm(a text) RETURNS text IMMUTABLE", "upper(a)"),
            NORM,
            also=("index-dropped-at-once",),
        ),
        Example(
            MAKE.format(" OR REPLACE", "norm(a text) RETURNS text IMMUTABLE", "upper(a)")
            + '\nop.execute("REINDEX INDEX normal")',
            NORM,
            also=("reindex-not-concurrent",),
        ),
        Example('op.execute("ALTER FUNCTION norm(text) PARALLEL SAFE COST 10")', NORM),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        before, after = course.trace.routines
        for old in before:
            found = _found(old, after)
            if found is None:
                continue  # it is dropped: another rule tells
            at = _moment(course, found)
            if at is None:
                continue
            if said := _harm(old, found):
                yield _hit(at, f"{found}: {said}", old)
            elif (kept := _kept(at, old)) and (old.body != found.body or "i" == old.volatility != found.volatility):
                yield Hit(
                    at,
                    f"{found} computes something else, and {listed(kept)} keeps what it computed before",
                    "make a function under another name, and what keeps its results anew",
                    object=str(old),
                )
        known = {one.oid for one in before}
        for new in after:
            others = [one for one in after if one.oid in known and (one.schema, one.name) == (new.schema, new.name)]
            other = next((one for one in others if _share(new, one)), None)
            at = _moment(course, new)
            if new.oid not in known and other is not None and at is not None:
                yield _hit(at, f"calls of {other} that leave out arguments find {new} now, or both and fail", other)


def _kept(at: Moment, old: Routine) -> list[str]:
    """What keeps results of a function, and is not made anew afterwards."""
    later = at.course.moments[at.number + 1 :]
    anew = {oid for one in later for oid in one.built} | {key.oid for one in later for _, key in one.added}
    return sorted({words for oid, words in old.kept if oid not in anew})


def _hit(at: Moment, said: str, old: Routine) -> Hit:
    return Hit(at, said, "give the new one another name, and drop the old one in a later revision", object=str(old))


def _found(old: Routine, after: tuple[Routine, ...]) -> Routine | None:
    """What the calls of a function find at the end of the revision."""
    count = len(old.types)
    same = [one for one in after if (one.schema, one.name, one.kind) == (old.schema, old.name, old.kind)]
    exact = [one for one in same if one.types == old.types]
    more = [one for one in same if one.types[:count] == old.types and one.least <= count]
    return next(iter(exact or more), None)


def _harm(old: Routine, new: Routine) -> str:
    """What is wrong for those who call it."""
    if old.result != new.result and not _only_more(old.result, new.result):
        return f"it returned {old.result} before, and returns {new.result} now"
    if new.least > old.least:
        return f"calls have to give {new.least} arguments now, and could do with {old.least} before"
    for was, now in zip(old.names, new.names, strict=False):
        if was and was != now:
            return f"calls that name the argument {was} fail"
    return ""


def _only_more(old: str, new: str) -> bool:
    """Whether a table that is returned has all the columns that it had."""
    return bool(_columns(old)) and _columns(old) <= _columns(new)


def _columns(result: str) -> frozenset[str]:
    if not result.startswith("TABLE("):
        return frozenset()
    try:
        columns = parse(f"CREATE TABLE t {result[5:]}")[0]["stmt"]["CreateStmt"]["tableElts"]
    except ParseError:
        return frozenset()
    return frozenset(repr(placeless(one)) for one in columns)


def _share(new: Routine, old: Routine) -> bool:
    """Whether some calls could mean both."""
    if new.types == old.types or new.kind != old.kind:
        return False
    least, most = max(new.least, old.least), min(len(new.types), len(old.types))
    return any(new.types[:count] == old.types[:count] for count in range(least, most + 1))


def _moment(course: Course, one: Routine) -> Moment | None:
    """The statement that made it what it is: one that names it, or a block of code."""
    named = [at for at in course.moments if not at.did.error and _names(at) == one.name]
    blocks = [at for at in course.moments if at.node in ("DoStmt", "CallStmt", "SelectStmt", "")]
    return next(iter([*reversed(named), *reversed(blocks)]), None)


def _names(at: Moment) -> str:
    if at.node == "AlterFunctionStmt":
        return str(at.tree["func"]["objname"][-1]["String"]["sval"])
    return made(at.node, at.tree) if at.node == "CreateFunctionStmt" else ""


RULE = FunctionChanged()
