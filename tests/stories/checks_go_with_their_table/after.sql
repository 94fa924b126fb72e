-- entities
CREATE FUNCTION ok(number integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT number > 0';
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE DOMAIN code AS bigint CHECK (VALUE > 0);
-- tables
CREATE TABLE stays (id code PRIMARY KEY, a integer CONSTRAINT right_one CHECK (ok(a)));
CREATE TABLE comes (
  id code REFERENCES stays,
  a integer CONSTRAINT "odd "":x %s" CHECK (ok(a)),
  m mood DEFAULT 'glad' CHECK (m <> 'sad'),
  CHECK (id <> a)
);
CREATE INDEX comes_a ON comes (ok(a)) WHERE m > 'sad';
-- entities
CREATE VIEW over AS SELECT ok(a) AS is_ok, m FROM comes;
