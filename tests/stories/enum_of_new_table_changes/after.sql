-- entities
CREATE TYPE size AS ENUM ('large', 'small');
CREATE TYPE state AS ENUM ('done', 'open');
CREATE DOMAIN word AS text;
-- tables
CREATE TABLE stays (id integer PRIMARY KEY, state state, size size, word word);
CREATE TABLE comes (id integer PRIMARY KEY, size size, sizes size[], state state, word word);
