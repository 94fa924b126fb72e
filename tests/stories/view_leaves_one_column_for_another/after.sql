-- tables
CREATE TABLE left_side (id integer PRIMARY KEY);
CREATE TABLE right_side (id integer PRIMARY KEY, comes integer);
-- entities
CREATE VIEW inner_view AS SELECT id, comes FROM right_side;
CREATE VIEW outer_view AS SELECT id, comes + 0 AS value FROM left_side JOIN inner_view USING (id);
