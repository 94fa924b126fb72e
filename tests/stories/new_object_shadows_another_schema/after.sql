-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text);
-- entities
CREATE VIEW public.people AS SELECT 1 AS a;
CREATE VIEW people AS SELECT a FROM t;
CREATE VIEW adults AS SELECT a FROM people;
CREATE VIEW names AS SELECT a FROM adults;
