-- Lines, then orders, then customers: each view stands on the one before.

CREATE VIEW line_total AS
SELECT order_id, product_id, quantity * unit_price AS amount
FROM order_line;

CREATE VIEW order_total AS
SELECT o.id AS order_id, o.customer_id, o.placed_at, coalesce(sum(l.amount), 0) AS total
FROM "order" o LEFT JOIN line_total l ON l.order_id = o.id
WHERE o.state <> 'cancelled'
GROUP BY o.id;

CREATE VIEW customer_turnover AS
SELECT c.id AS customer_id, c.name, count(t.order_id) AS orders, coalesce(sum(t.total), 0) AS turnover
FROM customer c LEFT JOIN order_total t ON t.customer_id = c.id
GROUP BY c.id;

-- The list for the front page of the office: refreshed at night, concurrently, hence the unique index.
CREATE MATERIALIZED VIEW best_customer AS
SELECT customer_id, name, turnover, rank() OVER (ORDER BY turnover DESC) AS place
FROM customer_turnover
WHERE turnover > 0;

CREATE UNIQUE INDEX best_customer_key ON best_customer (customer_id);
CREATE INDEX best_customer_place_idx ON best_customer (place);

COMMENT ON MATERIALIZED VIEW best_customer IS 'By turnover; refreshed every night.';
