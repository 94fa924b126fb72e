"""A sequence starts anew, and gives numbers that were given already.

ALTER SEQUENCE … RESTART, or setval with a number, sets what comes next, whatever rows there are: where the numbers are
a key, INSERTs fail until the sequence has passed the highest one; where they are not, two rows get the same number.

Instead set it behind what is there: ``setval('s', (SELECT max(id) FROM t))``, in a transaction that locks the table
against writes.

It does not matter for a sequence that the same revision creates, nor where the new number is higher than all that were
given: how many were is not known here, so a number far from where the sequence begins is a note.

https://www.postgresql.org/docs/current/sql-altersequence.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Numbers, Relation
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title
from alembic_ext.sqltext import parts
from alembic_ext.sqltext.parsetree import Node, nodes_in, strings

SEQUENCE = "CREATE SEQUENCE s"
FAR = 10_000
"""How many numbers further on somebody means to go forward."""


class SequenceSetBack(Rule):
    """ALTER SEQUENCE … RESTART, and setval with a number."""

    id, slug, group = "LC202", "sequence-set-back", "compatibility"
    worded = True
    examples = (
        Example('op.execute("ALTER SEQUENCE s RESTART")  # <-', SEQUENCE),
        Example("op.execute(\"SELECT setval('s', 1)\")  # <-", SEQUENCE),
        Example(
            'op.execute("ALTER TABLE t ALTER id RESTART WITH 1")  # <-',
            "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY)",
        ),
        Example("op.execute(\"SELECT setval('s', (SELECT count(*) FROM pg_class))\")", SEQUENCE),
        Example('op.execute("ALTER SEQUENCE s INCREMENT 5 CACHE 10")', SEQUENCE),
        Example("op.execute(\"SELECT setval('s', 500000::bigint, false)\")  # <-", SEQUENCE),  # a note
        Example('op.execute("ALTER SEQUENCE s RESTART WITH 99")  # <-', "CREATE SEQUENCE s START 50"),
        Example('op.execute("ALTER SEQUENCE s RESTART 900")  # <-', "CREATE SEQUENCE s START 100000"),
        Example(
            "op.execute(\"SELECT nextval('a')\")\nop.execute(\"SELECT setval('public.b', 100000)\")  # <-",
            "CREATE SEQUENCE a; CREATE SEQUENCE b START 100000",
        ),
        Example("op.execute(\"DO $$BEGIN PERFORM setval('s', 1); END$$\")  # <-", SEQUENCE),
        Example('op.execute("DROP SEQUENCE s")  # <-\nop.execute("CREATE SEQUENCE s")', SEQUENCE),
        Example(
            'op.execute("DROP SEQUENCE s")\nop.execute("CREATE SEQUENCE s")\n'
            "op.execute(\"SELECT setval('s', (SELECT count(*) FROM pg_class))\")",
            SEQUENCE,
        ),
        Example('op.execute("CREATE SEQUENCE z")\nop.execute("ALTER SEQUENCE z RESTART")'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for old in at.gone:
            if old.kind == "S" and old.numbers and (new := _made_again(at, old)):
                yield Hit(
                    at,
                    f"{title(old)} is dropped and made again: it begins at {new.start}, and gives numbers that "
                    "are in use once more",
                    "leave it, and alter it; or set it behind the highest number that is in use",
                    object=title(old),
                    table=old.oid,
                )
        for sequence, number in self._set(at):
            if not at.is_old(sequence):
                continue
            known = sequence.numbers
            forward = known and number is not None and (number - known.start) / known.increment >= FAR
            said = "starts anew, and gives numbers once more that are in use"
            if forward:
                said = f"goes on at {number}, and gives numbers once more if it has passed that one"
            yield Hit(
                at,
                f"{title(sequence)} {said}",
                "set it behind the highest number that is in use: SELECT setval(…, (SELECT max(…) FROM …))",
                object=title(sequence),
                table=sequence.oid,
                verdict="static",
                severity="note" if forward else None,
            )

    def _set(self, at: Moment) -> Iterator[tuple[Relation, int | None]]:
        """The sequences that are set, and the numbers; None is where a sequence begins."""
        if at.node == "AlterSeqStmt":
            named = at.named(at.tree["sequence"])
            if named is not None:
                yield from ((named, number) for number in _restarts(at.tree.get("options", ())))
        elif at.node == "SelectStmt":
            for call in nodes_in(at.tree, "FuncCall"):
                args = call.get("args", ())
                if strings(call["funcname"])[-1] == "setval" and len(args) > 1:
                    number = _number(args[1])
                    if number is not None and (named := _named(at, args[0])) is not None:
                        yield named, number
        for kind, command in at.commands:
            if kind == "AT_SetIdentity":
                used = _used(at)
                for number in _restarts(command.get("def", {}).get("List", {}).get("items", ())):
                    yield from ((one, number) for one in used[:1])


def _made_again(at: Moment, old: Relation) -> Numbers | None:
    """The sequence that takes the place of one that was dropped, where nothing tells it where to go on."""
    later = at.course.moments[at.number + 1 :]
    if (
        any(kind == "AT_AddIdentity" for one in later for kind, _ in one.commands)
        or any(
            strings(call["funcname"])[-1] == "setval"
            for one in later
            for part in (one, *one.inner)
            for call in nodes_in(part.tree, "FuncCall")
        )
        or any(one.node == "AlterSeqStmt" for one in later)
    ):
        return None  # fmt: skip
    found = [
        one.numbers for oid, one in at.course.after.items()
        if oid not in at.old and one.kind == "S" and (one.schema, one.name) == (old.schema, old.name)
    ]  # fmt: skip
    known = old.numbers
    return next((
        one for one in found
        if one and known and (one.start - known.start) / known.increment < FAR
    ), None)  # fmt: skip


def _restarts(options: Sequence[Node]) -> list[int | None]:
    """To which number a sequence is set by the options of ALTER SEQUENCE, if it is."""
    given = {one["DefElem"]["defname"]: one["DefElem"].get("arg") for one in options}
    if "restart" not in given:
        return []
    arg = given["restart"] or given.get("start")
    return [None if arg is None else _number(arg)]


def _number(node: Node) -> int | None:
    """A number that is written as such, cast or negated."""
    ((kind, inner),) = node.items()
    if kind == "TypeCast":
        return _number(inner["arg"])
    if kind == "A_Expr" and "lexpr" not in inner and strings(inner["name"]) == ("-",):
        number = _number(inner["rexpr"])
        return None if number is None else -number
    if kind == "A_Const":
        kind, inner = next(((name, inner[name]) for name in ("ival", "fval") if name in inner), ("", {}))
    if kind in ("Integer", "ival"):
        return int(inner.get("ival", 0))
    with suppress(ValueError, OverflowError):
        return int(float(inner["fval"])) if kind in ("Float", "fval") else None
    return None


def _named(at: Moment, node: Node) -> Relation | None:
    """The sequence that a call names, or the one that it uses."""
    used = _used(at)
    names = [parts(one["sval"].get("sval", ""))[-1:] for one in nodes_in(node, "A_Const") if "sval" in one]
    return next((one for one in used if [one.name] in names), next(iter(used), None))


def _used(at: Moment) -> list[Relation]:
    """The sequences that a statement uses, those first that were not used before."""
    oids = sorted((oid for oid in at.did.locks if oid in at.before), key=lambda oid: oid not in at.taken)
    return [at.before[oid] for oid in oids if at.before[oid].kind == "S"]


RULE = SequenceSetBack()
