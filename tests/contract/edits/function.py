"""Functions: https://www.postgresql.org/docs/current/sql-createfunction.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "plain",
        before="""
            CREATE FUNCTION stays() RETURNS integer LANGUAGE sql AS 'SELECT 1';
            CREATE FUNCTION changes() RETURNS integer LANGUAGE sql AS 'SELECT 1';
            CREATE FUNCTION goes() RETURNS void LANGUAGE sql AS '';
        """,
        after="""
            CREATE FUNCTION stays() RETURNS integer LANGUAGE sql AS 'SELECT 1';
            CREATE FUNCTION changes() RETURNS integer LANGUAGE sql AS 'SELECT 2';
            CREATE FUNCTION comes(x integer DEFAULT 1) RETURNS integer LANGUAGE plpgsql AS $$
            BEGIN
              RETURN x;
            END $$;
        """,
        portable=True,
    ),
    Example(
        "overloads",
        tables="CREATE TABLE t (a integer PRIMARY KEY);",
        before="""
            CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
            CREATE FUNCTION f(text) RETURNS integer LANGUAGE sql AS 'SELECT 2';
            CREATE FUNCTION f(integer, text) RETURNS integer LANGUAGE sql AS 'SELECT 3';
            CREATE FUNCTION f(t) RETURNS integer LANGUAGE sql AS 'SELECT 4';
            CREATE VIEW v AS SELECT f(a) AS one, f(a::text) AS two, f(t) AS three FROM t;
        """,
        after="""
            CREATE FUNCTION f(integer) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
            CREATE FUNCTION f(text) RETURNS integer LANGUAGE sql AS 'SELECT 22';
            CREATE FUNCTION f(text, integer) RETURNS integer LANGUAGE sql AS 'SELECT 3';
            CREATE FUNCTION f(t) RETURNS integer LANGUAGE sql AS 'SELECT 4';
            CREATE VIEW v AS SELECT f(a) AS one, f(a::text) AS two, f(t) AS three FROM t;
        """,
        portable=True,
    ),
    Example(
        "defaults with commas and quotes",
        before=r"""
            CREATE FUNCTION f(a text DEFAULT 'x, ''y'', "z"', b text[] = '{"a,b","c''d"}', c text DEFAULT E'\\ \n, '')')
              RETURNS text LANGUAGE sql AS 'SELECT a';
            CREATE FUNCTION g(a integer, b numeric(10, 2) DEFAULT round(1.5, 1), c date DEFAULT CURRENT_DATE, d timestamptz DEFAULT now())
              RETURNS text LANGUAGE sql AS 'SELECT ''x''';
            CREATE FUNCTION h(a text DEFAULT $$it's, "quoted"$$, b integer DEFAULT NULL, c interval DEFAULT '1 day, 2 hours'::interval)
              RETURNS text LANGUAGE sql AS 'SELECT ''x''';
        """,
        after=r"""
            CREATE FUNCTION f(a text DEFAULT 'x, ''y'', "z" (', b text[] = '{"a,b","c''d",","}', c text DEFAULT E'\\ \n, '')')
              RETURNS text LANGUAGE sql AS 'SELECT a';
            CREATE FUNCTION g(a integer, b numeric(10, 2) DEFAULT round(2.5, 1), c date DEFAULT NULL, d timestamptz DEFAULT now())
              RETURNS text LANGUAGE sql AS 'SELECT ''x''';
            CREATE FUNCTION h(a text, b integer DEFAULT NULL, c interval DEFAULT '1 day, 2 hours'::interval)
              RETURNS text LANGUAGE sql AS 'SELECT ''x''';
        """,
        portable=True,
    ),
    Example(
        "modes of arguments",
        before="""
            CREATE FUNCTION outs(IN a integer, OUT b text, OUT "C c" integer) LANGUAGE sql AS 'SELECT ''x'', a';
            CREATE FUNCTION in_out(INOUT a integer, b text DEFAULT 'x') LANGUAGE plpgsql AS 'BEGIN END';
            CREATE FUNCTION several(a text, VARIADIC b integer[] DEFAULT '{}') RETURNS integer LANGUAGE sql AS 'SELECT 1';
            CREATE FUNCTION unnamed(integer, IN text, OUT date) LANGUAGE sql AS 'SELECT CURRENT_DATE';
            CREATE FUNCTION poly(anyelement, anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
            CREATE FUNCTION anys(VARIADIC "any") RETURNS integer LANGUAGE internal AS 'pg_num_nulls';
        """,
        after="""
            CREATE FUNCTION outs(IN a integer, OUT b text, OUT "C c" integer, OUT d integer) LANGUAGE sql AS 'SELECT ''x'', a, a';
            CREATE FUNCTION in_out(INOUT a integer, bb text DEFAULT 'x') LANGUAGE plpgsql AS 'BEGIN END';
            CREATE FUNCTION several(a text, VARIADIC b integer[] DEFAULT '{1}') RETURNS integer LANGUAGE sql AS 'SELECT 2';
            CREATE FUNCTION unnamed(a integer, IN b text, OUT c date) LANGUAGE sql AS 'SELECT CURRENT_DATE';
            CREATE FUNCTION poly(anyelement, anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT $2[1]';
            CREATE FUNCTION anys(VARIADIC "any") RETURNS integer LANGUAGE internal AS 'pg_num_nonnulls';
        """,
        portable=True,
    ),
    Example(
        "what is returned",
        tables="CREATE TABLE t (a integer PRIMARY KEY, b text);",
        before="""
            CREATE FUNCTION a_table() RETURNS TABLE (id integer, "Strange, name" text) LANGUAGE sql AS 'SELECT 1, ''a''';
            CREATE FUNCTION a_set() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';
            CREATE FUNCTION a_record() RETURNS record LANGUAGE sql AS 'SELECT 1, 2';
            CREATE FUNCTION a_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE FUNCTION an_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
            CREATE FUNCTION an_array() RETURNS integer[] LANGUAGE sql AS 'SELECT ARRAY[1]';
            CREATE FUNCTION a_row() RETURNS t LANGUAGE sql AS 'SELECT NULL::t';
            CREATE VIEW v AS SELECT id FROM a_table() UNION SELECT a FROM a_set();
        """,
        after="""
            CREATE FUNCTION a_table() RETURNS TABLE (id integer, other text) LANGUAGE sql AS 'SELECT 1, ''a''';
            CREATE FUNCTION a_set() RETURNS SETOF t LANGUAGE sql ROWS 5 AS 'SELECT * FROM t WHERE a > 0';
            CREATE FUNCTION a_record() RETURNS SETOF record LANGUAGE sql AS 'SELECT 1, 2';
            CREATE FUNCTION a_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';
            CREATE FUNCTION an_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RETURN; END';
            CREATE FUNCTION an_array() RETURNS bigint[] LANGUAGE sql AS 'SELECT ARRAY[1::bigint]';
            CREATE FUNCTION a_row() RETURNS SETOF t LANGUAGE sql AS 'SELECT NULL::t';
            CREATE VIEW v AS SELECT id FROM a_table() UNION SELECT a FROM a_set();
        """,
        portable=True,
    ),
    Example(
        "standard bodies",
        tables="CREATE TABLE t (a integer PRIMARY KEY, b text);",
        tables_after="CREATE TABLE t (a bigint PRIMARY KEY, b text, c integer);",
        before="""
            CREATE FUNCTION returned(x integer, y integer DEFAULT 1) RETURNS integer RETURN x + y * length('a;b');
            CREATE FUNCTION atomic(x integer) RETURNS bigint LANGUAGE sql
              BEGIN ATOMIC INSERT INTO t VALUES (x, 'a;b'); SELECT count(*) FROM t; END;
            CREATE FUNCTION nested(x integer) RETURNS bigint LANGUAGE sql RETURN atomic(returned(x));
            CREATE FUNCTION empty() RETURNS void LANGUAGE sql BEGIN ATOMIC END;
        """,
        after="""
            CREATE FUNCTION returned(x integer, y integer DEFAULT 1) RETURNS integer RETURN x - y * length('a;b');
            CREATE FUNCTION atomic(x integer) RETURNS bigint LANGUAGE sql
              BEGIN ATOMIC INSERT INTO t VALUES (x, 'a;b', 1); SELECT max(a) FROM t; END;
            CREATE FUNCTION nested(x integer) RETURNS bigint LANGUAGE sql RETURN atomic(returned(x));
            CREATE FUNCTION empty() RETURNS void LANGUAGE sql AS '';
        """,
        portable=True,
    ),
    Example(
        "options",
        before="""
            CREATE FUNCTION one(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT SECURITY DEFINER LEAKPROOF
              PARALLEL SAFE COST 7 SET search_path TO public, "odd Schema", '$user' SET work_mem = '8MB'
              SET datestyle TO ISO, MDY AS 'BEGIN RETURN 1; END';
            CREATE FUNCTION two(integer) RETURNS SETOF integer LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED
              ROWS 33 AS 'SELECT 1';
            CREATE FUNCTION three(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
            CREATE FUNCTION win(integer) RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_row_number';
            CREATE FUNCTION supported(x integer, y integer) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT
              SUPPORT pg_catalog.textlike_support AS 'int4lt';
            CREATE FUNCTION from_current() RETURNS integer LANGUAGE sql SET search_path FROM CURRENT AS 'SELECT 1';
        """,
        after="""
            CREATE FUNCTION one(integer) RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
            CREATE FUNCTION two(integer) RETURNS SETOF integer LANGUAGE sql IMMUTABLE RETURNS NULL ON NULL INPUT PARALLEL SAFE
              ROWS 44 COST 0.5 AS 'SELECT 1';
            CREATE FUNCTION three(integer) RETURNS integer LANGUAGE sql VOLATILE NOT LEAKPROOF EXTERNAL SECURITY DEFINER
              SET search_path TO '' SET statement_timeout = 5 AS 'SELECT 1';
            CREATE FUNCTION win(integer) RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_rank';
            CREATE FUNCTION supported(x integer, y integer) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4lt';
            CREATE FUNCTION from_current() RETURNS integer LANGUAGE sql SET search_path FROM CURRENT AS 'SELECT 2';
        """,
    ),
    Example(
        "altered afterwards",
        before="""
            CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
            ALTER FUNCTION f(integer) STABLE COST 5 SET work_mem = '1MB';
            CREATE FUNCTION g() RETURNS integer LANGUAGE sql AS 'SELECT 1';
        """,
        after="""
            CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
            ALTER FUNCTION f(integer) IMMUTABLE COST 5;
            CREATE FUNCTION g() RETURNS integer LANGUAGE sql AS 'SELECT 1';
            ALTER FUNCTION g STRICT;
        """,
        portable=True,
    ),
    Example(
        "types in any spelling",
        tables='CREATE TABLE t (a varchar(7) PRIMARY KEY, "B b" numeric(6, 2)[]);',
        unmanaged="""
            CREATE TYPE mood AS ENUM ('sad', 'it''s fine');
            CREATE TYPE pair AS (one integer, two text);
            CREATE DOMAIN positive AS int CHECK (VALUE > 0);
            CREATE SCHEMA other;
            CREATE TYPE other."Odd, type" AS ENUM ('a');
        """,
        before="""
            CREATE FUNCTION f(int, int2, int8, float, real, bool, varchar(10), char, "char", decimal(5, 2), bit varying(3))
              RETURNS int LANGUAGE sql AS 'SELECT 1';
            CREATE FUNCTION g(timestamp(3), timestamp with time zone, time, interval day to second, character varying)
              RETURNS timestamptz LANGUAGE sql AS 'SELECT now()';
            CREATE FUNCTION h(int[], text[][], integer ARRAY, float8 ARRAY[3], mood[], public.t, t[])
              RETURNS mood LANGUAGE sql AS 'SELECT ''sad''::mood';
            CREATE FUNCTION k(x t.a%TYPE, y public.t."B b"%TYPE, z positive, p pair)
              RETURNS t.a%TYPE LANGUAGE sql AS 'SELECT $1';
            CREATE FUNCTION l(other."Odd, type", pg_catalog.int4, SETOF_ integer)
              RETURNS SETOF other."Odd, type" LANGUAGE sql AS 'SELECT $1';
        """,
        after="""
            CREATE FUNCTION f(integer, smallint, bigint, double precision, float4, boolean, character varying, character, "char", numeric, varbit)
              RETURNS int4 LANGUAGE sql AS 'SELECT 2';
            CREATE FUNCTION g(timestamp without time zone, timestamptz, time without time zone, interval, varchar)
              RETURNS timestamp with time zone LANGUAGE sql AS 'SELECT now()';
            CREATE FUNCTION h(integer[], text[], int4[], double precision[], public.mood[], t, public.t[])
              RETURNS public.mood LANGUAGE sql AS 'SELECT ''sad''::public.mood';
            CREATE FUNCTION k(x varchar, y numeric[], z positive, p pair)
              RETURNS t.a%TYPE LANGUAGE sql AS 'SELECT $1 || ''x''';
            CREATE FUNCTION l(other."Odd, type", int, SETOF_ integer)
              RETURNS SETOF other."Odd, type" LANGUAGE sql STABLE AS 'SELECT $1';
        """,
    ),
    Example(
        "hostile text",
        before=r'''
            CREATE FUNCTION "do.it ""now"" %s :x"("From" integer, "a,b" text) RETURNS text LANGUAGE sql AS
            $body$SELECT '" '' % %s %(x)s :x \: """ $$ \ \n' || $2;   
            -- trailing blanks   	and tab; é ß 漢字 🐘
            /* $1 {x} ${y} */
            $body$;
            CREATE FUNCTION "select"() RETURNS text LANGUAGE plpgsql AS E'\r\nBEGIN\r\n  RETURN \'it\'\'s\';\r\nEND\r\n';
            CREATE FUNCTION abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi_abc() RETURNS text LANGUAGE sql AS ' SELECT ''a''::text ';
            CREATE FUNCTION only_blanks() RETURNS void LANGUAGE sql AS '

            ';
        ''',
        after=r'''
            CREATE FUNCTION "do.it ""now"" %s :x"("From" integer, "a,b" text) RETURNS text LANGUAGE sql AS
            $body$SELECT '" '' % %s %(x)s :y \: """ '' ' || $2; 	
              	-- only \ backslash at the end \
            $body$;
            CREATE FUNCTION "select"() RETURNS text LANGUAGE plpgsql AS E'\r\nBEGIN\n  RETURN \'it\'\'s\';\rEND\n\n\n';
            CREATE FUNCTION abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi_abc() RETURNS text LANGUAGE sql AS 'SELECT U&''\0061'' ';
            CREATE FUNCTION only_blanks() RETURNS void LANGUAGE sql AS '	';
        ''',
    ),
    Example(
        "owners, grants and comments",
        head=(("roles", "alice, Bob the 2nd"),),
        before="""
            CREATE FUNCTION f(integer, text) RETURNS integer LANGUAGE sql AS 'SELECT 1';
            ALTER FUNCTION f(integer, text) OWNER TO alice;
            REVOKE ALL ON FUNCTION f(integer, text) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION f(int, text) TO "Bob the 2nd" WITH GRANT OPTION;
            COMMENT ON FUNCTION f(integer, text) IS 'it''s "f" %s :x $$';
            CREATE FUNCTION g(x integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
            GRANT EXECUTE ON FUNCTION g(integer) TO alice;
            COMMENT ON FUNCTION g IS 'g';
        """,
        after="""
            CREATE FUNCTION f(integer, text) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
            ALTER FUNCTION f(integer, text) OWNER TO alice;
            REVOKE ALL ON FUNCTION f(integer, text) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION f(int, text) TO "Bob the 2nd";
            COMMENT ON FUNCTION f(integer, text) IS E'two\\nlines';
            CREATE FUNCTION g(y integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
            ALTER FUNCTION g OWNER TO "Bob the 2nd";
            GRANT ALL ON FUNCTION g(integer) TO alice WITH GRANT OPTION;
        """,
    ),
    Example(
        "used by everything",
        tables="""
            CREATE TABLE t (a integer PRIMARY KEY, b text);
        """,
        before="""
            CREATE FUNCTION used(x integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x';
            CREATE FUNCTION outer_one(y integer DEFAULT used(1)) RETURNS integer RETURN used(y);
            CREATE VIEW v AS SELECT used(a) AS used, outer_one() AS o FROM t;
            CREATE MATERIALIZED VIEW m AS SELECT used FROM v;
            CREATE UNIQUE INDEX m_used ON m (used(used)) WHERE used(used) > 0;
            CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW WHEN (used(NEW.a) > 0) EXECUTE FUNCTION tr();
        """,
        after="""
            CREATE FUNCTION used(x integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT x::bigint';
            CREATE FUNCTION outer_one(y bigint DEFAULT used(1)) RETURNS bigint RETURN used(y::integer);
            CREATE VIEW v AS SELECT used(a) AS used, outer_one() AS o FROM t;
            CREATE MATERIALIZED VIEW m AS SELECT used FROM v;
            CREATE UNIQUE INDEX m_used ON m (used(used::integer)) WHERE used(1) > 0;
            CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW WHEN (used(NEW.a) > 0) EXECUTE FUNCTION tr();
        """,
        portable=True,
    ),
    Example(
        "one parameter more, where a default, a check, indexes and a view call it",
        first="CREATE FUNCTION f(x integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x';",
        first_after="""
            CREATE FUNCTION f(x integer, y integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x + y';
        """,
        tables="""
            CREATE TABLE item (id integer PRIMARY KEY, a integer DEFAULT f(1), CONSTRAINT positive CHECK (f(a) > 0));
            CREATE INDEX of_a ON item (f(a));
            CREATE INDEX where_a ON item (id) WHERE f(a) > 1;
        """,
        before="CREATE VIEW v AS SELECT f(a) AS a FROM item;",
        after="CREATE VIEW v AS SELECT f(a) AS a FROM item;",
        portable=True,
    ),
)
