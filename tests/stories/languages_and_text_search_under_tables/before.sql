-- story: languages, parsers, templates, dictionaries and operator families change under indexes, defaults, checks and statistics of tables
-- compare: owner
-- needs: operator classes
-- entities
CREATE LANGUAGE "odd %s" HANDLER plpgsql_call_handler;
CREATE FUNCTION said(a text) RETURNS text LANGUAGE "odd %s" IMMUTABLE AS 'BEGIN RETURN a; END';
CREATE TEXT SEARCH PARSER "pars :x" (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE plain (LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = plain);
CREATE TEXT SEARCH CONFIGURATION find (PARSER = "pars :x");
ALTER TEXT SEARCH CONFIGURATION find ADD MAPPING FOR word, asciiword WITH words;
CREATE OPERATOR FAMILY fam USING btree;
CREATE OPERATOR CLASS ops FOR TYPE integer USING btree FAMILY fam AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer);
-- tables
CREATE TABLE t (id integer PRIMARY KEY, a text DEFAULT said('x'), b text, CHECK (said(b) <> ''));
CREATE INDEX t_said ON t (said(a));
CREATE INDEX t_find ON t USING gin (to_tsvector('find', a));
CREATE INDEX t_ops ON t (id ops);
-- entities
CREATE STATISTICS s ON (said(a)), (to_tsvector('find', b)) FROM t;
