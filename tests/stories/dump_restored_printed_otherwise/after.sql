-- entities
CREATE VIEW other AS SELECT a FROM t WHERE state IN ('a', 'b', 'c') OR code[1] IN ('c', 'd');
