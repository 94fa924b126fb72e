"""Foreign tables: https://www.postgresql.org/docs/current/sql-createforeigntable.html."""

from tests.contract.edits import Example

AROUND = """
    CREATE FOREIGN DATA WRAPPER w;
    CREATE SERVER s FOREIGN DATA WRAPPER w;
"""

EXAMPLES = (
    Example(
        "columns, options, defaults, checks, grants, owners and comments",
        head=(("roles", "reader, writer"),),
        before=f"""
            {AROUND}
            CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
            CREATE FOREIGN TABLE stays (a integer OPTIONS (x 'y') NOT NULL DEFAULT f(), b text COLLATE "C" CHECK (b <> ''),
              c integer GENERATED ALWAYS AS (a + 1) STORED) SERVER s OPTIONS (a 'b');
            CREATE FOREIGN TABLE changes (a integer OPTIONS (x 'y', z '1'), b text DEFAULT 'x' NOT NULL, c varchar(3),
              CONSTRAINT one CHECK (a > 0), CONSTRAINT two CHECK (b > '') NO INHERIT) SERVER s OPTIONS (a 'b', c 'd');
            GRANT SELECT (a), INSERT ON changes TO reader;
            COMMENT ON FOREIGN TABLE changes IS 'goes';
            COMMENT ON COLUMN changes.a IS 'changes';
            ALTER FOREIGN TABLE changes OWNER TO writer;
            CREATE FOREIGN TABLE under (a integer, b text) SERVER s;
            CREATE VIEW v AS SELECT a FROM under;
            CREATE FOREIGN TABLE ordered (a integer, b text) SERVER s;
            COMMENT ON FOREIGN TABLE ordered IS 'stays';
            GRANT SELECT ON ordered TO reader;
            CREATE FOREIGN TABLE goes (a integer) SERVER s;
        """,
        after=f"""
            {AROUND}
            CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
            CREATE FOREIGN TABLE stays (a integer OPTIONS (x 'y') NOT NULL DEFAULT f(), b text COLLATE "C" CHECK (b <> ''),
              c integer GENERATED ALWAYS AS (a + 1) STORED) SERVER s OPTIONS (a 'b');
            ALTER FOREIGN TABLE stays ALTER COLUMN b SET STATISTICS 7;
            CREATE FOREIGN TABLE changes (b text, c varchar(4) OPTIONS (x 'z') DEFAULT 'y' NOT NULL, d integer,
              CONSTRAINT two CHECK (b > 'a') NO INHERIT, CONSTRAINT three CHECK (d > 0)) SERVER s OPTIONS (a 'c', e 'f');
            GRANT SELECT (b), DELETE ON changes TO reader;
            COMMENT ON COLUMN changes.b IS 'comes';
            CREATE FOREIGN TABLE under (a bigint, b text) SERVER s;
            CREATE VIEW v AS SELECT a FROM under;
            CREATE FOREIGN TABLE ordered (b text, a integer) SERVER s;
            COMMENT ON FOREIGN TABLE ordered IS 'stays';
            GRANT SELECT ON ordered TO reader;
            CREATE FOREIGN TABLE comes () SERVER s;
        """,
    ),
    Example(
        "partitions, inheritance, triggers, and hostile names",
        unmanaged="""
            CREATE TABLE p (a integer NOT NULL, b text CHECK (b <> '')) PARTITION BY RANGE (a);
            CREATE TABLE parent (a integer, b text DEFAULT 'x');
        """,
        before=f"""
            {AROUND}
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE FOREIGN TABLE p1 PARTITION OF p (b NOT NULL) FOR VALUES FROM (1) TO (9) SERVER s OPTIONS (a 'b');
            CREATE FOREIGN TABLE p2 PARTITION OF p DEFAULT SERVER s;
            CREATE FOREIGN TABLE child (c integer) INHERITS (parent) SERVER s;
            CREATE FOREIGN TABLE "it's %s "":x" ("select" text OPTIONS (":x" '%s') DEFAULT ':x %s' CHECK ("select" <> ''))
              SERVER s OPTIONS (":x" '%s :x');
            COMMENT ON FOREIGN TABLE "it's %s "":x" IS 'it''s :x';
            CREATE TRIGGER t BEFORE INSERT ON "it's %s "":x" FOR EACH ROW EXECUTE FUNCTION f();
        """,
        after=f"""
            {AROUND}
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE FOREIGN TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10) SERVER s OPTIONS (a 'c');
            CREATE FOREIGN TABLE p3 PARTITION OF p FOR VALUES FROM (10) TO (20) SERVER s;
            CREATE FOREIGN TABLE child (c integer, d text) INHERITS (parent) SERVER s OPTIONS (a 'b');
            CREATE FOREIGN TABLE "it's %s "":x" ("select" text OPTIONS (":x" ':y') DEFAULT ':y %s' CHECK ("select" <> ':y'))
              SERVER s OPTIONS (":x" '%s :y');
            COMMENT ON FOREIGN TABLE "it's %s "":x" IS 'it''s :y';
            CREATE TRIGGER t BEFORE INSERT ON "it's %s "":x" FOR EACH ROW EXECUTE FUNCTION f();
        """,
    ),
)
