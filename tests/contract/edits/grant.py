"""Grants on whatever may be granted: https://www.postgresql.org/docs/current/sql-grant.html."""

from tests.contract.edits import Example

TABLES = """
    CREATE TABLE item (id serial PRIMARY KEY, name text, price numeric, seen bigint GENERATED ALWAYS AS IDENTITY);
    CREATE TABLE apart (id serial PRIMARY KEY);
    CREATE TABLE plain (a integer);
    CREATE TABLE other (a integer);
"""
AROUND = """
    CREATE SCHEMA app;
    CREATE SEQUENCE app.s;
    CREATE TYPE app.mood AS ENUM ('sad', 'happy');
    CREATE TYPE app.pair AS (a integer, b integer);
    CREATE TYPE app.span AS RANGE (SUBTYPE = integer);
    CREATE DOMAIN app.positive AS integer CHECK (VALUE > 0);
    CREATE FUNCTION app.f(integer, text) RETURNS integer LANGUAGE sql AS 'SELECT 1';
    CREATE PROCEDURE app.p() LANGUAGE sql AS '';
    CREATE AGGREGATE app.total(integer) (SFUNC = int4pl, STYPE = integer);
    CREATE FOREIGN DATA WRAPPER far;
    CREATE SERVER away FOREIGN DATA WRAPPER far;
    CREATE FOREIGN TABLE app.distant (a integer) SERVER away;
"""

EXAMPLES = (
    Example(
        "tables, columns and sequences of the models",
        tables=TABLES,
        head=(("roles", "alice, bob"),),
        before="""
            GRANT SELECT, INSERT ON item TO alice;
            GRANT SELECT (id, name), UPDATE (price) ON item TO bob;
            GRANT USAGE ON SEQUENCE item_id_seq TO alice;
            GRANT SELECT ON SEQUENCE item_seen_seq TO alice;
            COMMENT ON SEQUENCE item_seen_seq IS 'one';
            GRANT SELECT ON plain TO PUBLIC;
            GRANT ALL ON other TO bob WITH GRANT OPTION;
        """,
        after="""
            GRANT SELECT, DELETE ON item TO alice WITH GRANT OPTION;
            GRANT SELECT (id), UPDATE (price, name) ON TABLE item TO bob;
            GRANT SELECT ON SEQUENCE item_id_seq TO alice;
            GRANT USAGE ON SEQUENCE item_seen_seq TO bob;
            COMMENT ON SEQUENCE item_seen_seq IS 'two';
            GRANT USAGE ON SEQUENCE item_id_seq, apart_id_seq TO bob;
            GRANT ALL PRIVILEGES ON other TO bob;
        """,
    ),
    Example(
        "every other class of objects",
        unmanaged=AROUND,
        head=(("roles", "alice, bob"),),
        before="""
            GRANT USAGE ON SCHEMA app TO alice;
            GRANT USAGE ON SEQUENCE app.s TO alice;
            REVOKE ALL ON TYPE app.mood, app.pair FROM PUBLIC;
            GRANT USAGE ON TYPE app.mood TO alice;
            GRANT USAGE ON DOMAIN app.positive TO alice WITH GRANT OPTION;
            REVOKE EXECUTE ON FUNCTION app.f(integer, text) FROM PUBLIC;
            GRANT EXECUTE ON ROUTINE app.f TO alice;
            GRANT EXECUTE ON PROCEDURE app.p() TO alice;
            GRANT USAGE ON FOREIGN DATA WRAPPER far TO alice;
            GRANT USAGE ON FOREIGN SERVER away TO alice;
            GRANT SELECT ON app.distant TO alice;
        """,
        after="""
            GRANT USAGE, CREATE ON SCHEMA app TO alice, bob;
            REVOKE CREATE ON SCHEMA public FROM PUBLIC;
            GRANT CREATE ON SCHEMA public TO bob;
            GRANT SELECT, UPDATE ON SEQUENCE app.s TO alice;
            GRANT USAGE ON TYPE app.mood TO bob WITH GRANT OPTION;
            GRANT USAGE ON TYPE app.span TO alice;
            REVOKE USAGE ON DOMAIN app.positive FROM PUBLIC;
            REVOKE EXECUTE ON FUNCTION app.f(integer, text) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION app.total(integer), app.f(integer, text) TO bob;
            GRANT EXECUTE ON PROCEDURE app.p() TO bob WITH GRANT OPTION;
            GRANT USAGE ON FOREIGN DATA WRAPPER far TO bob;
            GRANT USAGE ON FOREIGN SERVER away TO alice WITH GRANT OPTION;
            GRANT SELECT (a), UPDATE ON TABLE app.distant TO alice;
        """,
    ),
    Example(
        "CURRENT_USER, and what a new owner takes over",
        tables=TABLES,
        unmanaged="CREATE SCHEMA app;",
        head=(("roles", "alice, bob"),),
        before="""
            GRANT SELECT ON item TO CURRENT_USER WITH GRANT OPTION;
            REVOKE TRUNCATE, DELETE ON plain FROM CURRENT_USER;
            GRANT USAGE ON SCHEMA app TO alice;
            CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
            GRANT EXECUTE ON FUNCTION f() TO SESSION_USER;
        """,
        after="""
            REVOKE INSERT ON item FROM CURRENT_USER;
            REVOKE DELETE ON plain FROM CURRENT_ROLE;
            ALTER SCHEMA app OWNER TO alice;
            CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
            REVOKE EXECUTE ON FUNCTION f() FROM SESSION_USER;
        """,
    ),
    Example(
        "hostile names",
        tables='CREATE TABLE "T %s :x" ("select" integer PRIMARY KEY, "a.b c" text);',
        head=(("roles", "select, on"),),
        before="""
            GRANT SELECT ("select", "a.b c") ON "T %s :x" TO "select";
        """,
        after="""
            GRANT SELECT ("select"), UPDATE ("a.b c") ON "T %s :x" TO "select", "on" WITH GRANT OPTION;
        """,
    ),
)
