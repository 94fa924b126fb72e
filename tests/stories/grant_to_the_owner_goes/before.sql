-- story: a grant that its owner had anyway goes with the owner, and nothing of it comes back with a downgrade
-- roles: alice
-- compare: owner
-- entities
CREATE VIEW v AS SELECT 1 AS a;
ALTER VIEW v OWNER TO alice;
GRANT ALL ON v TO alice;
COMMENT ON VIEW v IS 'one';
