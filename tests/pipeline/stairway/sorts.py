"""Revisions of many sorts, each with a downgrade that takes it back and one that does not."""

from __future__ import annotations

from dataclasses import dataclass

WORLD = """
CREATE ROLE clerk_of_stairway;
CREATE TABLE shop (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x', price numeric(8, 2), state varchar(20), note text);
CREATE TABLE item (id int PRIMARY KEY, shop_id int CONSTRAINT item_shop REFERENCES shop ON DELETE CASCADE, n int);
CREATE INDEX shop_name ON shop (name) WHERE price > 0;
ALTER TABLE shop ADD CONSTRAINT positive CHECK (price > 0);
ALTER TABLE shop ADD CONSTRAINT once UNIQUE (name) DEFERRABLE;
COMMENT ON TABLE shop IS 'where it is';
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TYPE pair AS (a int, b int);
CREATE DOMAIN amount AS int;
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE VIEW dear AS SELECT id, name FROM shop WHERE price > 100;
CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM shop;
CREATE TRIGGER touched BEFORE UPDATE ON shop FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TABLE log (at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE log_old PARTITION OF log FOR VALUES FROM ('2000-01-01') TO ('2020-01-01');
CREATE SEQUENCE counter;
CREATE SCHEMA aside;
CREATE POLICY mine ON item USING (id > 0);
"""


@dataclass(frozen=True)
class Sort:
    """A sort of change: SQL of the upgrade, of the right downgrade, and of one that is wrong.

    ``says`` is in the message about the wrong one.
    """

    name: str
    up: str
    right: str
    wrong: str
    says: str


def sort(name: str, up: str, right: str, wrong: str, says: str) -> Sort:
    return Sort(name, up, right, wrong, says)


SORTS = [
    sort("index", "CREATE TABLE t1 (a int); CREATE INDEX i1 ON item (n)", "DROP TABLE t1; DROP INDEX i1", "DROP TABLE t1",
         "leaves index public.i1"),
    sort("table", "CREATE TABLE t2 (a int)", "DROP TABLE t2", "SELECT 1", "leaves table public.t2"),
    sort("column", "ALTER TABLE item ADD c3 int, ADD d3 int", "ALTER TABLE item DROP c3, DROP d3", "ALTER TABLE item DROP c3",
         "does not bring back table public.item as it was"),
    sort("table_comment", "COMMENT ON TABLE shop IS 'new'", "COMMENT ON TABLE shop IS 'where it is'",
         "COMMENT ON TABLE shop IS NULL", "does not bring back table public.shop as it was"),
    sort("column_comment", "COMMENT ON COLUMN item.n IS 'how many'", "COMMENT ON COLUMN item.n IS NULL", "SELECT 1",
         "does not bring back table public.item as it was"),
    sort("grant", "GRANT SELECT ON item TO clerk_of_stairway", "REVOKE SELECT ON item FROM clerk_of_stairway", "SELECT 1",
         "does not bring back table public.item as it was"),
    sort("column_grant", "GRANT UPDATE (n) ON item TO clerk_of_stairway", "REVOKE UPDATE (n) ON item FROM clerk_of_stairway",
         "SELECT 1", "does not bring back table public.item as it was"),
    sort("revoke_from_public", "REVOKE EXECUTE ON FUNCTION twice FROM PUBLIC", "GRANT EXECUTE ON FUNCTION twice TO PUBLIC",
         "SELECT 1", "does not bring back function public.twice(integer) as it was"),
    sort("enum_value", "ALTER TYPE mood ADD VALUE 'worse'", "DROP TYPE mood; CREATE TYPE mood AS ENUM ('good', 'bad')",
         "SELECT 1", "does not bring back enum public.mood as it was"),
    sort("enum_order", "ALTER TYPE mood ADD VALUE 'so' BEFORE 'bad'", "DROP TYPE mood; CREATE TYPE mood AS ENUM ('good', 'bad')",
         "DROP TYPE mood; CREATE TYPE mood AS ENUM ('bad', 'good')", "does not bring back enum public.mood as it was"),
    sort("foreign_key_action", "ALTER TABLE item DROP CONSTRAINT item_shop, ADD CONSTRAINT item_shop FOREIGN KEY (shop_id) REFERENCES shop",
         "ALTER TABLE item DROP CONSTRAINT item_shop, ADD CONSTRAINT item_shop FOREIGN KEY (shop_id) REFERENCES shop ON DELETE CASCADE",
         "SELECT 1", "does not bring back constraint item_shop on public.item as it was"),
    sort("foreign_key", "ALTER TABLE item DROP CONSTRAINT item_shop",
         "ALTER TABLE item ADD CONSTRAINT item_shop FOREIGN KEY (shop_id) REFERENCES shop ON DELETE CASCADE", "SELECT 1",
         "does not bring back constraint item_shop on public.item"),
    sort("not_valid", "ALTER TABLE shop DROP CONSTRAINT positive", "ALTER TABLE shop ADD CONSTRAINT positive CHECK (price > 0)",
         "ALTER TABLE shop ADD CONSTRAINT positive CHECK (price > 0) NOT VALID", "does not bring back constraint positive on public.shop as it was"),
    sort("deferrable", "ALTER TABLE shop DROP CONSTRAINT once", "ALTER TABLE shop ADD CONSTRAINT once UNIQUE (name) DEFERRABLE",
         "ALTER TABLE shop ADD CONSTRAINT once UNIQUE (name)", "does not bring back constraint once on public.shop as it was"),
    sort("default", "ALTER TABLE shop ALTER name SET DEFAULT 'y'", "ALTER TABLE shop ALTER name SET DEFAULT 'x'",
         "ALTER TABLE shop ALTER name DROP DEFAULT", "does not bring back default name on public.shop"),
    sort("not_null", "ALTER TABLE shop ALTER state SET NOT NULL", "ALTER TABLE shop ALTER state DROP NOT NULL", "SELECT 1",
         "does not bring back table public.shop as it was"),
    sort("type", "ALTER TABLE item ALTER n TYPE bigint", "ALTER TABLE item ALTER n TYPE int", "SELECT 1",
         "does not bring back table public.item as it was"),
    sort("length", "ALTER TABLE shop ALTER state TYPE varchar(30)", "ALTER TABLE shop ALTER state TYPE varchar(20)",
         "ALTER TABLE shop ALTER state TYPE varchar(25)", "does not bring back table public.shop as it was"),
    sort("collation", 'ALTER TABLE shop ALTER note TYPE text COLLATE "C"', "ALTER TABLE shop ALTER note TYPE text", "SELECT 1",
         "does not bring back table public.shop as it was"),
    sort("rename", "ALTER TABLE item RENAME n TO amount", "ALTER TABLE item RENAME amount TO n", "SELECT 1",
         "does not bring back table public.item as it was"),
    sort("predicate", "DROP INDEX shop_name", "CREATE INDEX shop_name ON shop (name) WHERE price > 0",
         "CREATE INDEX shop_name ON shop (name)", "does not bring back index public.shop_name as it was"),
    sort("function", "CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n + n'",
         "CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2'",
         "CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2'",
         "does not bring back function public.twice(integer) as it was"),
    sort("view", "CREATE OR REPLACE VIEW dear AS SELECT id, name FROM shop WHERE price > 200",
         "CREATE OR REPLACE VIEW dear AS SELECT id, name FROM shop WHERE price > 100", "DROP VIEW dear",
         "does not bring back view public.dear"),
    sort("view_option", "ALTER VIEW dear SET (security_barrier)", "ALTER VIEW dear RESET (security_barrier)", "SELECT 1",
         "does not bring back view public.dear as it was"),
    sort("materialized_view_index", "CREATE UNIQUE INDEX total_n ON total (n)", "DROP INDEX total_n",
         "DROP INDEX total_n; DROP MATERIALIZED VIEW total; CREATE MATERIALIZED VIEW total AS SELECT count(*) AS m FROM shop",
         "does not bring back materialized view public.total as it was"),
    sort("trigger_state", "ALTER TABLE shop DISABLE TRIGGER touched", "ALTER TABLE shop ENABLE TRIGGER touched",
         "ALTER TABLE shop ENABLE ALWAYS TRIGGER touched", "does not bring back trigger touched on public.shop as it was"),
    sort("trigger", "CREATE TRIGGER other AFTER INSERT ON item FOR EACH ROW EXECUTE FUNCTION touch()", "DROP TRIGGER other ON item",
         "SELECT 1", "leaves trigger other on public.item"),
    sort("policy", "ALTER POLICY mine ON item USING (id > 1)", "ALTER POLICY mine ON item USING (id > 0)",
         "ALTER POLICY mine ON item TO clerk_of_stairway USING (id > 0)", "does not bring back policy mine on public.item as it was"),
    sort("row_security", "ALTER TABLE item ENABLE ROW LEVEL SECURITY", "ALTER TABLE item DISABLE ROW LEVEL SECURITY", "SELECT 1",
         "does not bring back table public.item as it was"),
    sort("owner", "ALTER TABLE item OWNER TO clerk_of_stairway", "ALTER TABLE item OWNER TO CURRENT_USER", "SELECT 1",
         "does not bring back table public.item as it was"),
    sort("partition", "CREATE TABLE log_new PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2030-01-01')", "DROP TABLE log_new",
         "ALTER TABLE log DETACH PARTITION log_new", "leaves table public.log_new"),
    sort("schema", "CREATE SCHEMA new; CREATE TABLE new.t (a int)", "DROP SCHEMA new CASCADE", "DROP TABLE new.t", "leaves schema new"),
    sort("extension", "CREATE EXTENSION pg_trgm", "DROP EXTENSION pg_trgm", "SELECT 1", "leaves extension pg_trgm"),
    sort("domain", "ALTER DOMAIN amount ADD CONSTRAINT over CHECK (VALUE > 0)", "ALTER DOMAIN amount DROP CONSTRAINT over",
         "SELECT 1", "does not bring back domain public.amount as it was"),
    sort("composite_type", "ALTER TYPE pair ADD ATTRIBUTE c int", "ALTER TYPE pair DROP ATTRIBUTE c", "SELECT 1",
         "does not bring back composite type public.pair as it was"),
    sort("sequence", "ALTER SEQUENCE counter INCREMENT 2", "ALTER SEQUENCE counter INCREMENT 1", "ALTER SEQUENCE counter INCREMENT 1 CACHE 5",
         "does not bring back sequence public.counter as it was"),
    sort("statistics", "CREATE STATISTICS both_of_it ON id, name FROM shop", "DROP STATISTICS both_of_it", "SELECT 1",
         "leaves statistics public.both_of_it"),
    sort("storage_parameter", "ALTER TABLE shop SET (fillfactor = 70)", "ALTER TABLE shop RESET (fillfactor)", "SELECT 1",
         "does not bring back table public.shop as it was"),
    sort("statistics_target", "ALTER TABLE shop ALTER name SET STATISTICS 500", "ALTER TABLE shop ALTER name SET STATISTICS -1",
         "SELECT 1", "does not bring back table public.shop as it was"),
    sort("unlogged", "ALTER TABLE item SET UNLOGGED", "ALTER TABLE item SET LOGGED", "SELECT 1", "does not bring back table public.item as it was"),
    sort("publication", "CREATE PUBLICATION news FOR TABLE item", "DROP PUBLICATION news", "ALTER PUBLICATION news DROP TABLE item",
         "leaves publication news"),
    sort("default_privileges", "ALTER DEFAULT PRIVILEGES IN SCHEMA aside GRANT SELECT ON TABLES TO clerk_of_stairway",
         "ALTER DEFAULT PRIVILEGES IN SCHEMA aside REVOKE SELECT ON TABLES FROM clerk_of_stairway", "SELECT 1",
         "leaves default privileges"),
    sort("rule", "CREATE RULE no_more AS ON DELETE TO item DO INSTEAD NOTHING", "DROP RULE no_more ON item", "SELECT 1",
         "leaves rule no_more on public.item"),
    sort("moved", "ALTER TABLE item SET SCHEMA aside", "ALTER TABLE aside.item SET SCHEMA public", "SELECT 1",
         "does not bring back table public.item"),
    sort("identity", "ALTER TABLE log ADD x int GENERATED ALWAYS AS IDENTITY; ALTER TABLE item ADD g int GENERATED ALWAYS AS (twice(id)) STORED",
         "ALTER TABLE log DROP x; ALTER TABLE item DROP g", "ALTER TABLE log ALTER x DROP IDENTITY, DROP x; ALTER TABLE item ALTER g DROP EXPRESSION",
         "does not bring back table public.item as it was"),
    # steps that fail
    sort("wrong_name", "CREATE TABLE t90 (a int)", "DROP TABLE t90", "DROP TABLE t91", "the downgrade fails: table \"t91\" does not exist"),
    sort("in_use", "CREATE TABLE t92 (a int); CREATE VIEW v92 AS SELECT a FROM t92", "DROP VIEW v92; DROP TABLE t92", "DROP TABLE t92",
         "the downgrade fails: cannot drop table t92"),
    sort("rows_left", "INSERT INTO shop (id, price) VALUES (7, 1)", "DELETE FROM shop", "SELECT 1", "after a downgrade the upgrade fails: duplicate key"),
    sort("harmless_column", "ALTER TABLE shop DROP note", "ALTER TABLE shop ADD note text", "ALTER TABLE shop ADD note varchar",
         "does not bring back table public.shop as it was"),
]  # fmt: skip
