"""Foreign servers: https://www.postgresql.org/docs/current/sql-createserver.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "options, versions, grants, owners and comments, and one made again under hostile names",
        head=(("roles", "reader, writer"),),
        before="""
            CREATE FOREIGN DATA WRAPPER w;
            CREATE SERVER stays TYPE 'a' VERSION 'b' FOREIGN DATA WRAPPER w OPTIONS (host 'a', port '1');
            CREATE SERVER changes TYPE 'a' VERSION 'b' FOREIGN DATA WRAPPER w OPTIONS (host 'a', port '1', z '');
            COMMENT ON SERVER changes IS 'goes';
            ALTER SERVER changes OWNER TO writer;
            GRANT USAGE ON FOREIGN SERVER changes TO reader;
            CREATE SERVER "it's %s "":x" TYPE 'a' FOREIGN DATA WRAPPER w OPTIONS (":x" '%s :x');
            COMMENT ON SERVER "it's %s "":x" IS 'it''s :x';
            GRANT USAGE ON FOREIGN SERVER "it's %s "":x" TO reader;
            CREATE USER MAPPING FOR PUBLIC SERVER "it's %s "":x" OPTIONS ("user" 'a');
            CREATE FOREIGN TABLE far (a integer) SERVER "it's %s "":x" OPTIONS (b 'c');
            GRANT SELECT ON far TO reader;
            CREATE VIEW v AS SELECT a FROM far;
            CREATE SERVER goes FOREIGN DATA WRAPPER w;
        """,
        after="""
            CREATE FOREIGN DATA WRAPPER w;
            CREATE SERVER stays TYPE 'a' VERSION 'b' FOREIGN DATA WRAPPER w OPTIONS (port '1', host 'a');
            COMMENT ON SERVER stays IS 'comes';
            GRANT USAGE ON FOREIGN SERVER stays TO reader, writer;
            CREATE SERVER changes TYPE 'a' FOREIGN DATA WRAPPER w OPTIONS (a 'b', host 'c', port '1');
            CREATE SERVER "it's %s "":x" TYPE 'b' FOREIGN DATA WRAPPER w OPTIONS (":x" '%s :x');
            COMMENT ON SERVER "it's %s "":x" IS 'it''s :x';
            GRANT USAGE ON FOREIGN SERVER "it's %s "":x" TO reader;
            CREATE USER MAPPING FOR PUBLIC SERVER "it's %s "":x" OPTIONS ("user" 'a');
            CREATE FOREIGN TABLE far (a integer) SERVER "it's %s "":x" OPTIONS (b 'c');
            GRANT SELECT ON far TO reader;
            CREATE VIEW v AS SELECT a FROM far;
            CREATE SERVER comes VERSION '' FOREIGN DATA WRAPPER w;
        """,
    ),
)
