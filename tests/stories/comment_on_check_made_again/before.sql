-- story: a comment on a check that is made again around a renamed parameter
-- tables
-- entities
CREATE FUNCTION norm(a text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower($1) $$;
-- tables
CREATE TABLE usr (id integer PRIMARY KEY, mail text, CONSTRAINT usr_mail CHECK (norm(mail) <> ''));
-- entities
COMMENT ON CONSTRAINT usr_mail ON usr IS 'never empty';
