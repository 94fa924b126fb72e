"""Views: https://www.postgresql.org/docs/current/sql-createview.html."""

from tests.contract.edits import Example

TABLE = "CREATE TABLE t (a integer PRIMARY KEY, b text, c varchar(10));"

EXAMPLES = (
    Example(
        "plain",
        tables=TABLE,
        before="""
            CREATE VIEW stays AS SELECT a FROM t;
            CREATE VIEW appends AS SELECT a FROM t;
            CREATE VIEW loses AS SELECT a, b FROM t;
            CREATE VIEW goes AS SELECT 1 AS one;
        """,
        after="""
            CREATE VIEW stays AS SELECT a FROM t;
            CREATE VIEW appends AS SELECT a, b FROM t;
            CREATE VIEW loses AS SELECT b FROM t;
            CREATE VIEW comes AS SELECT appends.a FROM appends JOIN loses USING (b);
        """,
        portable=True,
    ),
    Example(
        "column lists and shapes of queries",
        tables=TABLE,
        before="""
            CREATE VIEW listed (x, "Y y") AS SELECT a, b FROM t AS u (a, b, z);
            CREATE VIEW joined AS SELECT one.a, two.b FROM t one LEFT JOIN t two USING (a) WHERE one.a IN (SELECT a FROM t);
            CREATE VIEW united AS SELECT a FROM t UNION ALL SELECT a + 1 FROM t ORDER BY 1 LIMIT 5;
            CREATE VIEW grouped AS SELECT b, count(*) FILTER (WHERE a > 1) AS n, sum(a) OVER w AS s FROM t GROUP BY b, a WINDOW w AS (PARTITION BY b);
            CREATE VIEW withs AS WITH x AS MATERIALIZED (SELECT a FROM t) SELECT * FROM x, LATERAL (SELECT x.a * 2 AS d) y;
            CREATE VIEW valued AS SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v (n, s) WHERE s IN ('a', 'b');
            CREATE VIEW in_list AS SELECT a FROM t WHERE c IN ('a', 'b');
        """,
        after="""
            CREATE VIEW listed (x, "Y y", z) AS SELECT a, b, z FROM t AS u (a, b, z);
            CREATE VIEW joined AS SELECT one.a, two.b FROM t one FULL JOIN t two USING (a) WHERE one.a IN (SELECT a FROM t);
            CREATE VIEW united AS SELECT a FROM t UNION SELECT a + 1 FROM t ORDER BY 1 LIMIT 6;
            CREATE VIEW grouped AS SELECT b, count(*) FILTER (WHERE a > 2) AS n, sum(a) OVER w AS s FROM t GROUP BY b, a WINDOW w AS (PARTITION BY b);
            CREATE VIEW withs AS WITH x AS NOT MATERIALIZED (SELECT a FROM t) SELECT * FROM x, LATERAL (SELECT x.a * 3 AS d) y;
            CREATE VIEW valued AS SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, 'c')) v (n, s) WHERE s IN ('a', 'b');
            CREATE VIEW in_list AS SELECT a FROM t WHERE c IN ('a', 'b', 'c');
        """,
        portable=True,
    ),
    Example(
        "options",
        tables=TABLE,
        before="""
            CREATE VIEW barrier WITH (security_barrier) AS SELECT a FROM t;
            CREATE VIEW plain AS SELECT a FROM t;
            CREATE VIEW checked AS SELECT a FROM t WHERE a > 0 WITH LOCAL CHECK OPTION;
            CREATE VIEW option WITH (check_option = 'cascaded', security_barrier = true) AS SELECT a FROM t WHERE a > 0;
            CREATE VIEW altered AS SELECT a FROM t;
            ALTER VIEW altered SET (security_barrier);
        """,
        after="""
            CREATE VIEW barrier AS SELECT a FROM t;
            CREATE VIEW plain WITH (security_barrier = on) AS SELECT a FROM t;
            CREATE VIEW checked AS SELECT a FROM t WHERE a > 0 WITH CHECK OPTION;
            CREATE VIEW option WITH (security_barrier = false) AS SELECT a FROM t WHERE a > 0;
            CREATE VIEW altered AS SELECT a FROM t;
        """,
        portable=True,
    ),
    Example(
        "security invoker",
        tables=TABLE,
        since=15,
        before="""
            CREATE VIEW loses WITH (security_invoker) AS SELECT a FROM t;
            CREATE VIEW gains AS SELECT a FROM t;
            CREATE VIEW keeps WITH (security_invoker = true, security_barrier = true) AS SELECT a, b FROM t;
        """,
        after="""
            CREATE VIEW loses AS SELECT a FROM t;
            CREATE VIEW gains WITH (security_invoker = true) AS SELECT a FROM t;
            CREATE VIEW keeps WITH (security_invoker = true, security_barrier = true) AS SELECT b FROM t;
        """,
        portable=True,
    ),
    Example(
        "recursive",
        tables="CREATE TABLE node (id integer PRIMARY KEY, parent integer);",
        before="""
            CREATE RECURSIVE VIEW tree (id, depth) AS
              SELECT id, 0 FROM node WHERE parent IS NULL UNION ALL SELECT n.id, depth + 1 FROM node n JOIN tree ON n.parent = tree.id;
            CREATE VIEW other AS WITH RECURSIVE x (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 5) SELECT n FROM x;
        """,
        after="""
            CREATE RECURSIVE VIEW tree (id, depth) AS
              SELECT id, 1 FROM node WHERE parent IS NULL UNION ALL SELECT n.id, depth + 1 FROM node n JOIN tree ON n.parent = tree.id;
            CREATE VIEW other AS WITH RECURSIVE x (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 6) SELECT n, n * 2 AS m FROM x;
        """,
        portable=True,
    ),
    Example(
        "defaults of columns",
        tables=TABLE,
        before="""
            CREATE VIEW v AS SELECT a, b, c FROM t;
            ALTER VIEW v ALTER COLUMN b SET DEFAULT 'x, ''y''';
            ALTER VIEW v ALTER COLUMN c SET DEFAULT 'c', ALTER COLUMN a SET DEFAULT 1;
            CREATE VIEW w AS SELECT a, b FROM t;
            ALTER VIEW w ALTER COLUMN a SET DEFAULT 5;
        """,
        after="""
            CREATE VIEW v AS SELECT a, b, c FROM t;
            ALTER VIEW v ALTER COLUMN b SET DEFAULT 'z';
            CREATE VIEW w AS SELECT b, a FROM t;
            ALTER VIEW w ALTER COLUMN a SET DEFAULT 5;
        """,
        portable=True,
    ),
    Example(
        "owners, grants and comments",
        tables=TABLE,
        head=(("roles", "alice, bob"),),
        before="""
            CREATE VIEW v AS SELECT a, b, c FROM t;
            ALTER VIEW v OWNER TO alice;
            GRANT SELECT ON v TO bob;
            GRANT SELECT (a, b), UPDATE (b) ON v TO PUBLIC;
            GRANT INSERT ON TABLE v TO bob WITH GRANT OPTION;
            COMMENT ON VIEW v IS 'a view';
            COMMENT ON COLUMN v.a IS 'a';
            COMMENT ON COLUMN v.b IS 'b';
            CREATE VIEW w AS SELECT a FROM v;
            GRANT ALL ON w TO bob;
            COMMENT ON COLUMN w.a IS 'of w';
        """,
        after="""
            CREATE VIEW v AS SELECT b, a FROM t;
            GRANT SELECT, DELETE ON v TO bob;
            GRANT SELECT (a) ON v TO PUBLIC;
            COMMENT ON VIEW v IS 'another';
            COMMENT ON COLUMN v.a IS 'a';
            CREATE VIEW w AS SELECT a FROM v;
            ALTER VIEW w OWNER TO alice;
            GRANT ALL ON w TO bob;
            COMMENT ON COLUMN w.a IS 'of w';
        """,
    ),
    Example(
        "hostile text",
        tables='CREATE TABLE "T %s" ("select" integer PRIMARY KEY, "a.b c" text);',
        before=r'''
            CREATE VIEW "My.View ""x"" :y %s" AS
            SELECT "select", -- a comment: it's "quoted" %s :x
                   '" '' % %s %(x)s :x \: """ $$ é 漢字' AS ":x", E'\\ tab	cr\r' AS "%",   
                   "a.b c"::varchar(5) AS "a.b c" FROM "T %s";
            COMMENT ON COLUMN "My.View ""x"" :y %s"."a.b c" IS E'%s :x \\: " '' $$ """\n';
            CREATE VIEW abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi_abc AS SELECT 1 AS "user";
        ''',
        after=r'''
            CREATE VIEW "My.View ""x"" :y %s" AS
            SELECT "select", /* :z */ '" '' % %s %(x)s :y \: """ $$ é 漢字' AS ":x", E'\\ tab	cr\r\n' AS "%",
                   "a.b c"::varchar(5) AS "a.b c" FROM "T %s";
            COMMENT ON COLUMN "My.View ""x"" :y %s"."a.b c" IS E'%s :y \\: " '' $$ """\r\n';
            CREATE VIEW abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi_abc AS SELECT 1 AS "user", 2 AS "table";
        ''',
    ),
    Example(
        "chains over changing columns",
        tables=TABLE,
        tables_after="CREATE TABLE t (a bigint PRIMARY KEY, b text, c varchar(20), d date);",
        before="""
            CREATE VIEW one AS SELECT a, b, c FROM t;
            CREATE VIEW two AS SELECT * FROM one WHERE c <> 'x';
            CREATE VIEW three AS SELECT two.a, count(*) FROM two JOIN one USING (a) GROUP BY two.a;
            COMMENT ON VIEW three IS 'three';
        """,
        after="""
            CREATE VIEW one AS SELECT a, b, c, d FROM t;
            CREATE VIEW two AS SELECT * FROM one WHERE c <> 'x';
            CREATE VIEW three AS SELECT two.a, count(*) FROM two JOIN one USING (a) GROUP BY two.a;
            COMMENT ON VIEW three IS 'three';
        """,
        portable=True,
    ),
)
