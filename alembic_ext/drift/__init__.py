"""Production against what the history gives at the revisions that production says it is at.

connection   a connection that only reads: each statement a transaction of its own, bounded
fingerprint  whether DDL ran meanwhile
reader       all of a database as a snapshot, gently
revisions    what the version table says, and what of the checkout leads there
wanted       the history, played in a sandbox and read in the same way
compare      what differs; pure
invalid      indexes that are there and not valid; pure
ignored      what is left alone on purpose; pure
tables       ALTER TABLE from one printed table to another; pure
repair       the SQL that would bring production back; pure, never run
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from alembic_ext import redact
from alembic_ext.drift.compare import Difference, compare, group
from alembic_ext.drift.connection import STATEMENT_TIMEOUT, connected
from alembic_ext.drift.ignored import Pattern, left
from alembic_ext.drift.invalid import EXTRA, MISSING, invalid_indexes
from alembic_ext.drift.reader import Reading, read
from alembic_ext.drift.repair import Repair
from alembic_ext.drift.revisions import Versions, chosen, owner, unknown, versions
from alembic_ext.errors import AlembicExtError, meant
from alembic_ext.findings import Finding, Report, Rule, Section
from alembic_ext.kinds import aspect_kinds, kinds, name_of, of_tables
from alembic_ext.model import Key, Snapshot
from alembic_ext.sandbox import server as sandbox_server
from alembic_ext.sqltext import ident

if TYPE_CHECKING:
    from alembic_ext.drift.wanted import Equal
    from alembic_ext.history import Ground
    from alembic_ext.project import Project

CHANGED = Rule("DR103", "changed")
NOT_READ = Rule("DR105", "not-read", "warning")
UNUSED = Rule("DR106", "unused-ignore", "note")
RULES = {"missing": MISSING, "extra": EXTRA, "changed": CHANGED}
VERSION = "version"
"""The aspect that is a server's affair where no revision speaks of it: it is a note."""


@dataclass(frozen=True)
class Options:
    """``[tool.alembic-ext.drift]``.

    Args:
        url_env: the environment variable with production's URL, where none is given.
        version_table: ``name`` or ``schema.name``, where it is not Alembic's usual one.
        without: kinds of objects and of what is set on them that are not compared: ``["grant", "owner"]``.
        ignore: what is left alone: ``{ object = "table public.tmp_*", reason = "…" }``.
        statement_timeout: of each statement in production.
    """

    TABLE: ClassVar[str] = "drift"

    url_env: str = ""
    version_table: str = ""
    without: tuple[str, ...] = ()
    ignore: tuple[Any, ...] = field(default=())
    statement_timeout: str = STATEMENT_TIMEOUT

    def __post_init__(self) -> None:
        words = {*kinds(), *aspect_kinds()}
        if wrong := [one for one in self.without if one not in words]:
            help = meant(
                wrong[0], words, "python -m alembic_ext.kinds lists the kinds; others are grant, owner, comment"
            )
            raise AlembicExtError(f"without: there is no {wrong[0]!r}", help=help)
        _ = self.patterns

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """``ignore``, checked."""
        return tuple(Pattern.of(one) for one in self.ignore)


def drift(project: Project, url: str, options: Options, ground: Ground, revision: str = "") -> Report:
    """Compare production with what the history gives.

    Raises:
        AlembicExtError: it cannot be told; the exit codes of its subclasses are those of the command.
    """
    return of(project, of_production(url), options, ground, revision)


def of(project: Project, parameters: Mapping[str, str], options: Options, ground: Ground, revision: str = "") -> Report:
    """The same for libpq's parameters of production."""
    from alembic_ext.drift.wanted import history, wanted

    with connected(parameters, options.statement_timeout) as production:
        found = versions(production, options.version_table, rows=not revision)
        if found is None and not revision:
            named = options.version_table
            raise AlembicExtError(
                f"production has no table {named}" if named else "production has no version table",
                help=f"{'correct' if named else 'name'} it: --version-table, or version-table in "
                "[tool.alembic-ext.drift]; or give --revision",
            )
        with history(project, ground) as played:
            if revision:
                heads = chosen(played.revisions, revision)
            else:
                assert found is not None
                unknown(played.revisions, heads := found.rows)
            ((database, built),) = production.rows(f"SELECT current_database()::text, {_BUILT}")
            want = wanted(played, heads, production.version // 10000, database, options.version_table)
            have = read(production, owner(production, found))
            report = compared(have, want.reading, options, found or want.table, want.equal, built)
    facts = {
        "revisions": list(heads), "database": database, "server_version": production.version,
        "statements": production.statements, "rounds": have.rounds, **report.facts,
    }  # fmt: skip
    return replace(report, facts=facts)


_BUILT = """ARRAY(
    SELECT coalesce((pg_identify_object('pg_class'::regclass, index_relid, 0)).identity, '')
    FROM pg_stat_progress_create_index WHERE datname = current_database())"""
"""The indexes that are being built; '' is one that the role may not see."""


def of_production(url: str) -> dict[str, str]:
    """Libpq's parameters of production's URL.

    Raises:
        AlembicExtError: it is none.
    """
    try:
        return sandbox_server.parameters(url)
    except AlembicExtError as error:
        raise AlembicExtError(
            "production's URL is not valid", server=redact.text(error.server), help="correct it"
        ) from None


def compared(
    have: Reading,
    want: Reading,
    options: Options,
    table: Versions | None = None,
    equal: Equal | None = None,
    built: Collection[str] = (),
) -> Report:
    """The report on two readings: production's, and that of what the history gives."""
    now = _without_table(_without_rights(have, table), table)
    then = _without_table(want.snapshot, table)
    some = compare(
        now, then, unread=have.unread, without=options.without, present_only=have.present_only | want.present_only
    )
    if equal is not None:
        some = _less(some, equal(now, then, [one.key for one in some if _may_be_equal(one)]))
    some, invalid = invalid_indexes(have, want, some, built)
    some, ignored, unused = left(some, options.patterns)
    repair = Repair(now, then, some, have.owner)
    findings = [_finding(one, repair) for one in some] + invalid
    findings += [
        NOT_READ.found(f"{name_of(key)} was not read: {reason}", object=name_of(key), help="try again")
        for key, reason in sorted(have.unread.items())
    ]
    findings += [
        UNUSED.found(f"ignore: nothing that differs matches {one.object!r}", help=f"remove it ({one.reason})")
        for one in unused
    ]
    sections = [
        Section("SQL that would bring production back, in order (never run)", code=sql, language="sql", folded=True)
        for sql in [repair.sql()]
        if sql and len(some) > 1
    ]
    facts = {
        "objects": len(now.objects),
        "ignored": [{"object": one.object, "reason": pattern.reason} for one, pattern in ignored],
        "not_read": len(have.unread),
    }
    return Report("drift", findings=tuple(findings), sections=tuple(sections), facts=facts)


def _without_table(snapshot: Snapshot, table: Versions | None) -> Snapshot:
    """Without Alembic's own table, and what is on it."""
    if table is None:
        return snapshot
    name = (table.schema, table.name)
    own = {key for key in snapshot if key[1:3] == name and not kinds()[key.kind].droppable}
    own |= {user for key in own for user in snapshot.users_of.get(key, ()) if of_tables(snapshot, user)}
    return snapshot.part(snapshot.objects.keys() - own)


def _without_rights(have: Reading, table: Versions | None) -> Snapshot:
    """Without what who reads was granted in order to read: USAGE of the schema of the version table."""
    if table is None or have.reader == have.owner:
        return have.snapshot
    name, usage = f"grant to {ident(have.reader)}", f"GRANT USAGE ON SCHEMA {ident(table.schema)} TO "
    return replace(
        have.snapshot,
        objects={
            key: replace(
                stored,
                aspects=tuple(
                    one
                    for one in stored.aspects
                    if one.name != name or not all(text.startswith(usage) for text in one.set)
                ),
            )
            if stored.aspect(name)
            else stored
            for key, stored in have.snapshot.objects.items()
        },
    )


def _may_be_equal(one: Difference) -> bool:
    """Whether it may only have gone through the server more often; a table is not made again to find out."""
    return one.sort == "changed" and one.defined and kinds()[one.key.kind].droppable


def _less(some: Sequence[Difference], same: Collection[Key]) -> list[Difference]:
    found = [replace(one, defined=False) if one.key in same else one for one in some]
    return [one for one in found if one.defined or one.aspects]


def _finding(one: Difference, repair: Repair) -> Finding:
    said = {"missing": "is missing in production", "extra": "is in production and not in the history"}
    parts = (
        f", with {len(one.parts)} part{'s' * (len(one.parts) > 1)} of it" if one.parts and one.sort != "changed" else ""
    )
    what = [*(["its definition"] if one.defined else []), *one.aspects, *(part.object for part in one.parts)]
    message = (
        f"{one.object} {said[one.sort]}{parts}" if one.sort in said else f"{one.object} differs: {', '.join(what)}"
    )
    only_version = one.sort == "changed" and not one.defined and {group(name) for name in one.aspects} == {VERSION}
    return RULES[one.sort].found(
        message,
        object=one.object,
        diff=one.diff(),
        sql=repair.sql(one),
        help="write a revision that does it, or bring production back; or ignore it in [tool.alembic-ext.drift]",
        severity="note" if only_version else RULES[one.sort].severity,
    )
