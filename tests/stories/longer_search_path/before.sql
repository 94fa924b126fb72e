-- story: unqualified names are found along a search_path of several schemas; new ones go to the first
-- search_path: app, lib, public
-- unmanaged
CREATE SCHEMA app;
CREATE SCHEMA lib;
CREATE FUNCTION lib.double(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE TABLE public.setting (name text PRIMARY KEY, value text);
-- tables
CREATE TABLE t (a integer PRIMARY KEY, b integer);
-- entities
CREATE VIEW v AS SELECT a, double(b) AS b FROM t;
CREATE VIEW lib.settings AS SELECT name FROM setting;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch();
COMMENT ON VIEW settings IS 'in lib';
