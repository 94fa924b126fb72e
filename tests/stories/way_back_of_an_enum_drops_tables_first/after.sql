-- entities
CREATE TYPE state AS ENUM ('new', 'open', 'done');
-- tables
CREATE TABLE task (id integer PRIMARY KEY, state state, before state DEFAULT 'open');
CREATE TABLE event (id integer PRIMARY KEY, state state, ends boolean GENERATED ALWAYS AS (state = 'done') STORED);
