"""Schemas to try every kind on, in SQL: from the plain to the hostile.

Each is made in an empty database. A note ``-- since 15`` as first line says which major can read it.
"""

from __future__ import annotations

import re
from textwrap import dedent

EXAMPLES: dict[str, str] = {}


def examples(major: int) -> dict[str, str]:
    """The examples that a server of this major can read."""
    return {name: sql for name, sql in EXAMPLES.items() if since(sql) <= major}


def since(sql: str) -> int:
    found = re.match(r"-- since (\d+)", sql)
    return int(found[1]) if found else 14


def _example(name: str, sql: str) -> None:
    EXAMPLES[name] = dedent(sql).strip() + "\n"


_example(
    "function",
    r"""
    CREATE TABLE public.t (id int PRIMARY KEY, a text);
    CREATE TYPE public.mood AS ENUM ('sad', 'it''s fine', 'happy');
    CREATE FUNCTION public.plain() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION public.f(a int, b text DEFAULT 'x, ''y''', VARIADIC c numeric(10, 2)[] DEFAULT '{1.5,2}') RETURNS text
      LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER LEAKPROOF PARALLEL SAFE COST 7 SET search_path TO public, "odd Schema", '$user'
      SET work_mem = '8MB' SET datestyle TO ISO, MDY AS $body$
    BEGIN
      -- $$ $function$ 'quoted' "names" %I :bind \: back\slash	tab
      RETURN $function$x$function$ || $1;   
    END
    $body$;
    CREATE FUNCTION public.f(a int) RETURNS SETOF public.t LANGUAGE sql ROWS 5 AS 'SELECT * FROM public.t';
    CREATE FUNCTION public.f(public.t) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a';
    CREATE FUNCTION public.f(INOUT a int, OUT b public.mood, c public.mood[] DEFAULT ARRAY['sad'::public.mood]) LANGUAGE plpgsql AS 'BEGIN END';
    CREATE FUNCTION public.rows_of(x int) RETURNS TABLE (id int, "Strange, name" text) LANGUAGE sql AS 'SELECT 1, ''a''::text';
    CREATE FUNCTION public.poly(anyelement, anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
    CREATE FUNCTION public.standard(x int, y int DEFAULT 1) RETURNS int RETURN x + y * length('a;b');
    CREATE FUNCTION public.atomic(x int) RETURNS bigint LANGUAGE sql BEGIN ATOMIC INSERT INTO public.t VALUES (x, 'a'); SELECT count(*) FROM public.t; END;
    CREATE FUNCTION public.trg() RETURNS trigger LANGUAGE plpgsql AS E'BEGIN\r\n  RETURN NEW;\r\nEND';
    CREATE FUNCTION public.evt() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
    CREATE FUNCTION public.win(int) RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_row_number';
    CREATE FUNCTION public.support(x int, y int) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT SUPPORT pg_catalog.textlike_support AS 'int4lt';
    CREATE FUNCTION public.column_type(x public.t.a%TYPE, date, timestamp(3) with time zone, bit(3), "char", interval day to second) RETURNS void LANGUAGE sql AS '';
    CREATE FUNCTION public.empty_body() RETURNS void LANGUAGE sql AS '';
    COMMENT ON FUNCTION public.f(int) IS E'It''s\nhere: \\ "x" $$';
""",
)
_example(
    "procedure",
    r"""
    CREATE TABLE public.t (a int);
    CREATE PROCEDURE public.p(a int, INOUT b text DEFAULT 'x') LANGUAGE plpgsql AS $$BEGIN COMMIT; END$$;
    CREATE PROCEDURE public.p(a text) LANGUAGE sql SET work_mem TO '1MB' AS 'SELECT 1';
    CREATE PROCEDURE public.q(OUT a int, b text) LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN a := 1; END$$;
    CREATE PROCEDURE public.atomic(x int) BEGIN ATOMIC INSERT INTO public.t VALUES (x); END;
    CREATE FUNCTION public.p() RETURNS int LANGUAGE sql AS 'SELECT 1';
    COMMENT ON PROCEDURE public.p(text) IS 'a procedure';
    GRANT EXECUTE ON PROCEDURE public.p(text) TO pg_monitor;
    REVOKE ALL ON PROCEDURE public.p(int, text) FROM PUBLIC;
""",
)
_example(
    "aggregate",
    r"""
    CREATE FUNCTION public.add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
    CREATE FUNCTION public.sub(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a - b';
    CREATE FUNCTION public.fin(a int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT a::text';
    CREATE FUNCTION public.one(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + 1';
    CREATE AGGREGATE public.total(x int) (SFUNC = public.add, STYPE = int, INITCOND = '0', FINALFUNC = public.fin, FINALFUNC_MODIFY = SHAREABLE, PARALLEL = SAFE, COMBINEFUNC = public.add);
    CREATE AGGREGATE public.moving(int) (SFUNC = public.add, STYPE = int, MSFUNC = public.add, MINVFUNC = public.sub, MSTYPE = int, MINITCOND = '0', MSSPACE = 8, SSPACE = 4);
    CREATE AGGREGATE public.counted(*) (SFUNC = public.one, STYPE = int, INITCOND = '0');
    CREATE AGGREGATE public.biggest(int) (SFUNC = int4larger, STYPE = int, SORTOP = >);
    CREATE AGGREGATE public.middle(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
    CREATE AGGREGATE public.place(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL);
    COMMENT ON AGGREGATE public.counted(*) IS 'counts';
    REVOKE EXECUTE ON FUNCTION public.counted() FROM PUBLIC;
    CREATE VIEW public.v AS SELECT public.total(x) FROM generate_series(1, 3) x;
""",
)
_example(
    "trigger",
    r"""
    CREATE TABLE public.t (a int PRIMARY KEY, b text);
    CREATE TABLE public.u (a int REFERENCES public.t ON DELETE CASCADE);
    CREATE VIEW public.v AS SELECT * FROM public.t;
    CREATE FUNCTION public.trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER plain BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.trg();
    CREATE TRIGGER plain AFTER TRUNCATE ON public.u EXECUTE FUNCTION public.trg('a', 'it''s', '\x', '$1', '"', '%I', 'tab	');
    CREATE TRIGGER "On Rows" BEFORE INSERT OR DELETE OR UPDATE OF a, b ON public.t FOR EACH ROW
      WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION public.trg();
    CREATE TRIGGER changed AFTER UPDATE ON public.t FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION public.trg();
    CREATE TRIGGER tables AFTER UPDATE ON public.t REFERENCING OLD TABLE AS old_rows NEW TABLE AS "new Rows" FOR EACH STATEMENT EXECUTE FUNCTION public.trg();
    CREATE TRIGGER instead INSTEAD OF INSERT OR UPDATE ON public.v FOR EACH ROW EXECUTE FUNCTION public.trg();
    CREATE CONSTRAINT TRIGGER checked AFTER INSERT OR UPDATE ON public.u FROM public.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.trg();
    ALTER TABLE public.t DISABLE TRIGGER plain;
    ALTER TABLE public.t ENABLE REPLICA TRIGGER changed;
    ALTER TABLE public.t ENABLE ALWAYS TRIGGER "On Rows";
    COMMENT ON TRIGGER plain ON public.t IS 'not in use';
    COMMENT ON TRIGGER instead ON public.v IS 'on a view';
""",
)
_example(
    "view",
    r"""
    CREATE TABLE public.t (id int PRIMARY KEY, a int, b varchar(10), "Odd ""col" text, at timestamptz);
    CREATE VIEW public.plain AS SELECT id, a FROM public.t;
    CREATE VIEW public.named (x, "Y z") AS SELECT id, b FROM public.t WHERE b IN ('a', 'b');
    CREATE VIEW public.grouped AS SELECT id, a, b, count(*) AS n FROM public.t GROUP BY id;
    CREATE VIEW public.barrier WITH (security_barrier) AS SELECT * FROM public.t;
    CREATE VIEW public.checked WITH (security_barrier = false) AS SELECT * FROM public.t WHERE a > 1 WITH CASCADED CHECK OPTION;
    CREATE VIEW public.local_check AS SELECT * FROM public.checked WHERE a > 1 WITH LOCAL CHECK OPTION;
    CREATE RECURSIVE VIEW public.numbers (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < 10;
    CREATE VIEW public.defaulted AS SELECT id, a, at FROM public.t;
    CREATE FUNCTION public.five() RETURNS int LANGUAGE sql AS 'SELECT 5';
    ALTER VIEW public.defaulted ALTER COLUMN a SET DEFAULT public.five(), ALTER COLUMN at SET DEFAULT now();
    CREATE VIEW public.both AS SELECT a FROM public.t UNION SELECT x FROM public.named EXCEPT SELECT EXTRACT(YEAR FROM at)::int FROM public.t;
    CREATE VIEW public.vals (a, b) AS VALUES (1, 'x'), (2, E'a\\b''c:d%');
    CREATE VIEW public.whole AS SELECT t, t.*, (SELECT array_agg(p) FROM public.plain p) AS ps FROM public.t;
    CREATE VIEW public.lateral AS SELECT t.id, l.n FROM public.t LEFT JOIN LATERAL (SELECT count(*) AS n FROM public.plain p WHERE p.id = t.a) l ON true;
    CREATE VIEW public.nothing AS SELECT;
    CREATE VIEW public."select" AS SELECT "Odd ""col" FROM public.t;
    COMMENT ON VIEW public.plain IS 'plain: 100% \ok';
    COMMENT ON COLUMN public.named."Y z" IS 'a column';
    GRANT SELECT ON public.plain TO PUBLIC;
    GRANT SELECT (id), UPDATE (a) ON public.plain TO pg_monitor WITH GRANT OPTION;
    GRANT INSERT, SELECT ON public.plain TO pg_monitor;
    REVOKE ALL ON public.named FROM CURRENT_USER;
""",
)
_example(
    "view options of 15",
    r"""
    -- since 15
    CREATE TABLE public.t (id int PRIMARY KEY);
    CREATE VIEW public.v WITH (security_invoker = true, security_barrier = on) AS SELECT * FROM public.t;
    CREATE UNIQUE INDEX i ON public.t (id) NULLS NOT DISTINCT;
    ALTER TABLE public.t ADD CONSTRAINT c UNIQUE NULLS NOT DISTINCT (id);
    CREATE UNLOGGED SEQUENCE public.s;
    CREATE UNLOGGED TABLE public.u (a int GENERATED ALWAYS AS IDENTITY);
""",
)
_example(
    "materialized view",
    r"""
    CREATE TABLE public.t (id int PRIMARY KEY, a int, b text);
    CREATE MATERIALIZED VIEW public.filled WITH (fillfactor = 70, autovacuum_enabled = false) AS SELECT a, count(*) AS n FROM public.t GROUP BY a;
    CREATE MATERIALIZED VIEW public.hollow (x, y) AS SELECT id, b FROM public.t WITH NO DATA;
    CREATE UNIQUE INDEX filled_key ON public.filled (a);
    CREATE INDEX filled_expr ON public.filled USING btree ((n + 1) DESC NULLS LAST) INCLUDE (a) WITH (fillfactor = 50) WHERE n > 2;
    CREATE INDEX filled_brin ON public.filled USING brin (n) WITH (pages_per_range = 8);
    ALTER MATERIALIZED VIEW public.filled ALTER COLUMN a SET STATISTICS 500;
    ALTER MATERIALIZED VIEW public.hollow ALTER COLUMN y SET STORAGE EXTERNAL;
    ALTER MATERIALIZED VIEW public.filled ALTER COLUMN n SET (n_distinct = -0.5);
    ALTER MATERIALIZED VIEW public.filled CLUSTER ON filled_key;
    ALTER INDEX public.filled_expr ALTER COLUMN 1 SET STATISTICS 99;
    ALTER TABLE public.hollow REPLICA IDENTITY FULL;
    CREATE MATERIALIZED VIEW public.over AS SELECT * FROM public.filled;
    COMMENT ON MATERIALIZED VIEW public.filled IS 'kept';
    COMMENT ON COLUMN public.filled.a IS 'a';
    COMMENT ON INDEX public.filled_key IS 'unique';
    GRANT SELECT ON public.filled TO pg_monitor;
""",
)
_example(
    "schema",
    r"""
    CREATE SCHEMA "Odd ""Schema";
    CREATE SCHEMA app;
    CREATE TABLE app.t (a int);
    CREATE TABLE "Odd ""Schema"."Odd Table" ("a b" int DEFAULT 1 CHECK ("a b" > 0));
    CREATE VIEW "Odd ""Schema".v AS SELECT * FROM app.t;
    COMMENT ON SCHEMA app IS 'the app''s';
    COMMENT ON SCHEMA public IS 'of all';
    GRANT USAGE ON SCHEMA app TO PUBLIC;
    GRANT CREATE ON SCHEMA public TO pg_monitor;
""",
)
_example(
    "types",
    r"""
    CREATE TYPE public.mood AS ENUM ('a', 'b', 'it''s "c"');
    ALTER TYPE public.mood ADD VALUE 'between' BEFORE 'b';
    CREATE TYPE public.nothing AS ENUM ();
    CREATE TYPE public.pair AS (a int, "B c" varchar(5) COLLATE "C", m public.mood[]);
    CREATE TYPE public.void AS ();
    CREATE DOMAIN public.positive AS int CONSTRAINT above CHECK (VALUE > 0) CHECK (VALUE < 100) DEFAULT 7 NOT NULL;
    CREATE DOMAIN public.word AS varchar(20) COLLATE "C" DEFAULT 'it''s' CHECK (VALUE ~ '^\w+$');
    CREATE DOMAIN public.words AS public.word[] CHECK (array_length(VALUE, 1) > 0);
    ALTER DOMAIN public.word ADD CONSTRAINT later CHECK (VALUE <> 'x') NOT VALID;
    CREATE FUNCTION public.diff(a float8, b float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT a - b';
    CREATE TYPE public.floats AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = public.diff, MULTIRANGE_TYPE_NAME = public."many Floats");
    CREATE TYPE public.texts AS RANGE (SUBTYPE = text, COLLATION = "C", SUBTYPE_OPCLASS = text_pattern_ops);
    CREATE FUNCTION public.is_ok(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
    CREATE DOMAIN public.ok AS int CHECK (public.is_ok(VALUE));
    CREATE TABLE public.t (a public.mood DEFAULT 'a', b public.pair, c public.positive, d public.words, e public.floats, f public."many Floats", g public.ok);
    CREATE FUNCTION public.f(public.pair[], public."many Floats") RETURNS public.mood LANGUAGE sql AS 'SELECT ''a''::public.mood';
    COMMENT ON TYPE public.mood IS 'a mood';
    COMMENT ON DOMAIN public.word IS 'a word';
    COMMENT ON TYPE public.pair IS 'a pair';
    COMMENT ON COLUMN public.pair."B c" IS 'second';
    COMMENT ON CONSTRAINT above ON DOMAIN public.positive IS 'above zero';
    COMMENT ON TYPE public.floats IS 'ranges';
    REVOKE USAGE ON TYPE public.mood FROM PUBLIC;
    GRANT USAGE ON TYPE public.word TO pg_monitor;
""",
)
_example(
    "sequence",
    r"""
    CREATE SEQUENCE public.plain;
    CREATE SEQUENCE public.small AS smallint START 5 INCREMENT BY -2 MINVALUE -100 MAXVALUE 10 CACHE 3 CYCLE;
    CREATE SEQUENCE public.down INCREMENT -1;
    CREATE SEQUENCE public."From 10" START 10 MINVALUE 10;
    CREATE TABLE public.t (id serial PRIMARY KEY, n bigserial, plain int DEFAULT nextval('public.plain'), "Id" int GENERATED ALWAYS AS IDENTITY,
      other smallint GENERATED BY DEFAULT AS IDENTITY (START 5 INCREMENT 3 CACHE 2 MAXVALUE 99 CYCLE SEQUENCE NAME public."My seq"));
    ALTER SEQUENCE public."From 10" OWNED BY public.t.plain;
    COMMENT ON SEQUENCE public.plain IS 'counts';
    GRANT USAGE ON SEQUENCE public.plain TO pg_monitor;
""",
)
_example(
    "table",
    r"""
    CREATE TYPE public.pair AS (a int, b text);
    CREATE FUNCTION public.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
    CREATE TABLE public.empty ();
    CREATE TABLE public.t (
      gone int, id int PRIMARY KEY, "B b" varchar(20) COLLATE "C" NOT NULL DEFAULT 'x', c numeric(8, 2)[] DEFAULT '{}',
      d int GENERATED ALWAYS AS (id * 2) STORED, e int GENERATED ALWAYS AS (public.twice(id)) STORED NOT NULL,
      f timestamptz(3) DEFAULT now(), g public.pair DEFAULT ROW(1, 'a'), "user" text, h bit varying(5), i interval(2)
    ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_enabled = false);
    ALTER TABLE public.t DROP COLUMN gone;
    ALTER TABLE public.t ALTER COLUMN "B b" SET STATISTICS 0, ALTER COLUMN "user" SET STORAGE MAIN, ALTER COLUMN "user" SET COMPRESSION pglz,
      ALTER COLUMN id SET (n_distinct = 5, n_distinct_inherited = -1);
    ALTER TABLE public.t REPLICA IDENTITY FULL;
    ALTER TABLE public.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE UNLOGGED TABLE public.fast (a int);
    CREATE TABLE public.typed OF public.pair (a DEFAULT 5, b NOT NULL, CHECK (a > 0));
    CREATE TABLE public.typed_plain OF public.pair;
    COMMENT ON TABLE public.t IS 'a table';
    COMMENT ON COLUMN public.t."B b" IS 'a column';
    GRANT SELECT, INSERT ON public.t TO pg_monitor;
    GRANT SELECT ("B b", id), REFERENCES (id) ON public.t TO pg_read_all_stats;
    GRANT ALL ON public.t TO pg_signal_backend WITH GRANT OPTION;
""",
)
_example(
    "inheritance",
    r"""
    CREATE TABLE public.base (id int NOT NULL, a text DEFAULT 'base', b int, CONSTRAINT positive CHECK (b > 0), CHECK (b < 1000) NO INHERIT);
    CREATE TABLE public.other (z int DEFAULT 9, b int);
    CREATE TABLE public.child (c int, b int NOT NULL) INHERITS (public.base, public.other);
    CREATE TABLE public.grandchild () INHERITS (public.child);
    CREATE TABLE public.again (id int, a text DEFAULT 'again', CONSTRAINT positive CHECK (b > 0)) INHERITS (public.base);
    ALTER TABLE public.grandchild ALTER COLUMN a DROP DEFAULT;
    ALTER TABLE public.grandchild ALTER COLUMN z SET DEFAULT 3;
    ALTER TABLE public.grandchild ALTER COLUMN c SET NOT NULL;
    ALTER TABLE public.grandchild ALTER COLUMN c SET STATISTICS 10;
    ALTER TABLE public.base ADD CONSTRAINT small CHECK (length(a) < 100) NOT VALID;
    CREATE VIEW public.v AS SELECT * FROM public.base;
""",
)
_example(
    "partitions",
    r"""
    CREATE FUNCTION public.trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE FUNCTION public.ok(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
    CREATE TABLE public.target (id int PRIMARY KEY);
    CREATE TABLE public.events (id bigint NOT NULL, at date NOT NULL DEFAULT now(), kind text, amount int DEFAULT 1 REFERENCES public.target,
      CONSTRAINT pos CHECK (amount > 0), CHECK (public.ok(amount)), PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE public.events_1 PARTITION OF public.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    CREATE TABLE public.events_2 (kind text, id bigint NOT NULL, gone int, at date NOT NULL, amount int, CONSTRAINT pos CHECK (amount > 0), CONSTRAINT events_amount_check CHECK (public.ok(amount)));
    ALTER TABLE public.events_2 DROP COLUMN gone;
    ALTER TABLE public.events ATTACH PARTITION public.events_2 FOR VALUES FROM ('2025-01-01') TO (MAXVALUE);
    CREATE TABLE public.events_rest PARTITION OF public.events DEFAULT PARTITION BY LIST (at);
    CREATE TABLE public.events_rest_a PARTITION OF public.events_rest FOR VALUES IN ('2023-01-01', '2023-02-01');
    CREATE TABLE public.events_rest_b PARTITION OF public.events_rest DEFAULT PARTITION BY HASH (id, at);
    CREATE TABLE public.events_rest_b0 PARTITION OF public.events_rest_b FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE INDEX by_kind ON public.events (kind, at);
    CREATE INDEX only_here ON ONLY public.events (amount);
    CREATE INDEX only_here_1 ON public.events_1 (amount);
    ALTER INDEX public.only_here ATTACH PARTITION public.only_here_1;
    CREATE UNIQUE INDEX own ON public.events_1 (kind);
    ALTER TABLE public.events_2 ADD CONSTRAINT local CHECK (id > 0);
    ALTER TABLE public.events_1 ALTER COLUMN amount SET DEFAULT 2;
    ALTER TABLE public.events_1 ALTER COLUMN kind SET NOT NULL;
    CREATE TRIGGER touch BEFORE INSERT ON public.events FOR EACH ROW EXECUTE FUNCTION public.trg();
    CREATE TRIGGER here BEFORE INSERT ON public.events_1 FOR EACH ROW EXECUTE FUNCTION public.trg();
    CREATE TRIGGER quiet AFTER INSERT ON public.events FOR EACH ROW EXECUTE FUNCTION public.trg();
    ALTER TABLE public.events_1 DISABLE TRIGGER quiet;
    ALTER TABLE ONLY public.events_rest_b ENABLE ALWAYS TRIGGER quiet;
    ALTER TABLE public.events DISABLE TRIGGER touch;
    CREATE TABLE public.refers (id bigint, at date, FOREIGN KEY (id, at) REFERENCES public.events);
    CREATE VIEW public.v AS SELECT * FROM public.events;
    CREATE TABLE public.listed (kind text, n int) PARTITION BY LIST (lower(kind));
    CREATE TABLE public.listed_a PARTITION OF public.listed FOR VALUES IN ('a', 'it''s', NULL);
    COMMENT ON TABLE public.events_1 IS 'first';
    COMMENT ON INDEX public.by_kind IS 'by kind';
""",
)
_example(
    "constraint",
    r"""
    CREATE TABLE public.t (a int, b int, c int4range, d text, CONSTRAINT "My key" PRIMARY KEY (a, b) WITH (fillfactor = 60),
      UNIQUE (b) INCLUDE (a, d) DEFERRABLE INITIALLY DEFERRED, CONSTRAINT no_overlap EXCLUDE USING gist (c WITH &&) WHERE (a > 0),
      CHECK (a > 0 AND d IN ('x', 'y''z')), CONSTRAINT "no inherit" CHECK (b > 0) NO INHERIT);
    CREATE TABLE public.u (x int, y int, z int REFERENCES public.u2 (b)) ;
""".replace("REFERENCES public.u2 (b)", "")
    + r"""
    ALTER TABLE public.u ADD CONSTRAINT uk UNIQUE (z);
    ALTER TABLE public.u ADD CONSTRAINT self FOREIGN KEY (x) REFERENCES public.u (z);
    ALTER TABLE public.u ADD FOREIGN KEY (x, y) REFERENCES public.t (a, b) MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED NOT VALID;
    ALTER TABLE public.t ADD CONSTRAINT mutual FOREIGN KEY (a) REFERENCES public.u (z) ON DELETE SET DEFAULT;
    ALTER TABLE public.u ADD CONSTRAINT unproved CHECK (x <> 5) NOT VALID;
    CREATE UNIQUE INDEX prepared ON public.u (y);
    ALTER TABLE public.u ADD CONSTRAINT prepared_key PRIMARY KEY USING INDEX prepared;
    ALTER TABLE public.t REPLICA IDENTITY USING INDEX "My key";
    ALTER TABLE public.u CLUSTER ON prepared_key;
    COMMENT ON CONSTRAINT "My key" ON public.t IS 'the key';
    COMMENT ON INDEX public."My key" IS 'its index';
""",
)
_example(
    "index",
    r"""
    CREATE TABLE public.t (a int NOT NULL, b text, c jsonb, d int[], p point);
    CREATE FUNCTION public.norm(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.lower($1)';
    CREATE INDEX plain ON public.t (a);
    CREATE UNIQUE INDEX "Odd index" ON public.t (a DESC NULLS LAST, b COLLATE "C" text_pattern_ops) INCLUDE (d) WITH (fillfactor = 70) WHERE b IS NOT NULL;
    CREATE INDEX expr ON public.t (public.norm(b), (a + 1));
    CREATE INDEX gin ON public.t USING gin (c jsonb_path_ops) WITH (fastupdate = off);
    CREATE INDEX gist ON public.t USING gist (p);
    CREATE INDEX hash ON public.t USING hash (a);
    CREATE UNIQUE INDEX replica ON public.t (a);
    ALTER TABLE public.t REPLICA IDENTITY USING INDEX replica;
    ALTER TABLE public.t CLUSTER ON plain;
    ALTER INDEX public.expr ALTER COLUMN 2 SET STATISTICS 300;
    CREATE STATISTICS public.s1 (ndistinct, mcv) ON a, b FROM public.t;
    CREATE STATISTICS public."S 2" ON (a + 1), b, (lower(b)) FROM public.t;
    ALTER STATISTICS public.s1 SET STATISTICS 77;
    COMMENT ON INDEX public.plain IS 'an index';
    COMMENT ON STATISTICS public.s1 IS 'statistics';
""",
)
_example(
    "policy and rule",
    r"""
    CREATE TABLE public.t (a int, owner name, b text);
    CREATE TABLE public.log (a int, at timestamptz);
    CREATE VIEW public.v AS SELECT * FROM public.t;
    CREATE FUNCTION public.allowed(int) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true';
    CREATE FUNCTION public.takes(public.v) RETURNS int LANGUAGE sql AS 'SELECT 1';
    ALTER TABLE public.t ENABLE ROW LEVEL SECURITY;
    CREATE POLICY plain ON public.t;
    CREATE POLICY "Odd policy" ON public.t AS RESTRICTIVE FOR UPDATE TO pg_monitor, CURRENT_USER USING (owner = CURRENT_USER) WITH CHECK (public.allowed(a));
    CREATE POLICY sub ON public.t FOR SELECT TO PUBLIC USING (EXISTS (SELECT 1 FROM public.v WHERE v.a = t.a));
    CREATE POLICY ins ON public.t FOR INSERT WITH CHECK (b <> 'it''s');
    CREATE RULE ins AS ON INSERT TO public.v DO INSTEAD INSERT INTO public.t (a, b) VALUES (new.a, public.takes(new)::text);
    CREATE RULE "Odd rule" AS ON UPDATE TO public.t WHERE old.a <> new.a DO ALSO (INSERT INTO public.log VALUES (new.a, now()); DELETE FROM public.log WHERE a = old.a);
    CREATE RULE nothing AS ON DELETE TO public.v DO INSTEAD NOTHING;
    ALTER TABLE public.t DISABLE RULE "Odd rule";
    COMMENT ON POLICY plain ON public.t IS 'a policy';
    COMMENT ON RULE ins ON public.v IS 'a rule';
""",
)
_example(
    "event trigger",
    r"""
    CREATE FUNCTION public.evt() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
    CREATE EVENT TRIGGER plain ON ddl_command_end EXECUTE FUNCTION public.evt();
    CREATE EVENT TRIGGER "Odd one" ON sql_drop WHEN TAG IN ('DROP TABLE', 'DROP VIEW') EXECUTE FUNCTION public.evt();
    ALTER EVENT TRIGGER plain DISABLE;
    COMMENT ON EVENT TRIGGER plain IS 'off';
""",
)
_example(
    "hostile names",
    r'''
    CREATE SCHEMA "a.b";
    CREATE SCHEMA "100% ""it's"" $$ :x \ é";
    CREATE TABLE "100% ""it's"" $$ :x \ é"."T (1), 2" ("c.d" int PRIMARY KEY, "%I" text DEFAULT '%s :x \: $$', "select" int, "é" int, "VERB" int);
    CREATE TYPE "a.b"."ty,pe (x)" AS ENUM ('"', 'a''b', '%', ':x', '\', '$$');
    CREATE FUNCTION "a.b"."f(int)"("a,b" "a.b"."ty,pe (x)", "select" "100% ""it's"" $$ :x \ é"."T (1), 2"[]) RETURNS int LANGUAGE sql AS $x$SELECT 1 -- "''$$	$x$;
    CREATE FUNCTION "a.b".trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE VIEW "a.b"."view ""x""" AS SELECT "c.d" AS "%", "select" AS "from", 'a''b"c%d:e\f$$' AS "it's" FROM "100% ""it's"" $$ :x \ é"."T (1), 2";
    CREATE TRIGGER "t ON x VERB" BEFORE INSERT ON "100% ""it's"" $$ :x \ é"."T (1), 2" FOR EACH ROW EXECUTE FUNCTION "a.b".trg();
    ALTER TABLE "100% ""it's"" $$ :x \ é"."T (1), 2" DISABLE TRIGGER "t ON x VERB";
    CREATE INDEX "i %s" ON "100% ""it's"" $$ :x \ é"."T (1), 2" ("select") WHERE "%I" <> '%s';
    CREATE POLICY "p ON x" ON "100% ""it's"" $$ :x \ é"."T (1), 2" USING ("%I" = '$$');
    CREATE MATERIALIZED VIEW "a.b"."m
    line" AS SELECT * FROM "a.b"."view ""x""";
    CREATE TABLE "a.b".abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_abcdefghi (abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_abcdefghi serial PRIMARY KEY UNIQUE CHECK (abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_abcdefghi > 0));
    COMMENT ON COLUMN "a.b"."view ""x"""."it's" IS E'\\ '' " % :x $$ \n\ttab ';
    COMMENT ON FUNCTION "a.b"."f(int)"("a.b"."ty,pe (x)", "100% ""it's"" $$ :x \ é"."T (1), 2"[]) IS '$$ ;';
''',
)
_example(
    "cycles",
    r"""
    CREATE TABLE public.a (id int PRIMARY KEY, b int);
    CREATE TABLE public.b (id int PRIMARY KEY, a int REFERENCES public.a);
    ALTER TABLE public.a ADD FOREIGN KEY (b) REFERENCES public.b;
    CREATE FUNCTION public.next_id() RETURNS int LANGUAGE sql AS 'SELECT coalesce(max(id), 0) + 1 FROM public.a';
    ALTER TABLE public.a ALTER COLUMN id SET DEFAULT public.next_id();
    CREATE FUNCTION public.one(public.a) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
    ALTER TABLE public.a ADD CHECK (public.one(a));
    CREATE INDEX ON public.a (public.one(a));
    CREATE VIEW public.v AS SELECT * FROM public.a;
    CREATE FUNCTION public.put(public.v) RETURNS void LANGUAGE sql AS 'INSERT INTO public.a SELECT $1.id';
    CREATE RULE put AS ON INSERT TO public.v DO INSTEAD SELECT public.put(new);
    CREATE POLICY p ON public.a USING (EXISTS (SELECT FROM public.v WHERE v.id = a.b));
    CREATE FUNCTION public.mine(public.a) RETURNS public.v LANGUAGE sql BEGIN ATOMIC SELECT * FROM public.v WHERE id = $1.id; END;
""",
)
_example(
    "not null of 18",
    r"""
    -- since 18
    CREATE TABLE public.t (a int CONSTRAINT "My not null" NOT NULL, b int NOT NULL, c int NOT NULL NO INHERIT, d int,
      e int GENERATED ALWAYS AS (a * 2) VIRTUAL, f int GENERATED ALWAYS AS (a + 1));
    ALTER TABLE public.t ADD CONSTRAINT later NOT NULL d NOT VALID;
    CREATE TABLE public.child (z int, CONSTRAINT own NOT NULL b) INHERITS (public.t);
    CREATE TABLE public.keyed (id int PRIMARY KEY, at daterange, UNIQUE (id, at WITHOUT OVERLAPS));
    CREATE TABLE public.loose (id int REFERENCES public.keyed NOT ENFORCED, CHECK (id > 0) NOT ENFORCED);
    COMMENT ON CONSTRAINT "My not null" ON public.t IS 'named';
    CREATE DOMAIN public.d AS int CONSTRAINT filled NOT NULL;
""".replace("UNIQUE (id, at WITHOUT OVERLAPS)", "UNIQUE (id, at)"),
)
_example(
    "owners and grants",
    r"""
    CREATE SCHEMA app AUTHORIZATION pg_monitor;
    GRANT CREATE, USAGE ON SCHEMA public TO pg_monitor;
    CREATE TABLE app.t (id serial PRIMARY KEY, a int);
    CREATE VIEW app.v AS SELECT * FROM app.t;
    CREATE MATERIALIZED VIEW app.m AS SELECT * FROM app.t;
    CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE PROCEDURE app.p() LANGUAGE sql AS 'SELECT 1';
    CREATE TYPE app.e AS ENUM ('a');
    CREATE DOMAIN app.d AS int;
    CREATE SEQUENCE app.s;
    CREATE STATISTICS app.st ON id, a FROM app.t;
    ALTER TABLE app.t OWNER TO pg_monitor;
    ALTER VIEW app.v OWNER TO pg_monitor;
    ALTER MATERIALIZED VIEW app.m OWNER TO pg_read_all_stats;
    ALTER FUNCTION app.f() OWNER TO pg_monitor;
    ALTER PROCEDURE app.p() OWNER TO pg_monitor;
    ALTER TYPE app.e OWNER TO pg_monitor;
    ALTER DOMAIN app.d OWNER TO pg_monitor;
    ALTER SEQUENCE app.s OWNER TO pg_monitor;
    ALTER STATISTICS app.st OWNER TO pg_monitor;
    GRANT SELECT ON app.v TO pg_read_all_stats WITH GRANT OPTION;
    SET ROLE pg_monitor;
    GRANT SELECT ON app.v TO pg_signal_backend;
    RESET ROLE;
    REVOKE ALL ON FUNCTION app.f() FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app.f() TO pg_monitor WITH GRANT OPTION;
    REVOKE DELETE, TRUNCATE ON app.t FROM pg_monitor;
    GRANT SELECT (a) ON app.t TO PUBLIC;
""",
)
_example(
    "foreign tables",
    r"""
    CREATE FOREIGN DATA WRAPPER nothing OPTIONS (debug 'it''s');
    CREATE SERVER far TYPE 'x' VERSION '1.0' FOREIGN DATA WRAPPER nothing OPTIONS (host 'h', "Port" '1');
    CREATE SERVER "Odd server" FOREIGN DATA WRAPPER nothing;
    CREATE FOREIGN TABLE public.ft (a int OPTIONS (column_name 'A', x 'y') NOT NULL, b text DEFAULT 'x', CHECK (a > 0)) SERVER far OPTIONS (tab 't');
    CREATE FOREIGN TABLE public.bare () SERVER "Odd server";
    CREATE TABLE public.parts (a int, b text) PARTITION BY LIST (a);
    CREATE FOREIGN TABLE public.parts_1 PARTITION OF public.parts FOR VALUES IN (1) SERVER far;
    CREATE TABLE public.base (a int, b text);
    CREATE FOREIGN TABLE public.heir (c int) INHERITS (public.base) SERVER far;
    CREATE FUNCTION public.trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER t BEFORE INSERT ON public.ft FOR EACH ROW EXECUTE FUNCTION public.trg();
    ALTER FOREIGN TABLE public.ft DISABLE TRIGGER t;
    ALTER FOREIGN TABLE public.ft ALTER COLUMN a SET STATISTICS 5;
    COMMENT ON FOREIGN TABLE public.ft IS 'far away';
    COMMENT ON COLUMN public.ft.a IS 'a';
    COMMENT ON SERVER far IS 'a server';
    COMMENT ON FOREIGN DATA WRAPPER nothing IS 'a wrapper';
    GRANT SELECT ON public.ft TO pg_monitor;
    GRANT USAGE ON FOREIGN SERVER far TO pg_monitor;
    GRANT USAGE ON FOREIGN DATA WRAPPER nothing TO pg_monitor;
""",
)
_example(
    "extension",
    r"""
    CREATE SCHEMA ext;
    CREATE EXTENSION citext SCHEMA ext;
    CREATE EXTENSION hstore SCHEMA ext;
    CREATE EXTENSION btree_gist;
    CREATE TABLE public.t (a ext.citext PRIMARY KEY, b ext.hstore DEFAULT ''::ext.hstore, d int, e tstzrange, EXCLUDE USING gist (d WITH =, e WITH &&));
    CREATE INDEX i ON public.t USING gist (b);
    CREATE VIEW public.v AS SELECT b OPERATOR(ext.->) 'x' AS x, ext.akeys(b), a = 'x'::ext.citext AS eq FROM public.t;
    CREATE FUNCTION public.f(ext.citext, ext.hstore[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION public.trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE PROCEDURE public.pr() LANGUAGE sql AS '';
    CREATE MATERIALIZED VIEW public.m AS SELECT * FROM public.t;
    CREATE TRIGGER tr AFTER INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.trg();
    ALTER FUNCTION public.f(ext.citext, ext.hstore[]) DEPENDS ON EXTENSION citext;
    ALTER FUNCTION public.f(ext.citext, ext.hstore[]) DEPENDS ON EXTENSION hstore;
    ALTER PROCEDURE public.pr() DEPENDS ON EXTENSION citext;
    ALTER TRIGGER tr ON public.t DEPENDS ON EXTENSION citext;
    ALTER MATERIALIZED VIEW public.m DEPENDS ON EXTENSION citext;
    ALTER INDEX public.i DEPENDS ON EXTENSION citext;
    CREATE DOMAIN public.d AS ext.citext CHECK (VALUE ~ '@');
    COMMENT ON EXTENSION citext IS 'mine';
""",
)
_example(
    "collation",
    r"""
    CREATE COLLATION public.de (PROVIDER = libc, LOCALE = 'C');
    CREATE COLLATION public."Two parts" (LC_COLLATE = 'C', LC_CTYPE = 'POSIX');
    CREATE TABLE public.t (a text COLLATE public.de PRIMARY KEY, b text COLLATE public."Two parts");
    CREATE DOMAIN public.d AS text COLLATE public.de;
    CREATE VIEW public.v AS SELECT a COLLATE public."Two parts" AS x FROM public.t;
    CREATE INDEX i ON public.t (b COLLATE public.de);
    COMMENT ON COLLATION public.de IS 'a collation';
    ALTER COLLATION public.de OWNER TO pg_monitor;
    GRANT USAGE, CREATE ON SCHEMA public TO pg_monitor;
""",
)
_example(
    "operator and cast",
    r"""
    CREATE TYPE public.pair AS (a int, b int);
    CREATE FUNCTION public.lt(public.pair, public.pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a < ($2).a';
    CREATE FUNCTION public.gt(public.pair, public.pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a > ($2).a';
    CREATE FUNCTION public.eq(public.pair, public.pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a = ($2).a';
    CREATE FUNCTION public.ne(public.pair, public.pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a <> ($2).a';
    CREATE FUNCTION public.cmp(public.pair, public.pair) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a - ($2).a';
    CREATE FUNCTION public.neg(public.pair) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT -($1).a';
    CREATE FUNCTION public.hash(public.pair) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a';
    CREATE FUNCTION public.eq(public.pair, int) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a = $2';
    CREATE FUNCTION public.as_int(public.pair) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a';
    CREATE FUNCTION public.as_pair(int) RETURNS public.pair LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ROW($1, 0)::public.pair';
    CREATE OPERATOR public.<% (FUNCTION = public.lt, LEFTARG = public.pair, RIGHTARG = public.pair, COMMUTATOR = OPERATOR(public.>%), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
    CREATE OPERATOR public.>% (FUNCTION = public.gt, LEFTARG = public.pair, RIGHTARG = public.pair, COMMUTATOR = OPERATOR(public.<%));
    CREATE OPERATOR public.=== (FUNCTION = public.eq, LEFTARG = public.pair, RIGHTARG = public.pair, COMMUTATOR = OPERATOR(public.===), NEGATOR = OPERATOR(public.!==), HASHES, MERGES);
    CREATE OPERATOR public.!== (FUNCTION = public.ne, LEFTARG = public.pair, RIGHTARG = public.pair, NEGATOR = OPERATOR(public.===));
    CREATE OPERATOR public.=== (FUNCTION = public.eq, LEFTARG = public.pair, RIGHTARG = int);
    CREATE OPERATOR public.-~ (FUNCTION = public.neg, RIGHTARG = public.pair);
    CREATE OPERATOR FAMILY public.hashed USING hash;
    CREATE OPERATOR CLASS public.pair_ops FOR TYPE public.pair USING btree AS OPERATOR 1 public.<%, OPERATOR 3 public.===, OPERATOR 5 public.>%, FUNCTION 1 public.cmp(public.pair, public.pair);
    CREATE OPERATOR CLASS public."Odd ops" FOR TYPE public.pair USING hash FAMILY public.hashed AS OPERATOR 1 public.===, FUNCTION 1 public.hash(public.pair);
    ALTER OPERATOR FAMILY public.hashed USING hash ADD OPERATOR 1 public.=== (public.pair, int);
    CREATE CAST (public.pair AS int) WITH FUNCTION public.as_int(public.pair) AS ASSIGNMENT;
    CREATE CAST (int AS public.pair) WITH FUNCTION public.as_pair(int) AS IMPLICIT;
    CREATE CAST (public.pair AS text) WITH INOUT;
    CREATE TABLE public.t (p public.pair);
    CREATE INDEX i ON public.t (p public.pair_ops);
    CREATE INDEX h ON public.t USING hash (p public."Odd ops");
    CREATE VIEW public.v AS SELECT p OPERATOR(public.===) 1 AS eq, OPERATOR(public.-~) p AS neg, p::int AS a FROM public.t;
    COMMENT ON OPERATOR public.-~ (NONE, public.pair) IS 'negated';
    COMMENT ON OPERATOR public.=== (public.pair, int) IS 'the same';
    COMMENT ON OPERATOR CLASS public.pair_ops USING btree IS 'a class';
    COMMENT ON OPERATOR FAMILY public.hashed USING hash IS 'a family';
    COMMENT ON CAST (public.pair AS int) IS 'a cast';
""",
)
_example(
    "text search",
    r"""
    CREATE TEXT SEARCH DICTIONARY public.short (TEMPLATE = pg_catalog.simple, STOPWORDS = english, ACCEPT = false);
    CREATE TEXT SEARCH DICTIONARY public."Odd one" (TEMPLATE = pg_catalog.simple);
    CREATE TEXT SEARCH CONFIGURATION public.words (COPY = pg_catalog.simple);
    ALTER TEXT SEARCH CONFIGURATION public.words ALTER MAPPING FOR asciiword, word WITH public.short, public."Odd one", simple;
    ALTER TEXT SEARCH CONFIGURATION public.words DROP MAPPING FOR url;
    CREATE TABLE public.t (a text, v tsvector GENERATED ALWAYS AS (to_tsvector('public.words', a)) STORED);
    CREATE INDEX i ON public.t USING gin (to_tsvector('public.words', a));
    COMMENT ON TEXT SEARCH CONFIGURATION public.words IS 'words';
    COMMENT ON TEXT SEARCH DICTIONARY public.short IS 'short';
""",
)
