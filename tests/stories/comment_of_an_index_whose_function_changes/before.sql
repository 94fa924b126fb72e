-- story: an index of the models has a declared comment and calls a function whose signature changes
-- tables
-- entities
CREATE FUNCTION norm(t text) RETURNS text LANGUAGE sql IMMUTABLE RETURN lower(t);
-- tables
CREATE TABLE usr (id integer PRIMARY KEY, email text);
CREATE UNIQUE INDEX usr_email ON usr (norm(email));
-- entities
COMMENT ON INDEX usr_email IS 'one per address';
