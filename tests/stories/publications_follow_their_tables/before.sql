-- story: tables come, go and change their columns under publications, which lists, filters and comments survive
-- needs: postgres>=15
-- roles: writer
-- compare: owner
-- unmanaged
CREATE SCHEMA audit;
-- tables
CREATE TABLE customer (id integer PRIMARY KEY, region text, email text);
CREATE TABLE sale (id integer PRIMARY KEY, customer_id integer, total integer);
CREATE TABLE old (id integer PRIMARY KEY);
-- entities
CREATE PUBLICATION sales FOR TABLE sale WHERE (total > 0), customer (id, region), old WITH (publish = 'insert, update');
COMMENT ON PUBLICATION sales IS 'for the warehouse';
ALTER PUBLICATION sales OWNER TO writer;
CREATE PUBLICATION audit FOR TABLES IN SCHEMA audit;
CREATE PUBLICATION everything FOR ALL TABLES;
