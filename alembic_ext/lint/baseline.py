"""Findings that are known and left as they are: a file that says which. Pure, but for the file.

A finding is known again by its rule, its revision, its object and its statement, not by its line.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import Finding

Known = Counter[tuple[str, str, str, str]]
_VERSION = 1


def key(finding: Finding) -> tuple[str, str, str, str]:
    """By what a finding is known again; layout of its statement does not count."""
    text = " ".join(finding.sql.split())
    return finding.id, finding.revision, finding.object, sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def read(file: Path) -> Known:
    """What a file says is known.

    Raises:
        AlembicExtError: it is not there, or says something else.
    """
    known: Known = Counter()
    try:
        given = json.loads(file.read_text("utf-8"))
        if given["version"] != _VERSION:
            raise ValueError(f"version {given['version']}")
        for one in given["findings"]:
            known[(one["id"], one["revision"], one["object"], one["statement"])] += one.get("count", 1)
    except FileNotFoundError:
        raise AlembicExtError(
            "there is no such baseline",
            where=str(file),
            help=f"write it: alembic-ext lint --all --write-baseline {file}",
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        said = str(error) if isinstance(error, (OSError, ValueError)) else ""
        raise AlembicExtError(
            "the baseline cannot be read" if said else "this is no baseline of alembic-ext",
            where=str(file),
            server=said,
            help="correct baseline in [tool.alembic-ext.lint]; or remove the file, and write it anew: "
            f"alembic-ext lint --all --write-baseline {file}",
        ) from error
    return known


def without(findings: Iterable[Finding], known: Known) -> list[Finding]:
    """Those that are not known; each entry is for as many as it counts."""
    left, kept = known.copy(), []
    for finding in findings:
        if left[key(finding)] > 0:
            left[key(finding)] -= 1
        else:
            kept.append(finding)
    return kept


def written(findings: Iterable[Finding], judged: Collection[str], before: Known) -> str:
    """The text of the file for what was found in the revisions that were judged; of others stays what was known."""
    some = Counter(key(finding) for finding in findings)
    some += Counter({one: count for one, count in before.items() if one[1] not in judged})
    slugs: Mapping[str, str] = {finding.id: finding.slug for finding in findings}
    entries: list[dict[str, Any]] = [
        {"id": id, "slug": slugs.get(id, ""), "revision": revision, "object": object, "statement": statement}
        | ({"count": count} if count > 1 else {})
        for (id, revision, object, statement), count in sorted(some.items(), key=lambda pair: (pair[0][1], pair[0]))
    ]  # fmt: skip
    return json.dumps({"version": _VERSION, "findings": entries}, indent=2) + "\n"
