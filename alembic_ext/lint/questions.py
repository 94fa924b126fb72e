"""What the server is asked about a revision while it runs, and what tells of rewrites and drops."""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.sqltext import literal

_DOMAIN = """(
    WITH RECURSIVE below AS (
        SELECT t.oid, t.typbasetype, t.typtypmod, t.typnotnull, 1 AS depth
        UNION ALL SELECT b.oid, b.typbasetype, b.typtypmod, b.typnotnull, w.depth + 1
        FROM below w JOIN pg_catalog.pg_type b ON b.oid = w.typbasetype WHERE b.typtype = 'd')
    SELECT json_build_array(
        (SELECT pg_catalog.format_type(w.typbasetype, w.typtypmod) FROM below w ORDER BY w.depth DESC LIMIT 1),
        concat_ws(' AND ', (SELECT 'VALUE IS NOT NULL' FROM below w WHERE w.typnotnull LIMIT 1), (
            SELECT string_agg(pg_catalog.pg_get_expr(k.conbin, 0), ' AND ' ORDER BY w.depth DESC, k.conname)
            FROM below w JOIN pg_catalog.pg_constraint k ON k.contypid = w.oid AND k.contype = 'c')),
        coalesce(t.typdefault, '')))"""
"""Of the domain ``t``: the type below all domains, what has to hold of a VALUE, and its default."""

_RELATIONS = f"""(
    SELECT json_agg(json_build_object(
        'oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
        'persistence', c.relpersistence, 'file', c.relfilenode::bigint, 'partition', c.relispartition,
        'security', c.relrowsecurity,
        'policies', (
            SELECT json_agg(json_build_array(y.polcmd, y.polpermissive, ARRAY(
                SELECT r.rolname FROM pg_catalog.pg_roles r, pg_catalog.unnest(y.polroles) AS o(role)
                WHERE o.role = 0 OR pg_catalog.pg_has_role(r.oid, o.role, 'USAGE'))) ORDER BY y.oid)
            FROM pg_catalog.pg_policy y WHERE y.polrelid = c.oid),
        'passing', CASE WHEN c.relrowsecurity THEN (
            SELECT json_agg(r.rolname) FROM pg_catalog.pg_roles r WHERE r.rolbypassrls OR r.rolsuper) END,
        'bound', pg_catalog.pg_get_expr(c.relpartbound, c.oid),
        'parents', (SELECT json_agg(i.inhparent::bigint) FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid),
        'columns', CASE WHEN c.relkind IN ('r', 'p', 'f', 'v', 'm') THEN (
            SELECT json_agg(json_build_array(
                a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
                pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, a.attcollation::bigint,
                a.atttypid::bigint,
                CASE WHEN t.typtype = 'd' THEN {_DOMAIN} END,
                t.typtype = 'e' OR a.atttypid = 'pg_catalog.bool'::pg_catalog.regtype,
                CASE WHEN a.attcollation NOT IN (0, 'pg_catalog."default"'::pg_catalog.regcollation)
                     AND (t.typtype = 'd' OR a.attcollation <> t.typcollation)
                THEN a.attcollation::pg_catalog.regcollation::text ELSE '' END) ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
            LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END,
        'constraints', CASE WHEN c.relkind IN ('r', 'p', 'f') THEN (
            SELECT json_agg(json_build_array(
                k.oid::bigint, k.conname, k.contype, k.convalidated, k.conkey, k.confrelid::bigint, k.confkey,
                k.conindid::bigint) ORDER BY k.oid)
            FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid) END,
        'index', CASE WHEN c.relkind IN ('i', 'I') THEN (
            SELECT json_build_array(
                x.indrelid::bigint, x.indisunique, x.indisprimary, x.indisvalid,
                string_to_array(x.indkey::text, ' ')::int[], m.amname, x.indpred IS NOT NULL, x.indnkeyatts,
                concat_ws('/', x.indclass, x.indcollation, x.indoption))
            FROM pg_catalog.pg_index x JOIN pg_catalog.pg_am m ON m.oid = c.relam WHERE x.indexrelid = c.oid) END,
        'works', CASE WHEN c.relhastriggers OR c.relhasrules THEN (
            SELECT json_agg(json_build_array(name, sort, enabled, what, early) ORDER BY sort, name) FROM (
                SELECT t.tgname AS name, 'trigger' AS sort, t.tgenabled AS enabled, t.tgfoid::bigint AS what,
                       t.tgtype & 7 = 7 AND t.tgqual IS NULL AS early
                FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgparentid = 0
                UNION ALL SELECT r.rulename, 'rule', r.ev_enabled, 0, false
                FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN') AS w) END,
        'options', c.reloptions, 'forced', c.relforcerowsecurity,
        'replica', c.relreplident, 'rights', c.relacl, 'owner', pg_catalog.pg_get_userbyid(c.relowner),
        'sequence', CASE WHEN c.relkind = 'S' THEN (
            SELECT json_build_array(
                s.seqtypid::regtype::text, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle, s.seqstart)
            FROM pg_catalog.pg_sequence s WHERE s.seqrelid = c.oid) END
    ) ORDER BY c.oid)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'i', 'I', 'S') AND %s)"""

_PARTS = {
    "pg_class": "oid", "pg_attribute": "attrelid", "pg_attrdef": "adrelid", "pg_constraint": "conrelid",
    "pg_index": "indexrelid", "pg_policy": "polrelid", "pg_inherits": "inhrelid", "pg_trigger": "tgrelid",
    "pg_rewrite": "ev_class", "pg_sequence": "seqrelid",
}  # fmt: skip
_WRITTEN = " UNION ALL ".join(
    f"SELECT {column} AS oid, xmin::text::float8 AS by FROM pg_catalog.{catalog} WHERE {column} >= 16384"
    for catalog, column in _PARTS.items()
)
_NAMES = " UNION ALL ".join(
    f"SELECT xmin::text::float8 AS by FROM pg_catalog.{catalog} WHERE {which}"
    for catalog, which in (
        ("pg_namespace", "true"), ("pg_proc", "oid >= 16384"), ("pg_am", "oid >= 16384"),
        ("pg_type", "oid >= 16384 AND typrelid = 0 AND typcategory <> 'A'"),  # not those that every table brings
    )
)  # fmt: skip

_ROUTINES = "SELECT concat(count(*), ' ', sum(xmin::text::float8)) FROM pg_catalog.pg_proc WHERE oid >= 16384"
STAMP_OF_ROUTINES = f"""
    SELECT (SELECT oid::bigint FROM pg_catalog.pg_database WHERE datname = current_database()), ({_ROUTINES})"""
"""The database, and what changes when one of its functions does."""
STAMPS = f"""
    SELECT json_build_object(
        'database', (SELECT oid::bigint FROM pg_catalog.pg_database WHERE datname = current_database()),
        'names', (SELECT count(*) || ' ' || sum(by) FROM ({_NAMES}) AS written),
        'stamps', (
            SELECT coalesce(json_object_agg(oid, stamp), '{{}}')
            FROM (SELECT oid, count(*) || ' ' || sum(by) AS stamp FROM ({_WRITTEN}) AS written GROUP BY oid) AS each),
        'routines', ({_ROUTINES}),
        'version', current_setting('server_version_num')::int,
        'counting', current_setting('track_counts')::boolean,
        'telling', EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtname = 'alembic_ext_rewrite')
    )::text"""
"""Everything that is there, by what changes when it does: the transactions that wrote its rows. One JSON text."""


def relations(oids: Iterable[int]) -> str:
    """The relations of these oids: one JSON text."""
    wanted = f"c.relpersistence <> 't' AND c.oid IN ({', '.join(map(str, oids))})"
    return f"SELECT coalesce({_RELATIONS % wanted}, '[]')::text"


ROUTINES = """
    SELECT coalesce(json_agg(json_build_array(
        p.oid::bigint, n.nspname, p.proname, p.prokind, p.provolatile, p.pronargdefaults,
        ARRAY(SELECT pg_catalog.format_type(one, NULL)
              FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY AS a(one, at) ORDER BY at),
        p.proargnames, p.proargmodes, pg_catalog.pg_get_function_result(p.oid),
        pg_catalog.md5(pg_catalog.concat_ws(
            '/', p.prosrc, pg_catalog.pg_get_function_sqlbody(p.oid), p.probin, p.prolang, p.proconfig)))), '[]')::text
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE p.oid >= 16384 AND p.prokind IN ('f', 'p') AND n.nspname NOT IN ('alembic_ext_lint', 'pg_catalog')
    AND n.nspname !~ '^pg_temp' AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e')"""
"""The functions and procedures that are no extension's: one JSON text."""


MEMBERS = """
    SELECT coalesce(json_agg(json_build_array(i.type, i.identity)), '[]')::text
    FROM pg_catalog.pg_depend d, pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) i
    WHERE d.deptype = 'e'"""
"""What extensions brought, as event triggers tell of it: one JSON text."""


def bodies(names: Iterable[str]) -> str:
    """Ask for the bodies of the functions and procedures of these names that are text: one JSON text."""
    some = ", ".join(map(literal, names))
    return f"""
        SELECT coalesce(json_agg(p.prosrc), '[]')::text FROM pg_catalog.pg_proc p
        JOIN pg_catalog.pg_language l ON l.oid = p.prolang
        WHERE p.oid >= 16384 AND l.lanname NOT IN ('c', 'internal') AND p.proname IN ({some})"""


def keeping(routines: Iterable[int]) -> str:
    """Ask what keeps the results of functions: oids and words by their oids, one JSON text."""
    return f"""
        SELECT coalesce(json_object_agg(routine, kept), '{{}}')::text FROM (
            SELECT d.refobjid::bigint AS routine,
                   json_agg(json_build_array(
                       d.objid::bigint, pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid))) AS kept
            FROM pg_catalog.pg_depend d
            WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            AND d.refobjid IN ({", ".join(map(str, routines))}) AND d.deptype IN ('n', 'a') AND (
                EXISTS (SELECT FROM pg_catalog.pg_index x WHERE x.indexrelid = d.objid
                        AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass)
                OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.oid = d.objid AND k.contype = 'c'
                           AND k.conrelid <> 0 AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass)
                OR EXISTS (SELECT FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_attribute a
                           ON a.attrelid = f.adrelid AND a.attnum = f.adnum WHERE f.oid = d.objid
                           AND a.attgenerated = 's' AND d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass))
            GROUP BY d.refobjid) AS each"""


_HELD = """
    SELECT relation, replace(mode, 'Lock', '') AS mode FROM pg_catalog.pg_locks
    WHERE locktype = 'relation' AND pid = pg_catalog.pg_backend_pid() AND granted AND relation >= 16384
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"""

_COUNTS = """(
    SELECT json_object_agg(relation, json_build_array(
        pg_catalog.pg_stat_get_xact_numscans(relation), pg_catalog.pg_stat_get_xact_tuples_returned(relation),
        pg_catalog.pg_stat_get_xact_tuples_inserted(relation), pg_catalog.pg_stat_get_xact_tuples_updated(relation),
        pg_catalog.pg_stat_get_xact_tuples_deleted(relation)))
    FROM %s)"""

COUNTED = f"""
    SELECT {
    _COUNTS % ("(SELECT oid AS relation FROM pg_catalog.pg_class WHERE relkind IN ('r', 'm') AND oid >= 16384) AS c")
}::text"""
"""What is counted already when a transaction begins: of those before it, since the server adds up once a second."""

AFTER = f"""
    WITH held AS MATERIALIZED ({_HELD}),
    wanted AS MATERIALIZED (
        SELECT relation AS oid FROM held
        UNION SELECT indexrelid FROM pg_catalog.pg_index WHERE indrelid IN (SELECT relation FROM held)
        EXCEPT SELECT pg_catalog.unnest('{{}}'::oid[]))
    SELECT json_build_object(
        'transaction', (SELECT virtualtransaction FROM pg_catalog.pg_locks
                        WHERE locktype = 'virtualxid' AND pid = pg_catalog.pg_backend_pid() LIMIT 1),
        'locks', (SELECT json_agg(json_build_array(relation::bigint, mode)) FROM held),
        'other_locks', (
            SELECT json_agg(json_build_array(
                replace(mode, 'Lock', ''),
                CASE locktype WHEN 'advisory' THEN 'an advisory lock'
                              ELSE pg_catalog.pg_describe_object(classid, objid, objsubid) END))
            FROM pg_catalog.pg_locks WHERE pid = pg_catalog.pg_backend_pid() AND granted
            AND (locktype = 'advisory' OR locktype = 'object' AND objid >= 16384 AND mode = 'AccessExclusiveLock')),
        'did', {_COUNTS % "(SELECT DISTINCT relation FROM held) AS h"},
        'rewrites', pg_catalog.current_setting('alembic_ext.rewrites', true),
        'drops', pg_catalog.current_setting('alembic_ext.drops', true),
        'relations', {_RELATIONS % "c.oid IN (SELECT oid FROM wanted)"}
    )::text"""
"""What the transaction holds and has done: one JSON text."""


def after(known: Iterable[int]) -> str:
    """The same, without the facts of relations that are known."""
    return AFTER.replace("'{}'::oid[]", f"'{{{','.join(map(str, known))}}}'::oid[]")


TOLD = """
    SELECT pg_catalog.current_setting('alembic_ext.rewrites', true),
           pg_catalog.current_setting('alembic_ext.drops', true)"""
NOTHING_TOLD = """
    SELECT pg_catalog.set_config('alembic_ext.rewrites', '', false),
           pg_catalog.set_config('alembic_ext.drops', '', false)"""
TRANSACTION = """
    SELECT virtualtransaction FROM pg_catalog.pg_locks
    WHERE locktype = 'virtualxid' AND pid = pg_catalog.pg_backend_pid() LIMIT 1"""
BEFORE = f"""
    SELECT current_setting('lock_timeout'), current_setting('statement_timeout'), ({TRANSACTION}),
           pg_catalog.current_setting('alembic_ext.rewrites', true),
           pg_catalog.current_setting('alembic_ext.drops', true)"""
"""What is in force for a statement, its transaction, and what was told until then."""


def definitions(oids: Iterable[int]) -> str:
    """Ask how the server writes these indexes and constraints, and what holds in these partitions: one JSON text."""
    some = ", ".join(map(str, oids))
    return f"""
        SELECT coalesce(json_object_agg(oid, sql), '{{}}')::text FROM (
            SELECT indexrelid::bigint AS oid, pg_catalog.pg_get_indexdef(indexrelid) AS sql
            FROM pg_catalog.pg_index WHERE indexrelid IN ({some})
            UNION ALL SELECT oid::bigint, pg_catalog.pg_get_constraintdef(oid)
            FROM pg_catalog.pg_constraint WHERE oid IN ({some})
            UNION ALL SELECT oid::bigint, pg_catalog.pg_get_partition_constraintdef(oid)
            FROM pg_catalog.pg_class WHERE relispartition AND relkind NOT IN ('i', 'I') AND oid IN ({some})
        ) AS written"""


TELL = """
    CREATE SCHEMA alembic_ext_lint;
    CREATE FUNCTION alembic_ext_lint.rewrite() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_catalog.set_config('alembic_ext.rewrites',
            pg_catalog.concat(pg_catalog.current_setting('alembic_ext.rewrites', true), pg_catalog.json_build_array(
                pg_catalog.pg_event_trigger_table_rewrite_oid()::bigint,
                pg_catalog.pg_event_trigger_table_rewrite_reason()), E'\\n'), false);
    END $$;
    CREATE FUNCTION alembic_ext_lint.dropped() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_catalog.set_config('alembic_ext.drops',
            pg_catalog.concat(pg_catalog.current_setting('alembic_ext.drops', true), (
                SELECT pg_catalog.string_agg(pg_catalog.concat(
                    pg_catalog.json_build_array(object_type, object_identity, original, normal), E'\\n'), '')
                FROM pg_catalog.pg_event_trigger_dropped_objects())), false);
    END $$;
    CREATE EVENT TRIGGER alembic_ext_rewrite ON table_rewrite EXECUTE FUNCTION alembic_ext_lint.rewrite();
    CREATE EVENT TRIGGER alembic_ext_dropped ON sql_drop EXECUTE FUNCTION alembic_ext_lint.dropped()"""
"""Lets a sandbox tell which tables are rewritten, and what is dropped; a superuser's.

What is told goes into settings of the session: a revision that is somebody else by SET ROLE can write no table of ours.
"""
