"""JSON: the report as it is. Every sign beyond ASCII is an escape, so that nothing in it does anything."""

from __future__ import annotations

import json

from alembic_ext.findings import Report
from alembic_ext.formats import escaped

NAME, SUFFIX = "json", ".json"


def render(report: Report, *, color: bool = False) -> str:
    """The report; ``version`` tells its layout, and ``exit_code`` how the command ended."""
    return escaped(json.dumps(report.as_json(), indent=2, default=str))
