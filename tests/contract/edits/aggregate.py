"""Aggregates: https://www.postgresql.org/docs/current/sql-createaggregate.html."""

from tests.contract.edits import Example

TABLE = "CREATE TABLE t (a integer PRIMARY KEY, b text);"

EXAMPLES = (
    Example(
        "ordinary ones, their options and overloads",
        tables=TABLE,
        before="""
            CREATE FUNCTION add_up(bigint, integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 + coalesce($2, 0)';
            CREATE FUNCTION shown(bigint) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::text';
            CREATE AGGREGATE stays(integer) (SFUNC = add_up, STYPE = bigint, INITCOND = '0');
            CREATE AGGREGATE changes(integer) (SFUNC = add_up, STYPE = bigint, INITCOND = '0');
            CREATE AGGREGATE gives(integer) (SFUNC = add_up, STYPE = bigint, INITCOND = '0');
            CREATE AGGREGATE takes(VARIADIC given integer[]) (SFUNC = array_cat, STYPE = integer[], SSPACE = 100);
            CREATE AGGREGATE counts(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0');
            CREATE AGGREGATE many(integer) (SFUNC = int4larger, STYPE = integer, SORTOP = >);
            CREATE AGGREGATE many(text) (SFUNC = text_larger, STYPE = text);
            CREATE AGGREGATE old (BASETYPE = integer, SFUNC = int4pl, STYPE = integer, INITCOND = '0');
            CREATE AGGREGATE old_count (BASETYPE = 'ANY', SFUNC = int8inc, STYPE = int8, INITCOND = '0');
            CREATE AGGREGATE goes(date) (SFUNC = date_larger, STYPE = date);
            ALTER FUNCTION changes(integer) DEPENDS ON EXTENSION plpgsql;
            CREATE VIEW seen AS SELECT changes(a) AS one, many(b) AS two, counts(*) AS three FROM t;
            COMMENT ON AGGREGATE changes(integer) IS 'changes';
            COMMENT ON AGGREGATE counts(*) IS 'counts';
            COMMENT ON AGGREGATE gives(integer) IS 'gives';
            GRANT EXECUTE ON FUNCTION many(text) TO pg_monitor;
            REVOKE ALL ON FUNCTION counts() FROM PUBLIC;
            ALTER AGGREGATE stays(integer) OWNER TO pg_monitor;
        """,
        after="""
            CREATE FUNCTION add_up(bigint, integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 + coalesce($2, 1)';
            CREATE FUNCTION shown(bigint) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::text';
            CREATE AGGREGATE stays(integer) (SFUNC = add_up, STYPE = bigint, INITCOND = '0');
            CREATE AGGREGATE changes(integer) (SFUNC = add_up, STYPE = bigint, INITCOND = '10', PARALLEL = SAFE, COMBINEFUNC = int8pl);
            CREATE AGGREGATE gives(integer) (SFUNC = add_up, STYPE = bigint, INITCOND = '0', FINALFUNC = shown);
            CREATE AGGREGATE takes(VARIADIC arrays integer[]) (SFUNC = array_cat, STYPE = integer[]);
            CREATE AGGREGATE counts(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '1', PARALLEL = RESTRICTED);
            CREATE AGGREGATE many(integer) (SFUNC = int4smaller, STYPE = integer, SORTOP = OPERATOR(pg_catalog.<));
            CREATE AGGREGATE many(text) (SFUNC = text_larger, STYPE = text, INITCOND = 'x''y');
            CREATE AGGREGATE many(float8, float8) (SFUNC = float8_regr_accum, STYPE = float8[], INITCOND = '{0,0,0,0,0,0}');
            CREATE AGGREGATE old (BASETYPE = integer, SFUNC = int4pl, STYPE = integer, INITCOND = '1');
            CREATE AGGREGATE old_count(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0');
            CREATE AGGREGATE comes(text) (SFUNC = text_larger, STYPE = text);
            CREATE VIEW seen AS SELECT changes(a) AS one, many(b) AS two, counts(*) AS three FROM t;
            COMMENT ON AGGREGATE changes(integer) IS 'changed';
            COMMENT ON AGGREGATE gives(integer) IS 'gives';
            GRANT EXECUTE ON FUNCTION many(text), comes(text) TO pg_monitor;
            REVOKE ALL ON FUNCTION counts() FROM PUBLIC;
            ALTER AGGREGATE stays(integer) OWNER TO pg_monitor;
        """,
    ),
    Example(
        "ordered sets, moving frames, states of type internal",
        tables=TABLE,
        before="""
            CREATE FUNCTION keep(double precision[], double precision) RETURNS double precision[] LANGUAGE sql IMMUTABLE
              AS 'SELECT $1 || $2';
            CREATE FUNCTION first_of(double precision[], double precision) RETURNS double precision LANGUAGE sql IMMUTABLE
              AS 'SELECT $1[1] * $2';
            CREATE AGGREGATE nth(double precision ORDER BY double precision)
              (SFUNC = keep, STYPE = double precision[], FINALFUNC = first_of, INITCOND = '{}');
            CREATE AGGREGATE place(VARIADIC "any" ORDER BY VARIADIC "any")
              (SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL);
            CREATE AGGREGATE moving(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0',
              MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = integer, MINITCOND = '0');
            CREATE AGGREGATE mean(bigint) (SFUNC = int8_avg_accum, STYPE = internal, SSPACE = 48, FINALFUNC = numeric_poly_avg,
              COMBINEFUNC = int8_avg_combine, SERIALFUNC = int8_avg_serialize, DESERIALFUNC = int8_avg_deserialize);
            COMMENT ON AGGREGATE nth(double precision ORDER BY double precision) IS 'nth';
            COMMENT ON AGGREGATE place(VARIADIC "any" ORDER BY VARIADIC "any") IS 'place';
            CREATE VIEW seen AS SELECT place(1) WITHIN GROUP (ORDER BY a) AS place FROM t;
        """,
        after="""
            CREATE FUNCTION keep(double precision[], double precision) RETURNS double precision[] LANGUAGE sql IMMUTABLE
              AS 'SELECT $1 || $2';
            CREATE FUNCTION first_of(list double precision[], factor double precision) RETURNS double precision
              LANGUAGE sql IMMUTABLE AS 'SELECT list[1] * factor';
            CREATE AGGREGATE nth(double precision ORDER BY double precision)
              (SFUNC = keep, STYPE = double precision[], FINALFUNC = first_of, FINALFUNC_MODIFY = READ_ONLY, INITCOND = '{}');
            CREATE AGGREGATE place(VARIADIC "any" ORDER BY VARIADIC "any")
              (SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = dense_rank_final, FINALFUNC_EXTRA, HYPOTHETICAL);
            CREATE AGGREGATE moving(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0',
              MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = integer, MSSPACE = 8, MFINALFUNC = int4abs, MFINALFUNC_MODIFY = SHAREABLE,
              MINITCOND = '1', FINALFUNC = int4abs);
            CREATE AGGREGATE mean(bigint) (SFUNC = int8_avg_accum, STYPE = internal, FINALFUNC = numeric_poly_avg,
              FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE,
              COMBINEFUNC = int8_avg_combine, SERIALFUNC = int8_avg_serialize, DESERIALFUNC = int8_avg_deserialize);
            COMMENT ON AGGREGATE nth(double precision ORDER BY double precision) IS 'nth';
            COMMENT ON AGGREGATE place(VARIADIC "any" ORDER BY VARIADIC "any") IS 'another place';
            CREATE VIEW seen AS SELECT place(1) WITHIN GROUP (ORDER BY a) AS place FROM t;
        """,
        portable=True,
    ),
    Example(
        "hostile names",
        unmanaged='CREATE TYPE "Odd, ""type""" AS (a integer);',
        before='''
            CREATE FUNCTION "s'f :x %s"("Odd, ""type""", "Odd, ""type""") RETURNS "Odd, ""type""" LANGUAGE sql AS 'SELECT $1';
            CREATE AGGREGATE "ag %s :x ""y"""("Odd, ""type""") (SFUNC = "s'f :x %s", STYPE = "Odd, ""type""", INITCOND = '(1)');
            COMMENT ON AGGREGATE "ag %s :x ""y"""("Odd, ""type""") IS 'it''s :x';
        ''',
        after='''
            CREATE FUNCTION "s'f :x %s"("Odd, ""type""", "Odd, ""type""") RETURNS "Odd, ""type""" LANGUAGE sql AS 'SELECT $1';
            CREATE AGGREGATE "ag %s :x ""y"""("Odd, ""type""") (SFUNC = "s'f :x %s", STYPE = "Odd, ""type""", INITCOND = '(2)');
            CREATE AGGREGATE "select"(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0');
            COMMENT ON AGGREGATE "select"(*) IS '%s :x';
        ''',
    ),
)
