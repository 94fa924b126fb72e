-- tables
CREATE TABLE t (id integer PRIMARY KEY, n integer);
-- entities
CREATE FUNCTION fine(r t) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN r.n > 0; END $$;
-- tables
ALTER TABLE t ADD CONSTRAINT fine CHECK (fine(t.*));
