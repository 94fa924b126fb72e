-- story: a server gets another host and its users other options, foreign tables other columns under views; a server of another type is made again with all that is on it
-- roles: reader, writer
-- compare: owner
-- environment: FILES_PASSWORD, FILES_TOKEN
-- unmanaged
CREATE TABLE log (id integer NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
-- tables
CREATE TABLE item (id integer PRIMARY KEY, name text);
-- entities
CREATE FOREIGN DATA WRAPPER files VALIDATOR postgresql_fdw_validator;
COMMENT ON FOREIGN DATA WRAPPER files IS 'files elsewhere';
CREATE SERVER near FOREIGN DATA WRAPPER files OPTIONS (host 'a.example', port '5432', dbname 'x');
ALTER SERVER near OWNER TO writer;
GRANT USAGE ON FOREIGN SERVER near TO reader;
CREATE SERVER far TYPE 'a' VERSION '1' FOREIGN DATA WRAPPER files OPTIONS (host 'b.example');
GRANT USAGE ON FOREIGN SERVER far TO reader;
COMMENT ON SERVER far IS 'far away';
CREATE USER MAPPING FOR reader SERVER near OPTIONS ("user" 'r', password '${env:FILES_PASSWORD}');
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS ("user" 'p', password '${env:FILES_PASSWORD}');
CREATE FOREIGN DATA WRAPPER plain;
CREATE SERVER odd FOREIGN DATA WRAPPER plain OPTIONS (api_token '${env:FILES_TOKEN}');
CREATE FOREIGN TABLE price (id integer NOT NULL, amount numeric CHECK (amount > 0)) SERVER far;
GRANT SELECT ON price TO reader;
CREATE FOREIGN TABLE stock (id integer, n integer DEFAULT 0) SERVER odd OPTIONS (path '/a');
CREATE FOREIGN TABLE log_old PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') SERVER odd;
CREATE VIEW offer AS SELECT item.name, price.amount FROM item JOIN price USING (id);
CREATE VIEW short AS SELECT id FROM stock WHERE n < 1;
COMMENT ON VIEW offer IS 'stays';
