-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text, c integer);
-- entities
CREATE VIEW barrier AS SELECT a, b FROM t;
CREATE VIEW plain WITH (security_barrier = true) AS SELECT a, b FROM t;
CREATE VIEW checked AS SELECT a, b, c FROM t WHERE c > 0;
CREATE VIEW locally WITH (check_option = cascaded) AS SELECT a FROM t WHERE a > 0;
CREATE VIEW defaults AS SELECT a, b, c FROM t;
ALTER VIEW defaults ALTER COLUMN a SET DEFAULT 5;
ALTER VIEW defaults ALTER COLUMN c SET DEFAULT 2;
CREATE VIEW users AS SELECT barrier.a FROM barrier JOIN checked USING (a);
