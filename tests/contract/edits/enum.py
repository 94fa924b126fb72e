"""Enumerated types: https://www.postgresql.org/docs/current/sql-createtype.html."""

from tests.contract.edits import Example

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
        "a value goes and the others change places, under all that uses the type",
        tables="",
        before="""
            CREATE TYPE state AS ENUM ('new', 'open', 'lost', 'done');
            GRANT USAGE ON TYPE state TO pg_monitor;
        """,
        after="""
            CREATE TYPE state AS ENUM ('open', 'new', 'done');
            GRANT USAGE ON TYPE state TO pg_monitor;
        """,
        unmanaged="""
            CREATE TYPE state AS ENUM ('new', 'open', 'lost', 'done');
            CREATE DOMAIN known AS state DEFAULT 'new' CHECK (VALUE <> 'lost');
            CREATE TYPE pair AS (a state, b state[]);
            CREATE TABLE job (id integer PRIMARY KEY, state state NOT NULL DEFAULT 'new', before state[] DEFAULT '{new}',
              k known DEFAULT 'done', CONSTRAINT not_lost CHECK (state <> 'lost'), UNIQUE (state, id));
            CREATE INDEX job_open ON job (id) WHERE state = 'open';
            CREATE TABLE log (state state REFERENCES one, CONSTRAINT simple CHECK (state IS NOT NULL)) PARTITION BY LIST (state);
            CREATE VIEW open_job AS SELECT id, state FROM job WHERE state = 'open';
            CREATE MATERIALIZED VIEW by_state AS SELECT state, count(*) FROM job GROUP BY state;
            CREATE FUNCTION is_done(s state) RETURNS boolean LANGUAGE sql AS $$ SELECT s = 'done' $$;
        """,
    ),
)
EXAMPLES = (EXAMPLES[0],)
