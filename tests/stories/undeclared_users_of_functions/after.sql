-- entities
CREATE OR REPLACE FUNCTION opposite(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT -$1';
CREATE OR REPLACE FUNCTION inline(a internal) RETURNS void LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE OR REPLACE FUNCTION positive(a integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
