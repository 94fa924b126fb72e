-- story: what a view has beyond its query comes and goes: security_barrier, check_option, defaults of columns
-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text, c integer);
-- entities
CREATE VIEW barrier WITH (security_barrier) AS SELECT a, b FROM t;
CREATE VIEW plain AS SELECT a, b FROM t;
CREATE VIEW checked AS SELECT a, b, c FROM t WHERE c > 0 WITH CASCADED CHECK OPTION;
CREATE VIEW locally WITH (check_option = local, security_barrier = false) AS SELECT a FROM t WHERE a > 0;
CREATE VIEW defaults AS SELECT a, b, c FROM t;
ALTER VIEW defaults ALTER COLUMN b SET DEFAULT 'x, ''y''';
ALTER VIEW defaults ALTER COLUMN c SET DEFAULT 1;
CREATE VIEW users AS SELECT barrier.a FROM barrier JOIN checked USING (a);
