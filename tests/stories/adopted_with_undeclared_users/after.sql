-- entities
CREATE OR REPLACE VIEW base AS SELECT id, a, b, upper(b) AS c FROM legacy;
