"""Which statements act on the whole server."""

import pytest

from alembic_ext.history.cluster import acts_on_cluster


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE ROLE boss", "DROP ROLE IF EXISTS boss", "ALTER ROLE postgres SET work_mem = 1", "GRANT a TO b",
        "ALTER SYSTEM SET work_mem = 1", "ALTER DATABASE postgres SET work_mem = 1", "DROP SUBSCRIPTION s",
        "CREATE TABLESPACE x LOCATION '/tmp'", "DROP OWNED BY postgres", "COMMENT ON ROLE postgres IS 'x'",
        "GRANT CONNECT ON DATABASE postgres TO public", "ALTER ROLE postgres RENAME TO boss", "DROP DATABASE x",
        "SELECT 1; DROP USER boss", "DO $$ BEGIN EXECUTE 'DROP  ROLE boss'; END $$", "CREATE USER u", "REVOKE a FROM b",
        "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", "ALTER SUBSCRIPTION s DISABLE", "CREATE DATABASE d",
        "ALTER SUBSCRIPTION s OWNER TO x", "REASSIGN OWNED BY a TO b", "ALTER TABLESPACE x RENAME TO y",
        "a new statement of 2030 that will DROP ROLE boss", "CREATE GROUP g",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE ROLE x; END $$",
    ],
)  # fmt: skip
def test_acts_on_the_server(statement: str) -> None:
    assert acts_on_cluster(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE role (id int)", "GRANT SELECT ON t TO boss", "ALTER TABLE t OWNER TO boss", "SET ROLE boss",
        "CREATE USER MAPPING FOR u SERVER s", "DROP USER MAPPING FOR u SERVER s", "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r",
        "COMMENT ON TABLE t IS 'DROP ROLE boss'", "SELECT 'CREATE ROLE x'", "INSERT INTO t VALUES ('ALTER SYSTEM')",
        "DO $$ BEGIN PERFORM 1; END $$", "ALTER TABLE t RENAME TO database", "CREATE PUBLICATION p", "no SQL at all", "",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ UPDATE t SET role = 1 $$",
    ],
)  # fmt: skip
def test_acts_on_one_database(statement: str) -> None:
    assert acts_on_cluster(statement) is None
