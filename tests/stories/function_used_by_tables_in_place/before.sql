-- story: a function that a domain, a default, a check, an index, a policy and a generated column use changes in place
-- unmanaged
CREATE FUNCTION ok(x integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT x > 0';
CREATE DOMAIN positive AS integer CONSTRAINT positive CHECK (ok(VALUE));
CREATE TABLE legacy (id positive PRIMARY KEY, n integer DEFAULT 1 CONSTRAINT n_ok CHECK (ok(n)), good boolean GENERATED ALWAYS AS (ok(1)) STORED, fine boolean DEFAULT ok(5));
CREATE INDEX legacy_ok ON legacy (ok(n)) WHERE ok(n);
ALTER TABLE legacy ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON legacy USING (ok(n));
-- entities
CREATE OR REPLACE FUNCTION ok(x integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT x > 1';
