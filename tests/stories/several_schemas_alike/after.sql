-- tables
CREATE TABLE t (a integer PRIMARY KEY, b varchar(20));
CREATE TABLE app.t (a integer PRIMARY KEY, b text, c integer);
CREATE TABLE "Odd One".t (a integer PRIMARY KEY, b text);
-- entities
CREATE VIEW v AS SELECT a, b FROM t;
CREATE VIEW app.v AS SELECT a, c, b FROM app.t;
CREATE VIEW "Odd One".v AS SELECT x.a, y.b, x.c FROM app.v x JOIN public.v y USING (a);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION "Odd One".touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE TRIGGER touch BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER touch BEFORE INSERT ON "Odd One".t FOR EACH ROW EXECUTE FUNCTION "Odd One".touch();
