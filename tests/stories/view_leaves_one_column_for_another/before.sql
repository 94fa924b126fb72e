-- story: a view stops using a column that goes, and needs, through another view, one that comes
-- tables
CREATE TABLE left_side (id integer PRIMARY KEY, goes integer);
CREATE TABLE right_side (id integer PRIMARY KEY);
-- entities
CREATE VIEW inner_view AS SELECT id FROM right_side;
CREATE VIEW outer_view AS SELECT id, goes + 0 AS value FROM left_side;
