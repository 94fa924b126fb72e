"""Partitions."""

from tests.lint.cases import bad, good

FITS = "ALTER TABLE event_2023 ADD CONSTRAINT fits CHECK (at >= '2023-01-01' AND at < '2024-01-01');"
RANGE = "FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')"

CASES = (
    bad("a partition is attached", f'op.execute("ALTER TABLE event ATTACH PARTITION event_2023 {RANGE}")', "scan event_2023"),
    bad("a partition is attached by a helper", f"""
        def attach(parent, child, values):
            op.execute(f"ALTER TABLE {{parent}} ATTACH PARTITION {{child}} {{values}}")

        attach("event", "event_2023", "{RANGE}")
        """, "scan event_2023"),
    bad("a partition is attached beside the rest", f'op.execute("ALTER TABLE event ATTACH PARTITION event_2023 {RANGE}")',
        "scan event_rest", setup=FITS + "SELECT 'event_rest';"),
    bad("a partition is made beside the rest", f'op.execute("CREATE TABLE event_1 PARTITION OF event {RANGE}")',
        "scan event_rest, lock AccessExclusive event", setup="SELECT 'event_rest';"),
    bad("a partition is made", f'op.execute("CREATE TABLE event_1 PARTITION OF event {RANGE}")', "lock AccessExclusive event"),
    bad("a partition is detached", 'op.execute("ALTER TABLE event DETACH PARTITION event_2024")', "lock AccessExclusive event"),
    bad("a partition is detached concurrently in the transaction",
        'op.execute("ALTER TABLE event DETACH PARTITION event_2024 CONCURRENTLY")', "error", "transaction"),
    bad("a partition is dropped", 'op.drop_table("event_2024")', "lock AccessExclusive event", "data loss"),
    bad("a parent of an old table", 'op.execute("ALTER TABLE event_2023 SET UNLOGGED")', "rewrite event_2023"),
    bad("a primary key of a partitioned table", 'op.execute("ALTER TABLE event ADD PRIMARY KEY (id, at)")', "build event_2024"),
    bad("a partitioned table's column is random", 'op.execute("ALTER TABLE event ADD key uuid DEFAULT gen_random_uuid()")',
        "rewrite event_2024"),
    good("a partition is attached that a check fits", f'op.execute("ALTER TABLE event ATTACH PARTITION event_2023 {RANGE}")', setup=FITS),
    good("a new partition is attached", f"""
        op.execute("CREATE TABLE event_1 (LIKE event INCLUDING ALL)")
        op.execute("ALTER TABLE event ATTACH PARTITION event_1 {RANGE}")
        """),
    good("a partition is detached concurrently", """
        with op.get_context().autocommit_block():
            op.execute("ALTER TABLE event DETACH PARTITION event_2024 CONCURRENTLY")
        """),
    good("an index of a partition is attached", 'op.execute("ALTER INDEX event_kind ATTACH PARTITION event_2024_kind")',
         setup="CREATE INDEX event_kind ON ONLY event (kind); CREATE INDEX event_2024_kind ON event_2024 (kind);"),
)  # fmt: skip
