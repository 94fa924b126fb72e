-- story: recursive views change their columns and their types
-- tables
CREATE TABLE node (id integer PRIMARY KEY, parent integer, name varchar(10));
-- entities
CREATE RECURSIVE VIEW tree (id, depth) AS SELECT id, 0 FROM node WHERE parent IS NULL UNION ALL SELECT node.id, depth + 1 FROM node JOIN tree ON node.parent = tree.id;
CREATE VIEW leaves AS WITH RECURSIVE x AS (SELECT id, name FROM node UNION SELECT node.id, node.name FROM node JOIN x ON x.id = node.parent) SELECT x.id, x.name, tree.depth FROM x JOIN tree USING (id);
