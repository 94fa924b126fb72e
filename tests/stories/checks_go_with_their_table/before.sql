-- story: tables go, and come, with checks, foreign keys and indexes over what is made again
-- compare: owner
-- entities
CREATE FUNCTION ok(n integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n > 0';
CREATE TYPE mood AS ENUM ('sad', 'fine', 'glad');
CREATE DOMAIN code AS integer CHECK (VALUE > 0);
-- tables
CREATE TABLE stays (id code PRIMARY KEY, a integer CONSTRAINT right_one CHECK (ok(a)));
CREATE TABLE goes (
  id code REFERENCES stays,
  a integer CONSTRAINT "odd "":x %s" CHECK (ok(a)),
  b boolean DEFAULT ok(1),
  m mood DEFAULT 'fine' CHECK (m <> 'sad'),
  c code,
  CHECK (id <> c)
);
CREATE INDEX goes_a ON goes (ok(a)) WHERE ok(a);
-- entities
CREATE POLICY own ON goes USING (ok(a));
CREATE STATISTICS both_of ON (ok(a)), m FROM goes;
CREATE VIEW over AS SELECT ok(a) AS is_ok, m FROM goes;
