"""Text search templates: https://www.postgresql.org/docs/current/sql-createtstemplate.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "under dictionaries and configurations, and hostile names",
        before="""
            CREATE TEXT SEARCH TEMPLATE stays (LEXIZE = dsimple_lexize, INIT = dsimple_init);
            COMMENT ON TEXT SEARCH TEMPLATE stays IS 'goes';
            CREATE TEXT SEARCH TEMPLATE "changes %s "":x" (INIT = dsimple_init, LEXIZE = dsimple_lexize);
            COMMENT ON TEXT SEARCH TEMPLATE "changes %s "":x" IS 'it''s :x';
            CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = "changes %s "":x");
            CREATE TEXT SEARCH CONFIGURATION c (PARSER = "default");
            ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH d;
            CREATE TEXT SEARCH TEMPLATE goes (LEXIZE = dsimple_lexize);
        """,
        after="""
            CREATE TEXT SEARCH TEMPLATE stays (LEXIZE = dsimple_lexize, INIT = dsimple_init);
            CREATE TEXT SEARCH TEMPLATE "changes %s "":x" (INIT = dsynonym_init, LEXIZE = dsynonym_lexize);
            COMMENT ON TEXT SEARCH TEMPLATE "changes %s "":x" IS 'it''s :x';
            CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = "changes %s "":x", SYNONYMS = synonym_sample);
            CREATE TEXT SEARCH CONFIGURATION c (PARSER = "default");
            ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH d;
            CREATE TEXT SEARCH TEMPLATE "select" (LEXIZE = dsimple_lexize);
        """,
        portable=True,
    ),
)
