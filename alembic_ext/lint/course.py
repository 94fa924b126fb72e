"""A revision's upgrade as a course of moments, made of its trace. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from alembic_ext.lint.moment import Moment, Relations
from alembic_ext.lint.relation import Oid
from alembic_ext.lint.trace import Trace
from alembic_ext.sqltext.parsetree import strings
from alembic_ext.sqltext.pgquery import ParseError, parse


@dataclass(frozen=True)
class Course:
    """A revision's upgrade, statement by statement, in one database."""

    trace: Trace
    moments: list[Moment] = field(default_factory=list)

    @classmethod
    def of(cls, trace: Trace) -> Course:
        """The moments of a trace."""
        course = cls(trace)
        relations = dict(trace.before)
        held: Mapping[Oid, frozenset[str]] = {}
        transaction = -1
        for did in trace.statements:
            if did.transaction != transaction:
                held, transaction = {}, did.transaction
            node, tree = _parsed(did.sql)
            if node == "CreateExtensionStmt":  # its script goes through its versions: what it drops it has made
                did = did._replace(dropped=())
            before, relations = relations, {**relations, **{oid: one for oid, one in did.relations.items() if one}}
            for oid, one in did.relations.items():
                if one is None:
                    relations.pop(oid, None)
            number = len(course.moments)
            course.moments.append(Moment(number, did, node, tree, trace.before, before, relations, held, course))
            held = did.locks if did.observed else held
        return course

    @property
    def after(self) -> Relations:
        """The relations as the revision leaves them."""
        return self.moments[-1].after if self.moments else self.trace.before

    def dropped_before(self, moment: Moment, name: str) -> bool:
        """Whether a statement before this one drops an index of a name, where there is one."""
        return any(
            one.node == "DropStmt" and one.tree["removeType"] == "OBJECT_INDEX"
            and any(strings(item["List"]["items"])[-1] == name for item in one.tree["objects"])
            for one in self.moments[: moment.number]
        )  # fmt: skip

    def earlier(self, moment: Moment) -> Iterator[Moment]:
        """The statements before this one in its transaction, the last first."""
        for one in reversed(self.moments[: moment.number]):
            if one.did.transaction != moment.did.transaction:
                return
            yield one


def _parsed(sql: str) -> tuple[str, Mapping[str, Any]]:
    with suppress(ParseError):
        found = parse(sql)
        if len(found) == 1:
            ((node, tree),) = found[0]["stmt"].items()
            return node, tree
    return "", {}
