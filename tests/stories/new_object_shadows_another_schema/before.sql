-- story: a new view in the first schema of the path takes the place of one of the same name in a later one
-- search_path: app, public
-- unmanaged
CREATE SCHEMA app;
-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text);
-- entities
CREATE VIEW public.people AS SELECT 1 AS a;
CREATE VIEW adults AS SELECT a FROM people;
CREATE VIEW names AS SELECT a FROM adults;
