-- tables
-- entities
CREATE TYPE geo AS (lat double precision, alt real);
COMMENT ON COLUMN geo.lat IS 'north';
COMMENT ON COLUMN geo.alt IS 'up';
CREATE DOMAIN amount AS integer
    CONSTRAINT below CHECK (VALUE < 99) CONSTRAINT named CHECK (VALUE <> 4) CONSTRAINT pos CHECK (VALUE > 0);
COMMENT ON CONSTRAINT below ON DOMAIN amount IS 'changes';
COMMENT ON CONSTRAINT pos ON DOMAIN amount IS 'positive';
CREATE VIEW v AS SELECT NULL::geo AS g, 1::amount AS a;
