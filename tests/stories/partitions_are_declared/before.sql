-- story: partitions come, change their bounds and go; those that an application made are left alone
-- unmanaged
CREATE TABLE sale (id integer NOT NULL, at date NOT NULL, region text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE INDEX sale_region ON sale (region);
-- entities
CREATE TABLE sale_2024 PARTITION OF sale FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE sale_2025 PARTITION OF sale FOR VALUES FROM ('2025-01-01') TO ('2025-12-01');
CREATE TABLE goes PARTITION OF sale FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE "De fault" PARTITION OF sale DEFAULT PARTITION BY RANGE (id);
CREATE TABLE inner_one PARTITION OF "De fault" FOR VALUES FROM (1) TO (10);
CREATE VIEW recent AS SELECT id FROM sale_2025;
