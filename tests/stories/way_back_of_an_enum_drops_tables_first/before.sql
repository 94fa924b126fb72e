-- story: an enum gains a value; the way back need not move the columns that it drops, which generated ones read
-- entities
CREATE TYPE state AS ENUM ('new', 'done');
-- tables
CREATE TABLE task (id integer PRIMARY KEY, state state);
