-- story: functions made again take along an operator, a language and a domain that nobody declared, with all set on them
-- roles: reader, writer
-- compare: owner
-- unmanaged
CREATE FUNCTION opposite(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT -$1';
CREATE OPERATOR !% (FUNCTION = opposite, RIGHTARG = integer);
COMMENT ON OPERATOR !% (NONE, integer) IS 'it''s :x %s';
ALTER OPERATOR !% (NONE, integer) OWNER TO writer;
CREATE FUNCTION inline(internal) RETURNS void LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE TRUSTED LANGUAGE theirs HANDLER plpgsql_call_handler INLINE inline VALIDATOR plpgsql_validator;
REVOKE USAGE ON LANGUAGE theirs FROM PUBLIC;
GRANT USAGE ON LANGUAGE theirs TO reader WITH GRANT OPTION;
COMMENT ON LANGUAGE theirs IS 'theirs';
CREATE FUNCTION positive(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
CREATE DOMAIN "Count" AS integer CONSTRAINT "is "":x %s" CHECK (positive(VALUE));
COMMENT ON CONSTRAINT "is "":x %s" ON DOMAIN "Count" IS 'why';
GRANT USAGE ON DOMAIN "Count" TO reader;
-- entities
CREATE OR REPLACE FUNCTION opposite(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT -$1';
CREATE OR REPLACE FUNCTION inline(internal) RETURNS void LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE OR REPLACE FUNCTION positive(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
