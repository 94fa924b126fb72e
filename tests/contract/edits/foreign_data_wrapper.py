"""Foreign-data wrappers: https://www.postgresql.org/docs/current/sql-createforeigndatawrapper.html."""

from tests.contract.edits import Example

FUNCTION = "CREATE FUNCTION check_it(text[], oid) RETURNS void LANGUAGE plpgsql AS 'BEGIN END';"

EXAMPLES = (
    Example(
        "validators, options, grants and comments",
        head=(("roles", "reader, writer"),),
        before=f"""
            {FUNCTION}
            CREATE FOREIGN DATA WRAPPER stays OPTIONS (a 'b', "a B" 'c''d');
            CREATE FOREIGN DATA WRAPPER changes VALIDATOR postgresql_fdw_validator;
            COMMENT ON FOREIGN DATA WRAPPER changes IS 'goes';
            GRANT USAGE ON FOREIGN DATA WRAPPER changes TO reader;
            CREATE SERVER there FOREIGN DATA WRAPPER changes OPTIONS (host 'a');
            CREATE FOREIGN DATA WRAPPER bare VALIDATOR check_it;
            CREATE FOREIGN DATA WRAPPER goes;
        """,
        after=f"""
            {FUNCTION}
            CREATE FOREIGN DATA WRAPPER stays OPTIONS ("a B" 'c''d', a 'b');
            COMMENT ON FOREIGN DATA WRAPPER stays IS 'comes';
            CREATE FOREIGN DATA WRAPPER changes VALIDATOR check_it OPTIONS (hostaddr '1.2.3.4', port '2');
            GRANT USAGE ON FOREIGN DATA WRAPPER changes TO writer WITH GRANT OPTION;
            CREATE SERVER there FOREIGN DATA WRAPPER changes OPTIONS (host 'a');
            CREATE FOREIGN DATA WRAPPER bare NO VALIDATOR OPTIONS (password_required 'false');
            CREATE FOREIGN DATA WRAPPER comes VALIDATOR check_it;
        """,
    ),
    Example(
        "a validator that cannot be replaced, and hostile names",
        before="""
            CREATE FUNCTION "check it"(options text[], oid) RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
            CREATE FOREIGN DATA WRAPPER "it's %s "":x" VALIDATOR "check it" OPTIONS (":x" '%s :x');
            COMMENT ON FOREIGN DATA WRAPPER "it's %s "":x" IS 'it''s :x';
            CREATE SERVER "select" FOREIGN DATA WRAPPER "it's %s "":x";
        """,
        after="""
            CREATE FUNCTION "check it"(given text[], oid) RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
            CREATE FOREIGN DATA WRAPPER "it's %s "":x" VALIDATOR "check it" OPTIONS (":x" '%s :y');
            COMMENT ON FOREIGN DATA WRAPPER "it's %s "":x" IS 'it''s :y';
            CREATE SERVER "select" FOREIGN DATA WRAPPER "it's %s "":x";
        """,
    ),
)
