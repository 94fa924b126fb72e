-- tables
-- entities
CREATE FUNCTION norm(t text, how text DEFAULT 'x') RETURNS text LANGUAGE sql IMMUTABLE RETURN lower(t) || how;
-- tables
CREATE TABLE usr (id integer PRIMARY KEY, email text);
CREATE UNIQUE INDEX usr_email ON usr (norm(email));
-- entities
COMMENT ON INDEX usr_email IS 'one per address';
