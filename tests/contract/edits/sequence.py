"""Sequences: https://www.postgresql.org/docs/current/sql-createsequence.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "every option",
        before="""
            CREATE SEQUENCE stays AS smallint INCREMENT BY -2 MINVALUE -100 MAXVALUE 10 START 5 CACHE 3 CYCLE;
            CREATE SEQUENCE goes;
            CREATE SEQUENCE wider AS integer START 7;
            CREATE SEQUENCE narrower AS bigint CYCLE;
            CREATE SEQUENCE turns INCREMENT 1 CACHE 5;
            CREATE SEQUENCE moves MINVALUE 1 MAXVALUE 10;
            CREATE SEQUENCE reaches AS integer;
            CREATE SEQUENCE descends INCREMENT -1 MAXVALUE -1 MINVALUE -100 START -1;
            CREATE SEQUENCE later START 100 INCREMENT 5;
            COMMENT ON SEQUENCE stays IS 'old';
            GRANT USAGE, SELECT ON SEQUENCE stays TO PUBLIC;
        """,
        after="""
            CREATE SEQUENCE stays AS smallint INCREMENT BY -2 MINVALUE -100 MAXVALUE 10 START 5 CACHE 3 CYCLE;
            CREATE SEQUENCE comes AS integer INCREMENT 3 NO MINVALUE MAXVALUE 1000 START WITH 30 CACHE 4 NO CYCLE OWNED BY NONE;
            CREATE SEQUENCE wider START 9;
            CREATE SEQUENCE narrower AS smallint MAXVALUE 99 CACHE 7;
            CREATE SEQUENCE turns INCREMENT -1;
            CREATE SEQUENCE moves MINVALUE 11 MAXVALUE 20 CYCLE;
            CREATE SEQUENCE reaches MAXVALUE 2147483647;
            CREATE SEQUENCE descends AS integer INCREMENT 2;
            CREATE SEQUENCE later START 9 MAXVALUE 50;
            COMMENT ON SEQUENCE stays IS 'new';
            COMMENT ON SEQUENCE comes IS 'new';
            GRANT USAGE ON SEQUENCE stays TO PUBLIC;
            GRANT SELECT ON SEQUENCE comes TO PUBLIC;
        """,
        portable=True,
    ),
    Example(
        "columns own them, and defaults call them; hostile names",
        first="""
            CREATE SEQUENCE "ticket's ""no"" :x %s" START 100;
            CREATE SEQUENCE changes;
        """,
        first_after="""
            CREATE SEQUENCE "ticket's ""no"" :x %s" START 100 INCREMENT 10;
            CREATE SEQUENCE changes AS integer;
            CREATE SEQUENCE comes;
        """,
        tables="""
            CREATE TABLE t (id serial PRIMARY KEY, "select" bigint, b bigint DEFAULT nextval('changes'));
        """,
        tables_after="""
            CREATE TABLE t (id serial PRIMARY KEY, "select" bigint, b bigint DEFAULT nextval('changes'));
            CREATE TABLE u (id bigint PRIMARY KEY, c bigint DEFAULT nextval('comes'));
        """,
        before="""
            CREATE SEQUENCE of_b OWNED BY t.b;
            CREATE SEQUENCE moves OWNED BY t.b;
            CREATE SEQUENCE free;
        """,
        after="""
            CREATE SEQUENCE of_b;
            CREATE SEQUENCE moves OWNED BY t."select";
            CREATE SEQUENCE free INCREMENT 2;
            ALTER SEQUENCE free OWNED BY u.c;
            ALTER SEQUENCE "ticket's ""no"" :x %s" OWNED BY t."select";
            ALTER SEQUENCE comes OWNED BY u.c;
            COMMENT ON SEQUENCE comes IS 'it''s :x %s';
        """,
    ),
    Example(
        "unlogged ones",
        before="CREATE SEQUENCE a; CREATE UNLOGGED SEQUENCE b INCREMENT 2;",
        after="CREATE UNLOGGED SEQUENCE a INCREMENT 3; CREATE SEQUENCE b INCREMENT 2;",
        since=15,
        portable=True,
    ),
)
