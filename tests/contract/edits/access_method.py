"""Access methods: https://www.postgresql.org/docs/current/sql-create-access-method.html."""

from tests.contract.edits import Example

HANDLER = "CREATE FUNCTION handle(internal) RETURNS index_am_handler LANGUAGE internal AS 'bthandler';"
MEMBERS = (
    "OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer)"
)

EXAMPLES = (
    Example(
        "plain",
        tables="CREATE TABLE t (id integer PRIMARY KEY);",
        before=f"""
            {HANDLER}
            CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
            CREATE ACCESS METHOD goes TYPE TABLE HANDLER heap_tableam_handler;
            CREATE ACCESS METHOD tree TYPE INDEX HANDLER handle;
            CREATE OPERATOR CLASS tree_ops FOR TYPE integer USING tree AS {MEMBERS};
            CREATE MATERIALIZED VIEW m USING heap2 AS SELECT id FROM t;
            COMMENT ON ACCESS METHOD tree IS 'one';
        """,
        after=f"""
            {HANDLER}
            CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
            CREATE ACCESS METHOD comes TYPE INDEX HANDLER bthandler;
            CREATE ACCESS METHOD tree TYPE INDEX HANDLER bthandler;
            CREATE OPERATOR CLASS tree_ops FOR TYPE integer USING tree AS {MEMBERS};
            CREATE MATERIALIZED VIEW m USING heap2 AS SELECT id + 1 AS id FROM t;
            COMMENT ON ACCESS METHOD tree IS 'two';
            COMMENT ON ACCESS METHOD heap2 IS 'new';
        """,
        portable=True,
    ),
    Example(
        "hostile names",
        before="""
            CREATE ACCESS METHOD "odd "":x %s name" TYPE TABLE HANDLER heap_tableam_handler;
            COMMENT ON ACCESS METHOD "odd "":x %s name" IS 'it''s %(x)s :y';
        """,
        after="""
            CREATE ACCESS METHOD "odd "":x %s name" TYPE INDEX HANDLER bthandler;
            COMMENT ON ACCESS METHOD "odd "":x %s name" IS 'it''s %(x)s :y';
        """,
        portable=True,
    ),
)
