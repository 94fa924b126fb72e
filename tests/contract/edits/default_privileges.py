"""Default privileges: https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "of roles, in schemas and in all",
        tables="CREATE TABLE item (id integer PRIMARY KEY);",
        unmanaged="CREATE SCHEMA app; ALTER DEFAULT PRIVILEGES FOR ROLE alice GRANT SELECT ON SEQUENCES TO carol;",
        head=(("roles", "alice, bob, carol"),),
        before="""
            ALTER DEFAULT PRIVILEGES FOR ROLE alice IN SCHEMA app GRANT SELECT, INSERT ON TABLES TO bob;
            ALTER DEFAULT PRIVILEGES FOR ROLE alice GRANT USAGE ON SEQUENCES TO bob WITH GRANT OPTION;
            ALTER DEFAULT PRIVILEGES FOR ROLE alice REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
            ALTER DEFAULT PRIVILEGES FOR USER bob IN SCHEMA app, public GRANT SELECT ON TABLES TO alice, PUBLIC;
            CREATE VIEW v AS SELECT id FROM item;
        """,
        after="""
            ALTER DEFAULT PRIVILEGES FOR ROLE alice IN SCHEMA app GRANT SELECT, UPDATE ON TABLES TO bob WITH GRANT OPTION;
            ALTER DEFAULT PRIVILEGES FOR ROLE alice GRANT SELECT ON SEQUENCES TO bob;
            ALTER DEFAULT PRIVILEGES IN SCHEMA app FOR ROLE bob GRANT SELECT ON TABLES TO PUBLIC;
            ALTER DEFAULT PRIVILEGES FOR ROLE bob REVOKE USAGE ON TYPES FROM PUBLIC;
            ALTER DEFAULT PRIVILEGES FOR ROLE bob GRANT USAGE, CREATE ON SCHEMAS TO alice;
            CREATE VIEW v AS SELECT id, 1 AS one FROM item;
            CREATE VIEW w AS SELECT id FROM v;
        """,
    ),
    Example(
        "hostile names, and what they give the objects that are made under them",
        head=(("roles", "select, on"),),
        tables='CREATE TABLE "T %s" (id integer PRIMARY KEY);',
        before="""
            ALTER DEFAULT PRIVILEGES FOR ROLE "select" IN SCHEMA public GRANT ALL ON TABLES TO "on";
            ALTER DEFAULT PRIVILEGES FOR ROLE "on", "select" GRANT EXECUTE ON ROUTINES TO "select", "on";
        """,
        after="""
            ALTER DEFAULT PRIVILEGES FOR ROLE "select" IN SCHEMA public GRANT SELECT ON TABLES TO "on";
            CREATE VIEW ":x %s" AS SELECT id FROM "T %s";
            ALTER VIEW ":x %s" OWNER TO "select";
        """,
    ),
)
