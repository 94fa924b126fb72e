-- tables
CREATE TABLE shop (id bigint PRIMARY KEY, name text, place text);
CREATE TABLE sale (id integer PRIMARY KEY, shop bigint REFERENCES shop, amount numeric(12, 2));
-- entities
CREATE VIEW total AS SELECT shop.*, sum(amount) AS total FROM shop JOIN sale ON sale.shop = shop.id GROUP BY shop.id;
CREATE MATERIALIZED VIEW best AS SELECT id, name FROM total WHERE total > 10;
CREATE UNIQUE INDEX best_id ON best (id);
