"""Publications: https://www.postgresql.org/docs/current/sql-createpublication.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "tables, actions, owners, comments, and hostile names",
        head=(("roles", "writer"),),
        tables="""
            CREATE TABLE a (id integer PRIMARY KEY);
            CREATE TABLE b (id integer PRIMARY KEY);
            CREATE TABLE "it's %s "":x" (id integer PRIMARY KEY);
            CREATE TABLE goes (id integer PRIMARY KEY);
        """,
        tables_after="""
            CREATE TABLE a (id integer PRIMARY KEY);
            CREATE TABLE b (id bigint PRIMARY KEY);
            CREATE TABLE "it's %s "":x" (id integer PRIMARY KEY);
            CREATE TABLE comes (id integer PRIMARY KEY);
        """,
        before="""
            CREATE PUBLICATION stays FOR TABLE a, b WITH (publish = 'update, insert', publish_via_partition_root);
            CREATE PUBLICATION changes FOR TABLE a, b, goes WITH (publish = 'insert');
            COMMENT ON PUBLICATION changes IS 'changes';
            ALTER PUBLICATION changes OWNER TO writer;
            CREATE PUBLICATION emptied FOR TABLE a;
            CREATE PUBLICATION filled WITH (publish_via_partition_root = true);
            CREATE PUBLICATION whole FOR ALL TABLES;
            COMMENT ON PUBLICATION whole IS 'stays';
            CREATE PUBLICATION "it's %s "":x" FOR TABLE "it's %s "":x";
            COMMENT ON PUBLICATION "it's %s "":x" IS 'it''s :x';
            CREATE PUBLICATION goes FOR TABLE goes;
        """,
        after="""
            CREATE PUBLICATION stays FOR TABLE b, a WITH (publish = 'insert, update', publish_via_partition_root);
            COMMENT ON PUBLICATION stays IS 'comes';
            CREATE PUBLICATION changes FOR TABLE b, ONLY comes WITH (publish_via_partition_root = true);
            COMMENT ON PUBLICATION changes IS 'changed';
            CREATE PUBLICATION emptied;
            CREATE PUBLICATION filled WITH (publish = 'delete, truncate');
            ALTER PUBLICATION filled ADD TABLE comes;
            CREATE PUBLICATION whole FOR TABLE a;
            COMMENT ON PUBLICATION whole IS 'stays';
            CREATE PUBLICATION "it's %s "":x" FOR TABLE "it's %s "":x", a;
            COMMENT ON PUBLICATION "it's %s "":x" IS 'it''s :y';
            CREATE PUBLICATION "select" WITH (publish = '');
        """,
    ),
    Example(
        "columns, filters and schemas",
        since=15,
        unmanaged='CREATE SCHEMA one; CREATE SCHEMA "Two :x";',
        tables="""
            CREATE TABLE a (id integer PRIMARY KEY, "b ""c" text, c varchar(3), d integer);
            CREATE TABLE b (id integer PRIMARY KEY, c text);
        """,
        tables_after="""
            CREATE TABLE a (id integer PRIMARY KEY, "b ""c" text, c varchar(5), d bigint);
            CREATE TABLE b (id integer PRIMARY KEY);
        """,
        before="""
            CREATE PUBLICATION stays FOR TABLE a WHERE ("b ""c" IN ('x', 'y:x'));
            CREATE PUBLICATION changes FOR TABLE a (id, "b ""c") WHERE (id > 1), b (c, id);
            CREATE PUBLICATION retyped FOR TABLE a WHERE (d > 1);
            COMMENT ON PUBLICATION retyped IS 'stays';
            CREATE PUBLICATION schemas FOR TABLES IN SCHEMA one, "Two :x";
        """,
        after="""
            CREATE PUBLICATION stays FOR TABLE a WHERE ("b ""c" IN ('x', 'y:x'));
            CREATE PUBLICATION changes FOR TABLE a ("b ""c", id, d) WHERE (id > 2 AND "b ""c" <> '%s :x'), b;
            CREATE PUBLICATION retyped FOR TABLE a WHERE (d > 1);
            COMMENT ON PUBLICATION retyped IS 'stays';
            CREATE PUBLICATION schemas FOR TABLES IN SCHEMA one, TABLE b;
        """,
    ),
    Example(
        "generated columns",
        since=18,
        tables="CREATE TABLE a (id integer PRIMARY KEY, b integer GENERATED ALWAYS AS (id + 1) STORED);",
        before="""
            CREATE PUBLICATION one FOR TABLE a WITH (publish_generated_columns = stored);
            CREATE PUBLICATION two FOR TABLE a;
            CREATE PUBLICATION three FOR TABLE a WITH (publish_generated_columns = stored, publish = 'insert');
        """,
        after="""
            CREATE PUBLICATION one FOR TABLE a WITH (publish_generated_columns = none);
            CREATE PUBLICATION two FOR TABLE a (id, b) WITH (publish_generated_columns = stored);
            CREATE PUBLICATION three FOR TABLE a WITH (publish = 'insert', publish_generated_columns = stored);
        """,
    ),
)
