"""Procedures: https://www.postgresql.org/docs/current/sql-createprocedure.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "plain",
        before="""
            CREATE PROCEDURE stays() LANGUAGE sql AS 'SELECT 1';
            CREATE PROCEDURE changes(a integer) LANGUAGE sql AS 'SELECT 1';
            CREATE PROCEDURE goes() LANGUAGE plpgsql AS 'BEGIN COMMIT; END';
        """,
        after="""
            CREATE PROCEDURE stays() LANGUAGE sql AS 'SELECT 1';
            CREATE PROCEDURE changes(a integer) LANGUAGE plpgsql AS 'BEGIN ROLLBACK; END';
            CREATE PROCEDURE comes() LANGUAGE sql AS '';
        """,
        portable=True,
    ),
    Example(
        "arguments",
        tables="CREATE TABLE t (a integer PRIMARY KEY);",
        before="""
            CREATE PROCEDURE p(a integer, INOUT b text DEFAULT 'x, ''y''', VARIADIC c integer[] DEFAULT '{}')
              LANGUAGE plpgsql AS 'BEGIN END';
            CREATE PROCEDURE outs(OUT a integer, IN b text, OUT c numeric(5, 2)) LANGUAGE plpgsql AS 'BEGIN END';
            CREATE PROCEDURE types(x t.a%TYPE, y t[], int[], z varchar(10)) LANGUAGE sql AS '';
        """,
        after="""
            CREATE PROCEDURE p(a integer, INOUT b text DEFAULT 'x, ''z''', VARIADIC c integer[] DEFAULT '{1,2}')
              LANGUAGE plpgsql AS 'BEGIN END';
            CREATE PROCEDURE outs(OUT a integer, IN b text, OUT renamed numeric) LANGUAGE plpgsql AS 'BEGIN END';
            CREATE PROCEDURE types(x t.a%TYPE, y t[], int[], zz varchar(20)) LANGUAGE sql AS '';
        """,
        portable=True,
    ),
    Example(
        "overloads beside a function and an aggregate",
        unmanaged="CREATE AGGREGATE p(date) (SFUNC = date_larger, STYPE = date);",
        before="""
            CREATE PROCEDURE p(integer) LANGUAGE sql AS 'SELECT 1';
            CREATE PROCEDURE p(text) LANGUAGE sql AS 'SELECT 1';
            CREATE FUNCTION p() RETURNS integer LANGUAGE sql AS 'SELECT 1';
            COMMENT ON PROCEDURE p(text) IS 'a procedure';
            COMMENT ON ROUTINE p() IS 'a function';
        """,
        after="""
            CREATE PROCEDURE p(integer, integer) LANGUAGE sql AS 'SELECT 1';
            CREATE PROCEDURE p(text) LANGUAGE sql AS 'SELECT 2';
            CREATE FUNCTION p() RETURNS integer LANGUAGE sql AS 'SELECT 2';
            CREATE FUNCTION p(integer) RETURNS integer LANGUAGE sql AS 'SELECT 2';
            COMMENT ON ROUTINE p(text) IS 'still a procedure';
        """,
    ),
    Example(
        "options and standard bodies",
        tables="CREATE TABLE t (a integer PRIMARY KEY);",
        before="""
            CREATE PROCEDURE one() LANGUAGE sql SECURITY DEFINER SET search_path TO public, pg_temp SET work_mem TO '1MB' AS 'SELECT 1';
            CREATE PROCEDURE atomic(x integer) BEGIN ATOMIC INSERT INTO t VALUES (x); DELETE FROM t WHERE a = -x; END;
            CREATE PROCEDURE altered() LANGUAGE sql AS '';
            ALTER PROCEDURE altered() SECURITY DEFINER;
        """,
        after="""
            CREATE PROCEDURE one() LANGUAGE sql SET search_path TO '' AS 'SELECT 1';
            CREATE PROCEDURE atomic(x integer) BEGIN ATOMIC INSERT INTO t VALUES (x + 1); END;
            CREATE PROCEDURE altered() LANGUAGE sql AS '';
            ALTER PROCEDURE altered() SET work_mem = '2MB';
        """,
    ),
    Example(
        "hostile text",
        before=r'''
            CREATE PROCEDURE "do it, %s"("In" integer) LANGUAGE sql AS $x$SELECT '" '' % :x \: """ $$', "In"
            	-- tab and blanks   
            $x$;
        ''',
        after=r'''
            CREATE PROCEDURE "do it, %s"("In" integer) LANGUAGE sql AS $x$SELECT '" '' % :y \: """ $$', "In"$x$;
            CREATE PROCEDURE "call"() LANGUAGE plpgsql AS E'BEGIN\r\nEND';
        ''',
    ),
    Example(
        "owners, grants and comments",
        head=(("roles", "alice, bob"),),
        before="""
            CREATE PROCEDURE p(a integer, OUT b integer) LANGUAGE plpgsql AS 'BEGIN END';
            REVOKE EXECUTE ON PROCEDURE p(integer) FROM PUBLIC;
            GRANT EXECUTE ON PROCEDURE p(integer) TO alice, bob;
            COMMENT ON PROCEDURE p(integer) IS 'p';
            CREATE PROCEDURE q() LANGUAGE sql AS '';
            ALTER PROCEDURE q() OWNER TO bob;
            COMMENT ON PROCEDURE q IS 'q';
        """,
        after="""
            CREATE PROCEDURE p(a integer, OUT c integer) LANGUAGE plpgsql AS 'BEGIN END';
            REVOKE EXECUTE ON PROCEDURE p(integer) FROM PUBLIC;
            GRANT EXECUTE ON PROCEDURE p(integer) TO alice;
            COMMENT ON PROCEDURE p(integer) IS 'p';
            CREATE PROCEDURE q() LANGUAGE sql AS 'SELECT 1';
            ALTER PROCEDURE q() OWNER TO alice;
        """,
    ),
)
