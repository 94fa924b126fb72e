"""A sequence starts anew, and gives numbers that were given already.

ALTER SEQUENCE … RESTART, or setval with a number, sets what comes next, whatever rows there are: where the numbers are
a key, INSERTs fail until the sequence has passed the highest one; where they are not, two rows get the same number.

Instead set it behind what is there: ``setval('s', (SELECT max(id) FROM t))``, in a transaction that locks the table
against writes.

It does not matter for a sequence that the same revision creates, nor where the new number is higher than all that were
given.

https://www.postgresql.org/docs/current/sql-altersequence.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title
from alembic_ext.lint.trace import Relation
from alembic_ext.parsetree import strings

SEQUENCE = "CREATE SEQUENCE s"


class SequenceSetBack(Rule):
    """ALTER SEQUENCE … RESTART, and setval with a number."""

    id, slug, group = "LC202", "sequence-set-back", "compatibility"
    examples = (
        Example('op.execute("ALTER SEQUENCE s RESTART")  # <-', SEQUENCE),
        Example("op.execute(\"SELECT setval('s', 1)\")  # <-", SEQUENCE),
        Example(
            'op.execute("ALTER TABLE t ALTER id RESTART WITH 1")  # <-',
            "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY)",
        ),
        Example("op.execute(\"SELECT setval('s', (SELECT count(*) FROM pg_class))\")", SEQUENCE),
        Example('op.execute("ALTER SEQUENCE s INCREMENT 5 CACHE 10")', SEQUENCE),
        Example('op.execute("CREATE SEQUENCE z")\nop.execute("ALTER SEQUENCE z RESTART")'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        sequence = self._sequence(at)
        if sequence is not None and at.is_old(sequence):
            yield Hit(
                at,
                f"{title(sequence)} starts anew, and gives numbers once more that are in use",
                "set it behind the highest number that is in use: SELECT setval(…, (SELECT max(…) FROM …))",
                object=title(sequence),
                table=sequence.oid,
                verdict="static",
            )

    def _sequence(self, at: Moment) -> Relation | None:
        restart: list[Any] = []
        if at.node == "AlterSeqStmt":
            named = at.named(at.tree["sequence"])
            restart = [one for one in at.tree.get("options", ()) if one["DefElem"]["defname"] == "restart"]
            return named if restart else None
        if at.node == "SelectStmt":
            fixed = [one for one in _calls(at.tree) if strings(one["funcname"])[-1] == "setval" and _is_fixed(one)]
        else:
            fixed = []
            for kind, command in at.commands:
                if kind == "AT_SetIdentity":
                    items = command.get("def", {}).get("List", {}).get("items", ())
                    restart += [one for one in items if one["DefElem"]["defname"] == "restart"]
        if not fixed and not restart:
            return None
        used = [at.before[oid] for oid in at.did.locks if oid in at.before and at.before[oid].kind == "S"]
        return used[0] if used else None


def _is_fixed(call: Mapping[str, Any]) -> bool:
    """Whether setval is given a number, not what a query finds."""
    return len(call.get("args", ())) > 1 and "A_Const" in call["args"][1]


def _calls(tree: Any) -> Iterator[Mapping[str, Any]]:
    """The calls of functions in a tree."""
    if isinstance(tree, Mapping):
        for name, one in tree.items():
            if name == "FuncCall":
                yield one
            yield from _calls(one)
    elif isinstance(tree, list):
        for one in tree:
            yield from _calls(one)


RULE = SequenceSetBack()
