-- story: new columns use a new collation, a new cast and a new access method's operator class in the same revision
-- needs: postgres>=18
-- unmanaged
CREATE TYPE pair AS (a integer, b integer);
-- tables
CREATE TABLE t (id integer PRIMARY KEY);
-- entities
