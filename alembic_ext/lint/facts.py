"""In the child process: which of the facts that the server gave are worth telling. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from alembic_ext.errors import DeclarationError
from alembic_ext.pgquery import ParseError
from alembic_ext.sqltext import mentioned


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
