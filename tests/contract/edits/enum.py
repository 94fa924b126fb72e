"""Enumerated types: https://www.postgresql.org/docs/current/sql-createtype.html."""

from tests.contract.edits import Example

VALUES = "'new', 'lost', 'it''s %s :x \\: \"q\" $$', 'ünï', 'done'"
FEWER = "'done', 'it''s %s :x \\: \"q\" $$', 'new', 'ünï'"

USED = """
    CREATE TABLE job (
      id integer PRIMARY KEY, state state DEFAULT 'new' NOT NULL, states state[] DEFAULT '{new,done}',
      note text CHECK (note <> 'lost'), CHECK (state <> 'done' OR id > 0)
    );
    CREATE UNIQUE INDEX job_state ON job (state);
    CREATE INDEX job_open ON job (id) WHERE state = 'new';
    CREATE INDEX job_any ON job USING gin (states);
    CREATE TABLE step (id integer PRIMARY KEY, of state REFERENCES job (state));
"""
AROUND = """
    CREATE VIEW open_job AS SELECT id, state FROM job WHERE state = 'new';
    COMMENT ON VIEW open_job IS 'said';
    CREATE MATERIALIZED VIEW done_job AS SELECT id, states FROM job WHERE state = 'done';
    CREATE INDEX done_job_id ON done_job (id);
    CREATE FUNCTION is_done(s state DEFAULT 'done') RETURNS boolean LANGUAGE sql RETURN s = 'done';
    CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE TRIGGER when_done AFTER UPDATE ON job FOR EACH ROW WHEN (NEW.state = 'done') EXECUTE FUNCTION nothing();
    CREATE POLICY mine ON job USING (state = 'new');
"""

EXAMPLES = (
    Example(
        "values come, anywhere",
        before="""
            CREATE TYPE stays AS ENUM ('a', 'b');
            CREATE TYPE grows AS ENUM ('b', 'd');
            CREATE TYPE goes AS ENUM ('a');
            CREATE TYPE empty AS ENUM ();
            CREATE FUNCTION f(grows) RETURNS grows LANGUAGE sql AS $$ SELECT 'b'::grows $$;
            COMMENT ON TYPE grows IS 'old';
        """,
        after="""
            CREATE TYPE stays AS ENUM ('a', 'b');
            CREATE TYPE grows AS ENUM ('a', 'b', 'c', 'd', 'e', 'f');
            CREATE TYPE comes AS ENUM ('x', 'y');
            CREATE TYPE empty AS ENUM ('no more');
            CREATE FUNCTION f(grows) RETURNS grows LANGUAGE sql AS $$ SELECT 'b'::grows $$;
            COMMENT ON TYPE grows IS 'new';
        """,
        portable=True,
    ),
    Example(
        "a value goes under everything",
        first="CREATE TYPE state AS ENUM ('new', 'lost', 'done')",
        first_after="CREATE TYPE state AS ENUM ('done', 'new')",
        tables=f"{USED} CREATE INDEX job_lost ON job (id) WHERE state = 'lost'",
        tables_after=USED,
        before=AROUND,
        after=AROUND,
        portable=True,
    ),
    Example(
        "a value goes under types, and a default has it",
        first="""
            CREATE TYPE state AS ENUM ('new', 'lost', 'done');
            CREATE DOMAIN good AS state CHECK (VALUE <> 'done');
            CREATE TYPE pair AS (a state, b integer);
            COMMENT ON DOMAIN good IS 'said';
        """,
        first_after="""
            CREATE TYPE state AS ENUM ('new', 'done');
            CREATE DOMAIN good AS state CHECK (VALUE <> 'done');
            CREATE TYPE pair AS (a state, b integer);
            COMMENT ON DOMAIN good IS 'said';
        """,
        tables="""
            CREATE TABLE t (
              id integer PRIMARY KEY, a state DEFAULT 'lost', b state[] DEFAULT '{lost}', c state DEFAULT 'lost', good good
            );
        """,
        tables_after="""
            CREATE TABLE t (
              id integer PRIMARY KEY, a state DEFAULT 'done', b state[] DEFAULT '{new}', c state, good good
            );
        """,
        before="CREATE FUNCTION f(pair) RETURNS good LANGUAGE sql RETURN ($1).a; CREATE VIEW v AS SELECT good FROM t",
        after="CREATE FUNCTION f(pair) RETURNS good LANGUAGE sql RETURN ($1).a; CREATE VIEW v AS SELECT good FROM t",
        head=(("configure", "compare_server_default=True"),),
        portable=True,
    ),
    Example(
        "hostile names and values",
        first=f"""
            CREATE TYPE "select" AS ENUM ({VALUES}, '{63 * "v"}');
            CREATE TYPE "odd "":x %s $$ type" AS ENUM ({VALUES});
            COMMENT ON TYPE "odd "":x %s $$ type" IS 'it''s %(x)s :y';
        """,
        first_after=f"""
            CREATE TYPE "select" AS ENUM ('%(a)s', {VALUES}, '\t', '{63 * "v"}');
            CREATE TYPE "odd "":x %s $$ type" AS ENUM ({FEWER});
            COMMENT ON TYPE "odd "":x %s $$ type" IS 'it''s %(x)s :y';
        """,
        tables="""
            CREATE TABLE "user" (id integer PRIMARY KEY, "order" "select", "odd column" "select"[]);
            CREATE TABLE "t " (id integer PRIMARY KEY, "a b" "select");
        """,
        before='CREATE VIEW "odd v" AS SELECT "order" FROM "user" WHERE "order" > \'lost\'',
        after='CREATE VIEW "odd v" AS SELECT "order" FROM "user" WHERE "order" > \'lost\'',
        portable=True,
    ),
)
