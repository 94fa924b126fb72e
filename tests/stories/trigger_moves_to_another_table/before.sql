-- story: a trigger moves to another table, one of the same name stays, and one takes another function
-- tables
CREATE TABLE one (a integer PRIMARY KEY, b text);
CREATE TABLE two (a integer PRIMARY KEY, b text);
CREATE TABLE three (a integer PRIMARY KEY, b text);
-- entities
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';
CREATE TRIGGER touch BEFORE UPDATE ON one FOR EACH ROW EXECUTE FUNCTION f('x');
CREATE TRIGGER touch BEFORE UPDATE ON three FOR EACH ROW EXECUTE FUNCTION f();
ALTER TABLE three DISABLE TRIGGER touch;
COMMENT ON TRIGGER touch ON one IS 'one';
