-- story: every name is written with its schema, the default one too; the server prints them otherwise
-- tables
CREATE TABLE public.t (a integer PRIMARY KEY, b text);
-- entities
CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION public.g(x public.t) RETURNS pg_catalog.int4 LANGUAGE sql AS $$ SELECT x.a $$;
CREATE VIEW public.v AS SELECT t.a, public.g(t.*) AS g FROM public.t AS t;
CREATE VIEW public.public AS SELECT public.a FROM public.t AS public;
CREATE TRIGGER tr BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.f();
ALTER TABLE public.t ENABLE ALWAYS TRIGGER tr;
CREATE MATERIALIZED VIEW public.m AS SELECT v.a FROM public.v;
CREATE UNIQUE INDEX m_a ON public.m (a);
COMMENT ON INDEX public.m_a IS 'public.m_a';
COMMENT ON TRIGGER tr ON public.t IS 'public.tr';
CREATE PROCEDURE public.p(public.t[]) LANGUAGE sql AS 'SELECT public.g(null)';
GRANT EXECUTE ON PROCEDURE public.p(public.t[]) TO PUBLIC;
