"""In the child process: the facts that the server gives, and which of them are worth telling.

To read all of a large schema before each revision would take longer than the revision does: only what was written since
is read again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from alembic_ext.errors import DeclarationError
from alembic_ext.lint import questions
from alembic_ext.sqltext import mentioned
from alembic_ext.sqltext.pgquery import ParseError

_READ: dict[int, tuple[str, dict[str, tuple[str, dict[str, Any] | None]]]] = {}
"""By database: a stamp of the names in all definitions, then each relation (None where it is no table) with its own."""

_ROUTINES: dict[tuple[Any, ...], list[Any]] = {}


def facts_of(ask: Callable[[str], tuple[Any, ...]]) -> dict[str, Any]:
    """Everything that is there: its ``relations``, and what else `questions.STAMPS` has."""
    (answer,) = ask(questions.STAMPS)
    now = json.loads(answer)
    names, before = _READ.get(now["database"], ("", {}))
    kept = {
        oid: before[oid] for oid, stamp in now["stamps"].items()
        if names == now["names"] and oid in before and before[oid][0] == stamp
    }  # fmt: skip
    if fresh := [int(oid) for oid in now["stamps"] if oid not in kept]:
        (answer,) = ask(questions.relations(fresh))
        found = {str(one["oid"]): one for one in json.loads(answer)}
        kept |= {str(oid): (now["stamps"][str(oid)], found.get(str(oid))) for oid in fresh}
    _READ[now["database"]] = now["names"], kept
    return {**now, "relations": [one for oid in sorted(kept, key=int) if (one := kept[oid][1]) is not None]}


def routines_of(ask: Callable[[str], tuple[Any, ...]], stamp: tuple[Any, ...]) -> list[Any]:
    """The functions and procedures; they are read once for each stamp."""
    if stamp not in _ROUTINES:
        (answer,) = ask(questions.ROUTINES)
        _ROUTINES.clear()
        _ROUTINES[stamp] = json.loads(answer)
    return _ROUTINES[stamp]


def told(facts: Mapping[str, Any], statements: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What was there before, as far as the statements are about it, and the statements."""
    touched = {oid for one in statements for oid in one["locks"]}
    near = {int(oid) for oid in touched}
    names = {one["name"].lower() for one in facts["relations"]}
    for statement in statements:
        if statement["error"] or _locks_nothing(statement["sql"]):  # what it names is judged by its words
            with suppress(DeclarationError, ParseError):
                meant = mentioned(statement["sql"], names)
                near |= {one["oid"] for one in facts["relations"] if one["name"].lower() in meant}
        if "rename" in statement["sql"].lower():  # what points at it stays with it
            near |= {
                one["oid"] for one in facts["relations"]
                if any(references in near for _, _, _, _, _, references, *_ in one["constraints"] or ())
            }  # fmt: skip
        if "publication" in statement["sql"].lower():
            near |= {one["oid"] for one in facts["relations"] if one["kind"] in "rp"}
        if not statement["observed"]:
            near |= statement["relations"].keys()
            near |= {one["index"][0] for one in statement["relations"].values() if one and one["index"]}
    for one in facts["relations"]:
        if one["index"] and one["index"][0] in near:
            near.add(one["oid"])
    for one in facts["relations"]:
        if one["oid"] in near and one["index"]:
            near.add(one["index"][0])
    return {
        "before": [one for one in facts["relations"] if one["oid"] in near],
        "statements": statements,
        "version": facts["version"],
        "counting": facts["counting"],
        "telling": facts["telling"],
    }


def made(relations: Sequence[Mapping[str, Any]]) -> set[int]:
    """The oids of the indexes, partitions and constraints among what the server told, but for NOT NULL."""
    indexes = {one["oid"] for one in relations if one["index"] or one["bound"]}
    return indexes | {oid for one in relations for oid, _, type, *_ in one["constraints"] or () if type != "n"}


def _locks_nothing(sql: str) -> bool:
    """Whether it is about relations that it does not lock: GRANT and REVOKE, in older versions."""
    return sql.lstrip()[:6].upper() in ("GRANT ", "REVOKE")
