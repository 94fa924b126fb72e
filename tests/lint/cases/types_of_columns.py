"""Columns get another type."""

from tests.lint.cases import bad, good

CHECKED = "ALTER TABLE account ADD CONSTRAINT n CHECK (nick <> '');"

CASES = (
    bad("integer to bigint", 'op.alter_column("account", "age", type_=sa.BigInteger())', "rewrite account"),
    bad("integer to bigint as SQL", 'op.execute("ALTER TABLE post ALTER COLUMN views TYPE bigint")', "rewrite post"),
    bad("integer to bigint in a batch", """
        with op.batch_alter_table("post") as batch_op:
            batch_op.alter_column("views", existing_type=sa.INTEGER(), type_=sa.BigInteger(), existing_nullable=True)
        """, "rewrite post"),
    bad("integer to bigint by an f-string", """
        table, column = "post", "views"
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE bigint")
        """, "rewrite post"),
    bad("integer to bigint in a DO block", "op.execute('DO $$BEGIN ALTER TABLE post ALTER views TYPE bigint; END$$')",
        "rewrite post"),
    bad("integer to text", """
        op.alter_column("post", "views", type_=sa.Text(), postgresql_using="views::text")
        """, "rewrite post"),
    bad("text to integer", """
        op.alter_column("tenant", "code", type_=sa.Integer(), postgresql_using="length(code)")
        """, "rewrite tenant"),
    bad("smallint to integer", 'op.alter_column("account", "small", type_=sa.Integer())', "rewrite account"),
    bad("text to a shorter varchar", 'op.alter_column("post", "title", type_=sa.String(20))', "rewrite post"),
    bad("varchar to a shorter one", 'op.alter_column("account", "nick", existing_type=sa.String(20), type_=sa.String(10))',
        "rewrite account"),
    bad("text to char", 'op.alter_column("post", "slug", type_=sa.CHAR(8))', "rewrite post"),
    bad("char to a wider one", 'op.alter_column("account", "code", type_=sa.CHAR(8))', "rewrite account"),
    bad("numeric with another scale", 'op.alter_column("account", "balance", type_=sa.Numeric(12, 4))', "rewrite account"),
    bad("numeric to a shorter one", 'op.execute("ALTER TABLE account ALTER balance TYPE numeric(8,2)")', "rewrite account"),
    bad("numeric to float", 'op.alter_column("account", "balance", type_=sa.Float())', "rewrite account"),
    bad("real to double precision", 'op.execute("ALTER TABLE account ALTER score TYPE double precision")', "rewrite account"),
    bad("timestamp to timestamptz elsewhere", """
        op.execute("SET LOCAL TimeZone = 'Europe/Paris'")
        op.alter_column("account", "made", type_=sa.DateTime(timezone=True))
        """, "rewrite account"),
    bad("timestamp to timestamptz with an expression", """
        op.alter_column("account", "made", type_=sa.DateTime(True), postgresql_using="made AT TIME ZONE 'Asia/Tokyo'")
        """, "rewrite account"),
    bad("timestamptz to date", 'op.alter_column("account", "seen", type_=sa.Date())', "rewrite account"),
    bad("timestamptz to whole seconds", 'op.execute("ALTER TABLE account ALTER seen TYPE timestamptz(0)")', "rewrite account"),
    bad("jsonb to json", 'op.alter_column("account", "data", type_=sa.JSON(), postgresql_using="data::json")', "rewrite account"),
    bad("jsonb to text", 'op.execute("ALTER TABLE account ALTER data TYPE text")', "rewrite account"),
    bad("uuid to text", 'op.alter_column("account", "ref", type_=sa.Text())', "rewrite account"),
    bad("text to uuid", 'op.alter_column("post", "slug", type_=sa.Uuid(), postgresql_using="slug::uuid")', "rewrite post",
        rows="UPDATE post SET slug = gen_random_uuid();"),
    bad("text to an enum", """
        op.execute("ALTER TABLE post ALTER slug TYPE mood USING slug::mood")
        """, "rewrite post", rows="UPDATE post SET slug = 'sad';"),
    bad("an enum is swapped", """
        op.execute("ALTER TYPE mood RENAME TO mood_old")
        op.execute("CREATE TYPE mood AS ENUM ('happy', 'sad', 'calm')")
        op.execute("ALTER TABLE feeling ALTER COLUMN mood TYPE mood USING mood::text::mood")
        op.execute("DROP TYPE mood_old")
        """, "rewrite feeling", setup="CREATE TABLE feeling (id bigint PRIMARY KEY, mood mood);"),
    bad("text to lower text", 'op.execute("ALTER TABLE post ALTER slug TYPE text USING lower(slug)")', "rewrite post"),
    bad("text to an array", 'op.alter_column("post", "slug", type_=postgresql.ARRAY(sa.Text), postgresql_using="ARRAY[slug]")',
        "rewrite post"),
    bad("boolean to integer", 'op.execute("ALTER TABLE account ALTER active TYPE int USING active::int")', "rewrite account"),
    bad("a type and NOT NULL", """
        op.alter_column("account", "age", type_=sa.BigInteger(), nullable=False)
        """, "rewrite account"),
    bad("the type of a key", 'op.alter_column("log", "id", type_=sa.BigInteger())', "rewrite log",
        setup="CREATE TABLE log (id integer PRIMARY KEY);"),
    bad("the type of a key that others refer to", 'op.alter_column("log", "id", type_=sa.BigInteger())', "rewrite log, scan line",
        setup="CREATE TABLE log (id int PRIMARY KEY); CREATE TABLE line (log_id int CONSTRAINT ll REFERENCES log);"),
    bad("the type of a foreign key", 'op.alter_column("line", "log_id", type_=sa.BigInteger())', "rewrite line, lock ShareRowExclusive log",
        setup="CREATE TABLE log (id int PRIMARY KEY); CREATE TABLE line (log_id int CONSTRAINT ll REFERENCES log);"),
    bad("a wider varchar with a check", 'op.alter_column("account", "nick", type_=sa.String(40))', "scan account", setup=CHECKED),
    bad("a varchar with a check to text", 'op.alter_column("account", "nick", type_=sa.Text())', "scan account", setup=CHECKED),
    bad("another collation of an indexed column", 'op.execute("ALTER TABLE account ALTER name TYPE text COLLATE \\"POSIX\\"")',
        "build account"),
    bad("a text of an index to its pattern type", 'op.execute("ALTER TABLE account ALTER name TYPE \\"char\\"")', "rewrite account",
        rows="UPDATE account SET name = 'x';"),
    bad("a column to a domain with a check", 'op.execute("ALTER TABLE account ALTER age TYPE positive")', "rewrite account"),
    bad("the type of a partitioned table's column", 'op.alter_column("event", "id", type_=sa.Integer())', "rewrite event_2024"),
    bad("the types of two columns", """
        op.execute("ALTER TABLE account ALTER nick TYPE text, ALTER small TYPE bigint")
        """, "rewrite account"),
    bad("inet to cidr", 'op.execute("ALTER TABLE host ALTER ip TYPE cidr")', "rewrite host", setup="CREATE TABLE host (ip inet);"),
    bad("a type and a rename", """
        op.alter_column("post", "views", new_column_name="seen", type_=sa.BigInteger())
        """, "rewrite post", "compatibility"),
    good("a wider varchar", 'op.alter_column("account", "nick", existing_type=sa.String(20), type_=sa.String(100))'),
    good("a wider varchar as SQL", 'op.execute("ALTER TABLE account ALTER COLUMN nick TYPE varchar(21)")'),
    good("a wider varchar in a batch", """
        with op.batch_alter_table("account") as batch:
            batch.alter_column("nick", existing_type=sa.VARCHAR(length=20), type_=sa.String(length=255), existing_nullable=True)
        """),
    good("a wider varchar with an index", 'op.alter_column("account", "email", type_=sa.String(320))'),
    good("varchar to text", 'op.alter_column("account", "nick", type_=sa.Text())'),
    good("varchar with an index to text", 'op.alter_column("account", "email", type_=sa.Text(), existing_nullable=False)'),
    good("varchar without a length", 'op.execute("ALTER TABLE account ALTER nick TYPE varchar")'),
    good("text to varchar", 'op.alter_column("post", "title", type_=sa.String())'),
    good("a wider numeric", 'op.alter_column("account", "balance", type_=sa.Numeric(14, 2))'),
    good("numeric without a limit", 'op.alter_column("account", "balance", type_=sa.Numeric())'),
    good("a wider bit string", 'op.execute("ALTER TABLE account ALTER bits TYPE varbit(16)")'),
    good("a bit string without a limit", 'op.execute("ALTER TABLE account ALTER bits TYPE varbit")'),
    good("a finer time", 'op.execute("ALTER TABLE account ALTER clock TYPE time(6)")'),
    good("a finer interval", 'op.execute("ALTER TABLE account ALTER span TYPE interval(4)")'),
    good("a finer timestamp", 'op.execute("ALTER TABLE visit ALTER at TYPE timestamptz")',
         setup="CREATE TABLE visit (at timestamptz(0));"),
    good("cidr to inet", 'op.alter_column("account", "net", type_=postgresql.INET())'),
    good("timestamp to timestamptz in UTC", """
        op.execute("SET LOCAL TimeZone = 'UTC'")
        op.alter_column("account", "made", type_=sa.DateTime(timezone=True))
        """),
    good("timestamptz to timestamp in UTC", """
        op.execute("SET LOCAL TimeZone = 'UTC'")
        op.execute("ALTER TABLE account ALTER seen TYPE timestamp")
        """),
    good("text to a domain without a check", 'op.execute("ALTER TABLE post ALTER slug TYPE plain")'),
    good("a domain to its type", 'op.execute("ALTER TABLE post ALTER rank TYPE integer")', setup="ALTER TABLE post ADD rank positive;"),
    good("the type that it has", 'op.alter_column("post", "views", type_=sa.Integer())'),
    good("the type that it has with its cast", 'op.execute("ALTER TABLE post ALTER views TYPE integer USING views")'),
    good("a wider varchar by its column", 'op.execute("ALTER TABLE account ALTER nick TYPE varchar(99) USING nick")'),
    good("another collation without an index", 'op.execute("ALTER TABLE post ALTER slug TYPE text COLLATE \\"POSIX\\"")'),
    good("a wider varchar on a partitioned table", 'op.execute("ALTER TABLE visit ALTER what TYPE varchar(20)")', setup="""
         CREATE TABLE visit (at date, what varchar(9)) PARTITION BY RANGE (at); CREATE TABLE v1 PARTITION OF visit DEFAULT;"""),
    good("another type in a new table", """
        op.create_table("a", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("n", sa.Integer))
        op.alter_column("a", "n", type_=sa.BigInteger())
        """),
    good("the type of a column that a check does not read", 'op.alter_column("account", "nick", type_=sa.String(50))',
         setup="ALTER TABLE account ADD CONSTRAINT s CHECK (state <> '');"),
    good("integer to oid", 'op.execute("ALTER TABLE post ALTER views DROP DEFAULT, ALTER views TYPE oid")',
         setup="ALTER TABLE post ALTER views DROP DEFAULT;"),
)  # fmt: skip
