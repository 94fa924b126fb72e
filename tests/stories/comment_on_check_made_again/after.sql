-- tables
-- entities
CREATE FUNCTION norm(mail text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(mail) $$;
-- tables
CREATE TABLE usr (id integer PRIMARY KEY, mail text, CONSTRAINT usr_mail CHECK (norm(mail) <> ''));
-- entities
COMMENT ON CONSTRAINT usr_mail ON usr IS 'never empty';
