"""The same as a file, for those whose administrators apply files.

Each revision is a transaction of its own. It begins with the timeouts, then a block that raises unless nobody else
deploys and the version table says exactly what this revision starts from; so a file that is applied twice, or to
another state, stops before it does anything. psql must stop at the first error for that: the file tells it so.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alembic_ext.deploy.hold import environment
from alembic_ext.deploy.lock import FIRST, SECOND
from alembic_ext.project.scripts import upgrade
from alembic_ext.sqltext import ident, literal

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext

    from alembic_ext.deploy.hold import Project

_HEAD = "-- For psql, which stops at the first error because of the next line.\n\\set ON_ERROR_STOP on\n"


def preamble(schema: str | None, table: str, expected: Sequence[str], settings: Mapping[str, str | None]) -> list[str]:
    """The statements that begin each transaction of the file."""
    name = ident(schema or "", table)
    place = literal(schema) if schema else "current_schema()"
    rows = f"SELECT coalesce(array_agg(version_num::text ORDER BY version_num::text), '{{}}') FROM {name}"
    wanted = f"ARRAY[{', '.join(literal(one) for one in sorted(expected))}]::text[]"
    lines = [f"SET LOCAL {setting} = {literal(value)};" for setting, value in settings.items() if value is not None]
    return [
        *lines,
        f"""DO $alembic_ext$
DECLARE
  purpose text;
  found text[] := '{{}}';
BEGIN
  FOREACH purpose IN ARRAY ARRAY[{literal(FIRST)}, {literal(SECOND)}] LOOP
    IF NOT pg_try_advisory_xact_lock(('x' || substr(encode(sha256(convert_to(concat_ws(chr(10), purpose, {place},
        {literal(table)}), 'UTF8')), 'hex'), 1, 16))::bit(64)::bigint) THEN
      RAISE EXCEPTION 'another deploy is running';
    END IF;
  END LOOP;
  IF to_regclass({literal(name)}) IS NOT NULL THEN
    EXECUTE {literal(rows)} INTO found;
  END IF;
  IF found <> {wanted} THEN
    RAISE EXCEPTION 'the version table holds %, but this part of the file begins at %', found, {wanted};
  END IF;
END $alembic_ext$;
""",
    ]


def script(project: Project, start: str | None, settings: Mapping[str, str | None]) -> str:
    """The file that upgrades from one revision (None: an empty database) to the project's target.

    Raises:
        Exception: whatever env.py or a revision raises that needs a connection.
    """
    buffer, expected = io.StringIO(), [tuple[str, ...]()]

    def give(heads: Any, _: Any) -> Any:
        known = set(heads)
        for step in upgrade(project.script, project.target, heads):
            expected[0] = tuple(known)
            yield step
            known = known - set(step.from_revisions) | set(step.to_revisions)

    def configured(made: EnvironmentContext, arguments: dict[str, Any]) -> Any:
        arguments["transaction_per_migration"] = True

        def after() -> None:
            context = made.get_context()
            begin = context.impl.emit_begin

            def emit_begin() -> None:
                begin()
                for text in preamble(context.version_table_schema, context.version_table, expected[0], settings):
                    context.impl.static_output(text)

            context.impl.emit_begin = emit_begin  # type: ignore[method-assign]

        return after

    options = {"fn": give, "as_sql": True, "starting_rev": start, "destination_rev": project.target}
    with environment(project.config, project.script, configured, output_buffer=buffer, **options):
        project.script.run_env()
    return f"{_HEAD}\n{buffer.getvalue()}"
