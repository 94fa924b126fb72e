"""Subscriptions: https://www.postgresql.org/docs/current/sql-createsubscription.html."""

from tests.contract.edits import Example

WITH = "WITH (connect = false, slot_name = NONE"

EXAMPLES = (
    Example(
        "publications, options, owners, comments, and hostile names",
        before=f"""
            CREATE SUBSCRIPTION stays CONNECTION 'host=nowhere' PUBLICATION a, b {WITH}, binary);
            CREATE SUBSCRIPTION changes CONNECTION 'host=nowhere' PUBLICATION a, b {WITH}, synchronous_commit = 'local');
            COMMENT ON SUBSCRIPTION changes IS 'stays';
            CREATE SUBSCRIPTION moves CONNECTION 'host=nowhere' PUBLICATION a {WITH});
            CREATE SUBSCRIPTION slot CONNECTION 'host=nowhere' PUBLICATION a WITH (connect = false, slot_name = 'one');
            CREATE SUBSCRIPTION "it's %s "":x" CONNECTION 'host=nowhere dbname=''it is :x %s''' PUBLICATION "a "":x %s" {WITH});
            COMMENT ON SUBSCRIPTION "it's %s "":x" IS 'it''s :x';
            CREATE SUBSCRIPTION goes CONNECTION 'host=nowhere' PUBLICATION a {WITH});
        """,
        after=f"""
            CREATE SUBSCRIPTION stays CONNECTION 'host=nowhere' PUBLICATION a, b {WITH}, binary = on);
            CREATE SUBSCRIPTION changes CONNECTION 'host=nowhere' PUBLICATION c, b {WITH}, binary = true, streaming = on);
            COMMENT ON SUBSCRIPTION changes IS 'stays';
            CREATE SUBSCRIPTION moves CONNECTION 'host=elsewhere' PUBLICATION a {WITH});
            CREATE SUBSCRIPTION slot CONNECTION 'host=nowhere' PUBLICATION a WITH (connect = false, slot_name = 'two');
            CREATE SUBSCRIPTION "it's %s "":x" CONNECTION 'host=nowhere dbname=''it is :x %s''' PUBLICATION "a "":x %s", "select" {WITH});
            COMMENT ON SUBSCRIPTION "it's %s "":x" IS 'it''s :y';
            CREATE SUBSCRIPTION comes CONNECTION 'host=nowhere' PUBLICATION a {WITH});
        """,
    ),
)
