"""Text search configurations: https://www.postgresql.org/docs/current/sql-createtsconfig.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "mappings, parsers, owners and comments",
        head=(("roles", "writer"),),
        before="""
            CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple);
            CREATE TEXT SEARCH CONFIGURATION stays (COPY = english);
            CREATE TEXT SEARCH CONFIGURATION mapped (PARSER = "default");
            ALTER TEXT SEARCH CONFIGURATION mapped ADD MAPPING FOR asciiword, word, "int" WITH d, simple;
            CREATE TEXT SEARCH CONFIGURATION copied (COPY = mapped);
            ALTER TEXT SEARCH CONFIGURATION copied DROP MAPPING FOR "int";
            COMMENT ON TEXT SEARCH CONFIGURATION mapped IS 'changes';
            CREATE TEXT SEARCH CONFIGURATION goes (PARSER = pg_catalog.default);
            ALTER TEXT SEARCH CONFIGURATION goes OWNER TO writer;
            COMMENT ON TEXT SEARCH CONFIGURATION goes IS 'goes';
        """,
        after="""
            CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple);
            CREATE TEXT SEARCH CONFIGURATION stays (COPY = english);
            ALTER TEXT SEARCH CONFIGURATION stays ALTER MAPPING REPLACE simple WITH d;
            ALTER TEXT SEARCH CONFIGURATION stays DROP MAPPING FOR url, url_path;
            COMMENT ON TEXT SEARCH CONFIGURATION stays IS 'comes';
            ALTER TEXT SEARCH CONFIGURATION stays OWNER TO writer;
            CREATE TEXT SEARCH CONFIGURATION mapped (PARSER = "default");
            ALTER TEXT SEARCH CONFIGURATION mapped ADD MAPPING FOR word, uint WITH simple;
            ALTER TEXT SEARCH CONFIGURATION mapped ADD MAPPING FOR asciiword WITH d, simple;
            CREATE TEXT SEARCH CONFIGURATION copied (COPY = mapped);
            CREATE TEXT SEARCH CONFIGURATION "and copied" (COPY = copied);
            COMMENT ON TEXT SEARCH CONFIGURATION mapped IS 'changed';
            CREATE TEXT SEARCH CONFIGURATION comes (COPY = german);
        """,
    ),
    Example(
        "made again under an index, a view and a trigger of a table, and hostile names",
        tables="""
            CREATE TABLE t (id integer PRIMARY KEY, a text, s tsvector);
        """,
        before="""
            CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
            CREATE TEXT SEARCH CONFIGURATION "it's %s "":x" (PARSER = "default");
            ALTER TEXT SEARCH CONFIGURATION "it's %s "":x" ADD MAPPING FOR word WITH simple;
            COMMENT ON TEXT SEARCH CONFIGURATION "it's %s "":x" IS 'it''s :x';
            CREATE VIEW v AS SELECT to_tsvector('"it''s %s "":x"', a) AS s FROM t;
            CREATE MATERIALIZED VIEW m AS SELECT id, a FROM t;
            CREATE INDEX m_a ON m USING gin (to_tsvector('"it''s %s "":x"', a));
        """,
        after="""
            CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
            CREATE TEXT SEARCH CONFIGURATION "it's %s "":x" (PARSER = p);
            ALTER TEXT SEARCH CONFIGURATION "it's %s "":x" ADD MAPPING FOR word WITH english_stem;
            COMMENT ON TEXT SEARCH CONFIGURATION "it's %s "":x" IS 'it''s :y';
            CREATE VIEW v AS SELECT to_tsvector('"it''s %s "":x"', a) AS s FROM t;
            CREATE MATERIALIZED VIEW m AS SELECT id, a FROM t;
            CREATE INDEX m_a ON m USING gin (to_tsvector('"it''s %s "":x"', a));
            CREATE TEXT SEARCH CONFIGURATION "select" (COPY = simple);
        """,
        portable=True,
    ),
)
