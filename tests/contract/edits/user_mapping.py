"""User mappings: https://www.postgresql.org/docs/current/sql-createusermapping.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "users, options, secrets, and hostile names",
        head=(("roles", "reader, writer, it is :x"), ("environment", "ONE, TWO")),
        before="""
            CREATE FOREIGN DATA WRAPPER w;
            CREATE SERVER s FOREIGN DATA WRAPPER w;
            CREATE SERVER "it's %s "":x" FOREIGN DATA WRAPPER w;
            CREATE USER MAPPING FOR reader SERVER s OPTIONS ("user" 'a', password '${env:ONE}');
            CREATE USER MAPPING FOR writer SERVER s OPTIONS ("user" 'a', password '${env:ONE}', password_required 'false');
            CREATE USER MAPPING FOR PUBLIC SERVER s;
            CREATE USER MAPPING FOR "it is :x" SERVER "it's %s "":x" OPTIONS (":x" '%s :x', "SSLpassword" '${env:ONE}');
            CREATE USER MAPPING FOR reader SERVER "it's %s "":x" OPTIONS (a 'b');
        """,
        after="""
            CREATE FOREIGN DATA WRAPPER w;
            CREATE SERVER s FOREIGN DATA WRAPPER w;
            CREATE SERVER "it's %s "":x" TYPE 'x' FOREIGN DATA WRAPPER w;
            CREATE USER MAPPING FOR reader SERVER s OPTIONS ("user" 'b', password '${env:ONE}');
            CREATE USER MAPPING FOR writer SERVER s OPTIONS ("user" 'a', api_token '${env:TWO}', password_required 'true');
            CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS ("user" 'x', password '${env:ONE}');
            CREATE USER MAPPING FOR "it is :x" SERVER "it's %s "":x" OPTIONS (":x" '%s :y', "SSLpassword" '${env:ONE}');
            CREATE USER MAPPING FOR writer SERVER "it's %s "":x" OPTIONS (a 'b');
        """,
    ),
)
