-- story: collations of ICU come, change and go: those of views are made again, those of columns stay
-- needs: icu
-- entities
CREATE COLLATION ci (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
CREATE COLLATION copy FROM ci;
CREATE DOMAIN d AS text COLLATE ci;
-- tables
CREATE TABLE t (id integer PRIMARY KEY, a text COLLATE ci UNIQUE, d d);
-- entities
CREATE COLLATION level (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
CREATE COLLATION other (PROVIDER = icu, LOCALE = 'en-US');
CREATE COLLATION "odd ""%s :x" (PROVIDER = icu, LOCALE = 'sv-x-icu');
CREATE COLLATION goes FROM "en-x-icu";
CREATE COLLATION moves (LOCALE = 'C');
CREATE VIEW v AS SELECT a COLLATE other AS x, a COLLATE level = 'B' AS y FROM t;
COMMENT ON COLLATION level IS 'stays';
