-- story: views that group by a primary key hang on the constraint, whose column changes its type
-- tables
CREATE TABLE shop (id integer PRIMARY KEY, name text, place text);
CREATE TABLE sale (id integer PRIMARY KEY, shop integer REFERENCES shop, amount numeric(10, 2));
-- entities
CREATE VIEW total AS SELECT shop.*, sum(amount) AS total FROM shop JOIN sale ON sale.shop = shop.id GROUP BY shop.id;
CREATE MATERIALIZED VIEW best AS SELECT id, name FROM total WHERE total > 10;
CREATE UNIQUE INDEX best_id ON best (id);
