-- story: a check takes whole rows through a function, in a second revision
-- options: {"compare": "all"}
-- tables
CREATE TABLE t (id integer PRIMARY KEY, n integer);
-- entities
CREATE FUNCTION fine(r t) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN r.n > 0; END $$;
