-- story: a type is made again in the revision that makes the tables and columns of it, and back as they go
-- entities
CREATE TYPE size AS ENUM ('small', 'large');
CREATE TYPE state AS ENUM ('open', 'done');
CREATE DOMAIN word AS varchar(10);
-- tables
CREATE TABLE stays (id integer PRIMARY KEY, state state);
