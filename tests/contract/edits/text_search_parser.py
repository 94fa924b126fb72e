"""Text search parsers: https://www.postgresql.org/docs/current/sql-createtsparser.html."""

from tests.contract.edits import Example

DEFAULT = "START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype"

EXAMPLES = (
    Example(
        "under configurations, and hostile names",
        before=f"""
            CREATE TEXT SEARCH PARSER "it's %s "":x" ({DEFAULT});
            COMMENT ON TEXT SEARCH PARSER "it's %s "":x" IS 'it''s :x';
            CREATE TEXT SEARCH CONFIGURATION c (PARSER = "it's %s "":x");
            ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH simple;
            COMMENT ON TEXT SEARCH CONFIGURATION c IS 'stays';
            CREATE TEXT SEARCH PARSER goes ({DEFAULT}, HEADLINE = prsd_headline);
        """,
        after=f"""
            CREATE TEXT SEARCH PARSER "it's %s "":x" ({DEFAULT}, HEADLINE = prsd_headline);
            COMMENT ON TEXT SEARCH PARSER "it's %s "":x" IS 'it''s :y';
            CREATE TEXT SEARCH CONFIGURATION c (PARSER = "it's %s "":x");
            ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH simple;
            COMMENT ON TEXT SEARCH CONFIGURATION c IS 'stays';
            CREATE TEXT SEARCH PARSER "end" ({DEFAULT});
        """,
        portable=True,
    ),
)
