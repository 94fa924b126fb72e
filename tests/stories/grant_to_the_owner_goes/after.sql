-- entities
CREATE VIEW v AS SELECT 2 AS a;
COMMENT ON VIEW v IS 'two';
