"""SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import alembic_ext
from alembic_ext.findings import Exit, Failure, Finding, Report, Rule
from alembic_ext.formats import escaped, shown
from alembic_ext.formats.markdown import fence, paragraphs, prose

NAME, SUFFIX = "sarif", ".sarif"


def render(report: Report, *, color: bool = False) -> str:
    """One run with a result for each finding."""
    known = {rule.id: rule for rule in report.rules}
    rules = list({
        finding.id: _rule(known.get(finding.id) or Rule(finding.id, finding.slug)) for finding in report.findings
    }.values())  # fmt: skip
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    invocation: dict[str, Any] = {"executionSuccessful": not report.failures, "exitCode": int(report.code)}
    if report.failures:
        invocation["toolExecutionNotifications"] = [_notification(failure) for failure in report.failures]
    run = {
        "tool": {
            "driver": {
                "name": "alembic-ext",
                "version": alembic_ext.__version__,
                "semanticVersion": alembic_ext.__version__,
                "rules": rules,
            }
        },
        "automationDetails": {"id": f"alembic-ext/{report.command}/"},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, places[finding.id]) for finding in report.findings],
    }
    schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    return escaped(json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2))


def _rule(rule: Rule) -> dict[str, Any]:
    name = "".join(word.title() for word in rule.slug.split("-"))
    made: dict[str, Any] = {"id": rule.id, "name": name, "shortDescription": {"text": _message(rule.title)}}
    if rule.manual:
        made |= {
            "fullDescription": {"text": _message(rule.title)},
            "help": {"text": _message(rule.manual), "markdown": paragraphs(rule.manual)},
            "defaultConfiguration": {"level": rule.severity},
        }
    if rule.url:
        made["helpUri"] = rule.url
    if rule.group:
        made["properties"] = {"tags": [rule.group, *rule.aliases]}
    return made


def _result(finding: Finding, place: int) -> dict[str, Any]:
    help = f"help: {finding.help}" if finding.help else ""
    words = [finding.message, help, finding.diff, finding.code]
    about = (finding.id, finding.object, finding.revision, finding.project, finding.file)
    same = (*about, finding.sql) if finding.verdict else about
    message = {"text": _message("\n".join(filter(None, words)))}
    if finding.code:
        said = f"_help:_ {prose(finding.help)}" if finding.help else ""
        blocks = [prose(finding.message), fence(finding.sql, "sql"), said, fence(finding.code, "python")]
        message["markdown"] = "\n\n".join(filter(None, blocks))
    result: dict[str, Any] = {
        "ruleId": finding.id,
        "ruleIndex": place,
        "level": finding.severity,
        "message": message,
        "partialFingerprints": {"finding/v1": sha256("\0".join(same).encode("utf-8", "replace")).hexdigest()},
    }
    location: dict[str, Any] = {}
    if finding.file:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": quote(finding.file.replace("\\", "/"), errors="replace")},
            "region": {"startLine": max(finding.line, 1)},
        }
    if finding.object:
        location["logicalLocations"] = [{"fullyQualifiedName": shown(finding.object)}]
    if finding.verdict:
        result["properties"] = {"verdict": finding.verdict}
    return {**result, **({"locations": [location]} if location else {})}


def _notification(failure: Failure) -> dict[str, Any]:
    words = [failure.problem, failure.server, f"help: {failure.help}" if failure.help else ""]
    return {
        "level": "error",
        "message": {"text": _message("\n".join(filter(None, words)))},
        "descriptor": {"id": Exit(failure.code).name.lower()},
    }


def _message(text: str) -> str:
    r"""A plain text message, in which ``[text](target)`` would be a link (§3.11.6)."""
    return shown(text).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]") or "-"
