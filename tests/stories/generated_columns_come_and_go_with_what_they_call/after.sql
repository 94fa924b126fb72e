-- entities
CREATE FUNCTION g(b integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT b';
CREATE FUNCTION h(x integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN g(x) + 1;
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
-- tables
CREATE TABLE loses (id integer PRIMARY KEY);
CREATE TABLE gains (id integer PRIMARY KEY, m integer, n integer GENERATED ALWAYS AS (h(id)) STORED);
CREATE INDEX gains_n ON gains (n);
CREATE TABLE comes (id integer PRIMARY KEY, n integer GENERATED ALWAYS AS (h(id)) STORED, CHECK (g(id) > 3));
CREATE INDEX comes_n ON comes (n);
CREATE INDEX comes_id ON comes (g(id));
CREATE TABLE refers_too (id integer PRIMARY KEY, of integer REFERENCES comes (id));
-- entities
CREATE TRIGGER comes_noted BEFORE INSERT ON comes FOR EACH ROW EXECUTE FUNCTION noted();
CREATE VIEW of_comes AS SELECT id, n FROM comes;
CREATE VIEW of_loses AS SELECT id, g(id) AS g FROM loses;
CREATE VIEW of_gains AS SELECT id, h(m) AS h, n FROM gains;
GRANT SELECT ON of_gains TO reader;
