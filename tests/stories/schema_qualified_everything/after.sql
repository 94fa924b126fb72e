-- tables
CREATE TABLE public.t (a integer PRIMARY KEY, b text, c integer);
-- entities
CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$;
CREATE FUNCTION public.g(y public.t) RETURNS pg_catalog.int8 LANGUAGE sql AS $$ SELECT y.a::bigint $$;
CREATE VIEW public.v AS SELECT public.g(t.*) AS g, t.a FROM public.t AS t;
CREATE VIEW public.public AS SELECT public.c, public.a FROM public.t AS public;
CREATE TRIGGER tr BEFORE INSERT OR UPDATE OF c ON public.t FOR EACH ROW EXECUTE FUNCTION public.f();
ALTER TABLE public.t ENABLE ALWAYS TRIGGER tr;
CREATE MATERIALIZED VIEW public.m AS SELECT v.a FROM public.v;
CREATE UNIQUE INDEX m_a ON public.m (a DESC);
COMMENT ON INDEX public.m_a IS 'public.m_a';
COMMENT ON TRIGGER tr ON public.t IS 'public.tr';
CREATE PROCEDURE public.p(public.t[]) LANGUAGE sql AS 'SELECT public.g(null) + 1';
