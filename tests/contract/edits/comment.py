"""Comments on parts of objects, and on what is not declared: https://www.postgresql.org/docs/current/sql-comment.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "on constraints, indexes, columns and schemas, with hostile text",
        tables="""
            CREATE TABLE item (id serial PRIMARY KEY, price integer CONSTRAINT "is %s" CHECK (price > 0));
            CREATE INDEX "by :x" ON item (price);
        """,
        unmanaged="CREATE SCHEMA app;",
        before=r"""
            CREATE DOMAIN positive AS integer CONSTRAINT stays CHECK (VALUE > 0) CONSTRAINT changes CHECK (VALUE < 9);
            CREATE DOMAIN anew AS integer CONSTRAINT "odd ""1"" x" CHECK (VALUE > 0);
            COMMENT ON CONSTRAINT stays ON DOMAIN positive IS 'as it was';
            COMMENT ON CONSTRAINT changes ON DOMAIN positive IS 'it''s %s :x';
            COMMENT ON CONSTRAINT "odd ""1"" x" ON DOMAIN anew IS 'kept';
            COMMENT ON CONSTRAINT "is %s" ON item IS 'no gifts';
            COMMENT ON CONSTRAINT item_pkey ON item IS 'its number';
            COMMENT ON INDEX "by :x" IS '$$ %(x)s';
            COMMENT ON SCHEMA app IS 'old';
        """,
        after=r"""
            CREATE DOMAIN positive AS integer CONSTRAINT stays CHECK (VALUE > 0) CONSTRAINT changes CHECK (VALUE < 10);
            CREATE DOMAIN anew AS bigint CONSTRAINT "odd ""1"" x" CHECK (VALUE > 0);
            COMMENT ON CONSTRAINT stays ON DOMAIN positive IS 'as it is';
            COMMENT ON CONSTRAINT changes ON DOMAIN positive IS 'it''s %s :x';
            COMMENT ON CONSTRAINT "odd ""1"" x" ON DOMAIN anew IS 'kept';
            COMMENT ON CONSTRAINT "is %s" ON item IS E'no\ngifts';
            COMMENT ON SEQUENCE item_id_seq IS 'numbers';
            COMMENT ON SCHEMA public IS 'new';
        """,
    ),
)
