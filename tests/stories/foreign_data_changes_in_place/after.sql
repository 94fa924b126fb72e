-- tables
CREATE TABLE item (id integer PRIMARY KEY, name varchar(50));
-- entities
CREATE FOREIGN DATA WRAPPER files VALIDATOR postgresql_fdw_validator;
COMMENT ON FOREIGN DATA WRAPPER files IS 'files somewhere else';
CREATE SERVER near VERSION '16' FOREIGN DATA WRAPPER files OPTIONS (dbname 'x', host 'c.example', sslmode 'require');
ALTER SERVER near OWNER TO writer;
GRANT USAGE ON FOREIGN SERVER near TO reader;
CREATE SERVER far TYPE 'b' VERSION '1' FOREIGN DATA WRAPPER files OPTIONS (host 'b.example');
GRANT USAGE ON FOREIGN SERVER far TO reader;
COMMENT ON SERVER far IS 'far away';
CREATE USER MAPPING FOR writer SERVER near OPTIONS ("user" 'r', password '${env:FILES_PASSWORD}');
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS ("user" 'p', password '${env:FILES_PASSWORD}');
CREATE FOREIGN DATA WRAPPER plain;
CREATE SERVER odd FOREIGN DATA WRAPPER plain OPTIONS (api_key '${env:FILES_TOKEN}', api_token '${env:FILES_TOKEN}');
CREATE FOREIGN TABLE price (id integer NOT NULL, amount numeric CHECK (amount > 0)) SERVER far;
GRANT SELECT ON price TO reader;
CREATE FOREIGN TABLE stock (id integer, n bigint DEFAULT 1, place text OPTIONS (name 'x')) SERVER odd OPTIONS (path '/b');
CREATE FOREIGN TABLE log_old PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') SERVER odd;
CREATE VIEW offer AS SELECT item.name, price.amount FROM item JOIN price USING (id);
CREATE VIEW short AS SELECT id FROM stock WHERE n < 1;
COMMENT ON VIEW offer IS 'stays';
