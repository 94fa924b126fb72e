-- entities
CREATE COLLATION german (LC_COLLATE = 'C', LC_CTYPE = 'POSIX');
CREATE FUNCTION first_of(pair) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a';
CREATE CAST (pair AS integer) WITH FUNCTION first_of(pair);
CREATE ACCESS METHOD tree TYPE INDEX HANDLER bthandler;
CREATE OPERATOR CLASS tree_ops DEFAULT FOR TYPE integer USING tree AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer);
-- tables
CREATE TABLE t (id integer PRIMARY KEY, name text COLLATE german);
CREATE TABLE u (id integer PRIMARY KEY, n integer DEFAULT (ROW(1, 2)::pair)::integer);
CREATE INDEX i ON u USING tree (n);
