-- story: attributes of a composite type and checks of a domain come, change and go, each with its comment
-- tables
-- entities
CREATE TYPE geo AS (lat real, gone real, "Odd "".x" real);
COMMENT ON COLUMN geo.lat IS 'north';
COMMENT ON COLUMN geo.gone IS 'goes';
COMMENT ON COLUMN geo."Odd "".x" IS 'goes too';
CREATE DOMAIN amount AS integer
    CONSTRAINT "Odd "".x" CHECK (VALUE <> 3) CONSTRAINT below CHECK (VALUE < 9) CONSTRAINT named CHECK (VALUE <> 4);
COMMENT ON CONSTRAINT "Odd "".x" ON DOMAIN amount IS 'goes';
COMMENT ON CONSTRAINT below ON DOMAIN amount IS 'changes';
COMMENT ON CONSTRAINT named ON DOMAIN amount IS 'is silent';
CREATE VIEW v AS SELECT NULL::geo AS g, 1::amount AS a;
