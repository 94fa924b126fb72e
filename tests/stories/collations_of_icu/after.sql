-- entities
CREATE COLLATION ci (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
CREATE COLLATION copy FROM ci;
CREATE DOMAIN d AS text COLLATE ci CHECK (VALUE <> 'x');
-- tables
CREATE TABLE t (id integer PRIMARY KEY, a text COLLATE ci UNIQUE, d d);
CREATE TABLE u (id integer PRIMARY KEY, a text COLLATE copy);
-- entities
CREATE COLLATION level (PROVIDER = icu, LOCALE = 'und-u-ks-level1', DETERMINISTIC = false);
CREATE COLLATION other (PROVIDER = icu, LOCALE = 'en-US', DETERMINISTIC = false);
CREATE COLLATION "odd ""%s :x" (PROVIDER = icu, LOCALE = 'de-x-icu');
CREATE COLLATION comes FROM "de-x-icu";
CREATE COLLATION moves (PROVIDER = icu, LOCALE = 'und');
CREATE VIEW v AS SELECT a COLLATE other AS x, a COLLATE level = 'B' AS y FROM t;
COMMENT ON COLLATION level IS 'stays';
