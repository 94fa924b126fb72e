-- story: a new column's default calls a new function whose body reads another new table
-- tables
CREATE TABLE t (a integer PRIMARY KEY);
-- entities
