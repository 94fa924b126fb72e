-- tables
CREATE TABLE node (id bigint PRIMARY KEY, parent bigint, name varchar(20));
-- entities
CREATE RECURSIVE VIEW tree (id, depth, path) AS SELECT id, 0, ARRAY[id] FROM node WHERE parent IS NULL UNION ALL SELECT node.id, depth + 1, path || node.id FROM node JOIN tree ON node.parent = tree.id;
CREATE VIEW leaves AS WITH RECURSIVE x AS (SELECT id, name FROM node UNION SELECT node.id, node.name FROM node JOIN x ON x.id = node.parent) SELECT x.id, x.name, tree.depth FROM x JOIN tree USING (id);
