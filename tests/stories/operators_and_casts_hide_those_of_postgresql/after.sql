-- entities
CREATE TYPE ver AS (major integer, minor integer);
-- tables
CREATE TABLE t (a integer PRIMARY KEY, b integer);
-- entities
CREATE FUNCTION ver_text(a ver) RETURNS text LANGUAGE sql IMMUTABLE RETURN (a).major || '.' || (a).minor;
CREATE CAST (ver AS text) WITH FUNCTION ver_text(ver);
CREATE FUNCTION ver_cmp(a ver, b ver) RETURNS integer LANGUAGE sql IMMUTABLE RETURN (a).major - (b).major + 0;
CREATE FUNCTION ver_eq(a ver, b ver) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN ver_cmp(a, b) = 0;
CREATE FUNCTION ver_lt(a ver, b ver) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN ver_cmp(a, b) < 0;
CREATE OPERATOR = (LEFTARG = ver, RIGHTARG = ver, FUNCTION = ver_eq, COMMUTATOR = =);
CREATE OPERATOR < (LEFTARG = ver, RIGHTARG = ver, FUNCTION = ver_lt, COMMUTATOR = >);
CREATE FUNCTION ver_gt(a ver, b ver) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN b < a;
CREATE OPERATOR > (LEFTARG = ver, RIGHTARG = ver, FUNCTION = ver_gt, COMMUTATOR = <);
CREATE FUNCTION le(a ver, b ver) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN a < b OR a = b;
CREATE OPERATOR <= (LEFTARG = ver, RIGHTARG = ver, FUNCTION = le);
CREATE FUNCTION ge(a ver, b ver) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN b <= a;
CREATE OPERATOR >= (LEFTARG = ver, RIGHTARG = ver, FUNCTION = ge);
CREATE OPERATOR CLASS ver_ops DEFAULT FOR TYPE ver USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 ver_cmp(ver, ver);
-- entities
CREATE FUNCTION aaa(one ver, two ver) RETURNS ver LANGUAGE sql IMMUTABLE STRICT
    RETURN CASE WHEN one > two THEN one ELSE two END;
CREATE VIEW a AS SELECT ROW(b, 1)::ver > ROW(3, 1)::ver AS x, ROW(b, 1)::ver::text AS y FROM t;
CREATE VIEW b AS SELECT a, b FROM t WHERE ROW(a, b)::ver IN (ROW(1, 2)::ver, ROW(1, 3)::ver);
CREATE MATERIALIZED VIEW m AS SELECT ROW(a, b)::ver AS v FROM t ORDER BY ROW(a, b)::ver;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (ROW(a, b)::ver < ROW(2, 1)::ver);
CREATE RULE r AS ON DELETE TO t WHERE ROW(old.a, old.b)::ver > ROW(2, 1)::ver DO INSTEAD NOTHING;
CREATE FUNCTION ab(one ver, two ver) RETURNS ver LANGUAGE sql IMMUTABLE RETURN CASE WHEN one <= two THEN one ELSE two END;
