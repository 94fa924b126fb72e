-- tables
CREATE TABLE customer (id integer PRIMARY KEY, region text, email text, since date);
CREATE TABLE sale (id integer PRIMARY KEY, customer_id integer, total bigint);
CREATE TABLE line (id integer PRIMARY KEY, sale_id integer);
-- entities
CREATE PUBLICATION sales FOR TABLE line, sale WHERE (total > 0), customer (id, region, since) WITH (publish = 'insert, update');
COMMENT ON PUBLICATION sales IS 'for the warehouse';
ALTER PUBLICATION sales OWNER TO writer;
CREATE PUBLICATION audit FOR TABLES IN SCHEMA audit WITH (publish_via_partition_root = true);
CREATE PUBLICATION everything FOR ALL TABLES;
