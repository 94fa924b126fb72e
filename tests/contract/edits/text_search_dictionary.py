"""Text search dictionaries: https://www.postgresql.org/docs/current/sql-createtsdictionary.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "options, templates, owners and comments",
        head=(("roles", "writer"),),
        before="""
            CREATE TEXT SEARCH DICTIONARY stays (TEMPLATE = snowball, LANGUAGE = english, STOPWORDS = english);
            CREATE TEXT SEARCH DICTIONARY options (TEMPLATE = snowball, LANGUAGE = english, STOPWORDS = english);
            CREATE TEXT SEARCH DICTIONARY turned (TEMPLATE = simple, STOPWORDS = english, ACCEPT = false);
            CREATE TEXT SEARCH DICTIONARY template (TEMPLATE = simple);
            COMMENT ON TEXT SEARCH DICTIONARY template IS 'stays';
            ALTER TEXT SEARCH DICTIONARY template OWNER TO writer;
            CREATE TEXT SEARCH DICTIONARY goes (TEMPLATE = ispell, DICTFILE = ispell_sample, AFFFILE = ispell_sample);
            CREATE TEXT SEARCH CONFIGURATION c (COPY = pg_catalog.simple);
            ALTER TEXT SEARCH CONFIGURATION c ALTER MAPPING FOR word, hword WITH options, template, stays;
        """,
        after="""
            CREATE TEXT SEARCH DICTIONARY stays (TEMPLATE = snowball, LANGUAGE = english, STOPWORDS = english);
            COMMENT ON TEXT SEARCH DICTIONARY stays IS 'comes';
            ALTER TEXT SEARCH DICTIONARY stays OWNER TO writer;
            CREATE TEXT SEARCH DICTIONARY options (TEMPLATE = snowball, LANGUAGE = german);
            CREATE TEXT SEARCH DICTIONARY turned (TEMPLATE = simple, ACCEPT = false, STOPWORDS = english);
            CREATE TEXT SEARCH DICTIONARY template (TEMPLATE = snowball, LANGUAGE = french);
            COMMENT ON TEXT SEARCH DICTIONARY template IS 'stays';
            ALTER TEXT SEARCH DICTIONARY template OWNER TO writer;
            CREATE TEXT SEARCH DICTIONARY comes (TEMPLATE = synonym, SYNONYMS = synonym_sample, CASESENSITIVE = 1);
            ALTER TEXT SEARCH DICTIONARY comes (CASESENSITIVE);
            CREATE TEXT SEARCH CONFIGURATION c (COPY = pg_catalog.simple);
            ALTER TEXT SEARCH CONFIGURATION c ALTER MAPPING FOR word, hword WITH options, template, stays;
        """,
    ),
    Example(
        "used by an index of a table, and hostile names",
        tables="CREATE TABLE t (a text);",
        before="""
            CREATE TEXT SEARCH DICTIONARY "it's %s "":x" (TEMPLATE = simple, "stopwords" = 'english');
            COMMENT ON TEXT SEARCH DICTIONARY "it's %s "":x" IS 'it''s :x';
            CREATE FUNCTION f(text) RETURNS text[] IMMUTABLE LANGUAGE sql RETURN ts_lexize('"it''s %s "":x"', $1);
            CREATE VIEW v AS SELECT f(a), ts_lexize('"it''s %s "":x"', a) FROM t;
        """,
        after="""
            CREATE TEXT SEARCH DICTIONARY "it's %s "":x" (TEMPLATE = snowball, LANGUAGE = english);
            COMMENT ON TEXT SEARCH DICTIONARY "it's %s "":x" IS 'it''s :x';
            CREATE FUNCTION f(text) RETURNS text[] IMMUTABLE LANGUAGE sql RETURN ts_lexize('"it''s %s "":x"', $1);
            CREATE VIEW v AS SELECT f(a), ts_lexize('"it''s %s "":x"', a) FROM t;
            CREATE TEXT SEARCH DICTIONARY "user" (TEMPLATE = simple);
        """,
        portable=True,
    ),
)
