"""The code in the help of findings runs, and its rule finds nothing in it that is as bad."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from alembic_ext.findings import SEVERITIES
from alembic_ext.lint.rule import rules
from tests.lint.history import Case, Cases

GROUPS = ("LB1",)
"""The beginnings of the ids whose code is tried."""
PARTIAL = ("as it is here", "# in the next revision", "# revision 2: when writes can wait")
"""Code that says something of these is not whole, or says that it is bad as well."""


@pytest.mark.parametrize("group", GROUPS)
def test_help_is_sound(group: str, server_url: str, tmp_path: Path) -> None:
    with psycopg.connect(server_url) as connection:
        major = connection.info.server_version // 10000
    examples = [
        (rule, example) for rule in rules().values() if rule.id.startswith(group) for example in rule.examples
        if example.is_bad and example.oldest <= major <= (example.newest or major)
    ]  # fmt: skip
    found = Cases.write(tmp_path / "found", [Case(one.upgrade, one.setup) for _, one in examples])
    answer = found.lint(dev_url=server_url)
    codes = [
        (rule, example.setup, finding) for number, (rule, example) in enumerate(examples)
        for finding in answer.of(number)
        if finding["id"] == rule.id and finding["code"] and not any(word in finding["code"] for word in PARTIAL)
    ]  # fmt: skip
    assert codes

    again = Cases.write(
        tmp_path / "again", [Case(f"{finding['code']}\npass", setup) for _, setup, finding in codes]
    )  # fmt: skip
    answer = again.lint(dev_url=server_url)

    wrong = []
    for number, (rule, _, finding) in enumerate(codes):
        worst = SEVERITIES.index(finding["severity"])
        bad = [
            one for one in answer.of(number)
            if one["slug"] == "upgrade-fails" or (one["id"] == rule.id and SEVERITIES.index(one["severity"]) < worst)
            or (one["id"] == rule.id and one["severity"] == finding["severity"] != "note")
        ]  # fmt: skip
        if bad:
            wrong.append("\n".join([f"{rule.slug}:", finding["code"], *(f"  {one['message']}" for one in bad)]))
    assert not wrong, "\n\n".join(wrong) + answer.stderr


class Rewrite(NamedTuple):
    """A revision in which a rule finds something; once its code has run in its place this condition is true."""

    rule: str
    upgrade: str
    setup: str
    then: str = "true"
    newest: int = 99


def made(partition: str, bound: str) -> str:
    return f"""op.execute("CREATE TABLE {partition} FOR VALUES {bound}")"""


def attached(partition: str, bound: str, table: str = "p") -> str:
    return f"""op.execute("ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES {bound}")"""


REST = "CREATE TABLE rest PARTITION OF p DEFAULT; "
LISTED = (
    "CREATE TABLE p (a text NOT NULL, b varchar(9)) PARTITION BY LIST (a);"
    f"CREATE TABLE one PARTITION OF p FOR VALUES IN ('x'); {REST}"
)
RANGED = (
    "CREATE TABLE p (a int, at timestamptz NOT NULL) PARTITION BY RANGE (at); CREATE TABLE one PARTITION OF p "
    f"FOR VALUES FROM ('2024-01-01') TO ('2024-02-01'); {REST}"
)
TWICE = (
    "CREATE TABLE p (a int, b int) PARTITION BY RANGE (a, (b + 1));"
    f"CREATE TABLE one PARTITION OF p FOR VALUES FROM (MINVALUE, MINVALUE) TO (1, 2); {REST}"
)
NESTED = (
    "CREATE TABLE p (a int, b varchar(9)) PARTITION BY RANGE (a);"
    "CREATE TABLE one PARTITION OF p FOR VALUES FROM (0) TO (9) PARTITION BY LIST (b);"
    "CREATE TABLE one_x PARTITION OF one FOR VALUES IN ('x');"
    "CREATE TABLE one_rest PARTITION OF one DEFAULT;"
    "CREATE TABLE rest PARTITION OF p DEFAULT PARTITION BY LIST (b);"
    "CREATE TABLE rest_x PARTITION OF rest FOR VALUES IN ('x');"
    "CREATE TABLE rest_rest PARTITION OF rest DEFAULT"
)
DOMAINS = (
    "CREATE DOMAIN mail AS varchar(50) COLLATE \"C\" CHECK (VALUE ~ '@') CHECK (VALUE <> ':VALUE \"VALUE\"');"
    "CREATE DOMAIN short_mail AS mail CHECK (length(VALUE) < 9); CREATE DOMAIN token AS uuid DEFAULT gen_random_uuid() "
    "CHECK (VALUE IS NOT NULL); CREATE DOMAIN tag AS text NOT NULL; CREATE DOMAIN few AS int[] CHECK (VALUE[1] > 0);"
    "CREATE TABLE t (id int); INSERT INTO t VALUES (1)"
)
PRODUCTS = "CREATE TABLE product (id int PRIMARY KEY, sku varchar(40) NOT NULL UNIQUE, tag text UNIQUE)"


def checked(column: str, *, good: str, bad: str) -> str:
    """A body that is no error where a table takes one value, and refuses another."""
    return (
        f"true; INSERT INTO t (id, {column}) VALUES (2, {good}); BEGIN INSERT INTO t (id, {column}) VALUES (3, {bad}); "
        "RAISE 'it is taken'; EXCEPTION WHEN check_violation OR not_null_violation THEN NULL; END; "
        "ASSERT (SELECT count(*) FROM t) = 2"
    )


def column(table: str, name: str, says: str) -> str:
    """A condition on pg_attribute."""
    return f"(SELECT {says} FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attname = '{name}')"


MOOD = "CREATE TYPE mood AS ENUM ('a', 'd'); CREATE TABLE t (m mood DEFAULT 'a')"
NUMBERED = "CREATE TABLE t (id int PRIMARY KEY, b int NOT NULL); INSERT INTO t VALUES (7, 7)"


def enum(*values: str) -> str:
    return f"enum_range(NULL::mood)::text = '{{{','.join(values)}}}'"


REWRITES = (
    Rewrite("LB302", made("two PARTITION OF p", "FROM ('2024-02-01') TO ('2024-03-01')"), RANGED),
    Rewrite("LB302", made("two PARTITION OF p", "IN ('y', NULL, 'z'' AND (')"), LISTED),
    Rewrite("LB302", made("two PARTITION OF p", "IN ('y')"), LISTED),
    Rewrite("LB302", made("two PARTITION OF p", "FROM (1, 2) TO (2, 7)"), TWICE),
    Rewrite("LB302", made("one_y PARTITION OF one", "IN ('y')"), NESTED),
    Rewrite("LB302", made("rest_y PARTITION OF rest", "IN ('y', NULL)"), NESTED),
    Rewrite("LB302", made("two PARTITION OF p", "FROM (9) TO (19)"), NESTED),
    Rewrite(
        "LB301", attached("two", "FROM ('2024-02-01') TO ('2024-03-01')"),
        f"{RANGED}; CREATE TABLE two (at timestamptz NOT NULL, a int)",
    ),
    Rewrite("LB301", attached("two", "IN ('y')"), f"{LISTED}; CREATE TABLE two (a text NOT NULL, b varchar(9))"),
    Rewrite(
        "LB301", attached("one_y", "IN ('y', NULL)", "one"), f"{NESTED}; CREATE TABLE one_y (a int, b varchar(9))"
    ),
    Rewrite(
        "LB301", attached("two", "FROM (9) TO (19)"),
        f"{NESTED}; CREATE TABLE two (a int, b varchar(9)) PARTITION BY LIST (b);"
        "CREATE TABLE two_x PARTITION OF two FOR VALUES IN ('x'); CREATE TABLE two_rest PARTITION OF two DEFAULT",
    ),
    Rewrite(
        "LB301", "op.execute('ALTER TABLE p ATTACH PARTITION rest DEFAULT')",
        f"{RANGED.removesuffix(REST)}; CREATE TABLE rest (a int, at timestamptz NOT NULL)",
    ),
    Rewrite(
        "LB205", "op.execute('ALTER TABLE t ADD a mail')", DOMAINS, checked("a", good="'a@'", bad="'a'"), 18
    ),
    Rewrite("LB205", "op.execute('ALTER TABLE t ADD a mail')", DOMAINS, checked("a", good="NULL", bad="':VALUE'"), 18),
    Rewrite(
        "LB205", "op.execute('ALTER TABLE t ADD a short_mail')", DOMAINS,
        column("t", "a", """attcollation = '"C"'::regcollation AND atttypmod = 54"""), 18,
    ),
    Rewrite(
        "LB205", "op.execute('ALTER TABLE t ADD a short_mail')", DOMAINS,
        checked("a", good="'a@12'", bad="'a@1234567'"), 18,
    ),
    Rewrite(
        "LB205", """op.execute("ALTER TABLE t ADD a tag DEFAULT 'new'")""", DOMAINS,
        "(SELECT a FROM t) = 'new'; ASSERT " + checked("a", good="'a'", bad="NULL"), 18,
    ),
    Rewrite(
        "LB205", """op.execute("ALTER TABLE t ADD a mail NOT NULL DEFAULT '@'")""", DOMAINS,
        checked("a", good="'@a'", bad="NULL"), 18,
    ),
    Rewrite(
        "LB205", "op.execute('ALTER TABLE t ADD a token')", DOMAINS,
        "(SELECT a FROM t) IS NOT NULL; ASSERT " + checked("a", good="DEFAULT", bad="NULL"), 18,
    ),
    Rewrite(
        "LB205", """op.execute("ALTER TABLE t ADD \\"A b\\" few")""", DOMAINS,
        checked('"A b"', good="'{1}'", bad="'{0}'"), 18,
    ),
    Rewrite(
        "LT106", "op.execute(\"ALTER TYPE mood ADD VALUE IF NOT EXISTS 'b' BEFORE 'd'\")\n"
        'op.alter_column("t", "m", server_default="b")', MOOD,
        f"{enum(*'abd')}; ALTER TYPE mood ADD VALUE IF NOT EXISTS 'b'; ASSERT {enum(*'abd')}",
    ),
    Rewrite(
        "LT106", "op.execute(\"ALTER TYPE mood ADD VALUE 'b' AFTER 'a'\")\n"
        'op.alter_column("t", "m", server_default="b")', MOOD, enum(*"abd"),
    ),
    Rewrite(
        "LT106", "op.execute(\"ALTER TYPE mood ADD VALUE 'e'\")\n"
        'op.alter_column("t", "m", server_default="e")', MOOD, enum(*"ade"),
    ),
    Rewrite(
        "LC212", "op.execute('ALTER TABLE t ALTER id ADD GENERATED ALWAYS AS IDENTITY')", NUMBERED,
        column("t", "id", "attidentity = 'd' AND nextval(pg_get_serial_sequence('t', 'id')) = 8"),
    ),
    Rewrite(
        "LC212", "op.execute('ALTER TABLE t ALTER b ADD GENERATED BY DEFAULT AS IDENTITY')", NUMBERED,
        column("t", "b", "attidentity = 'd' AND nextval(pg_get_serial_sequence('t', 'b')) = 8"),
    ),
    Rewrite(
        "LC212", "op.execute('ALTER TABLE t ALTER id ADD GENERATED ALWAYS AS IDENTITY (INCREMENT 5), "
        "ADD c int GENERATED ALWAYS AS (b) STORED')", NUMBERED,
        column("t", "id", "attidentity = 'd' AND nextval(pg_get_serial_sequence('t', 'id')) = 12"),
    ),
    Rewrite(
        "LB207", 'op.alter_column("product", "sku", type_=sa.String(40, collation="C"))', PRODUCTS,
        column("product", "sku", """attnotnull AND attcollation = '"C"'::regcollation"""),
    ),
    Rewrite(
        "LB207", """op.execute('ALTER TABLE product ALTER tag TYPE text COLLATE "POSIX"')""", PRODUCTS,
        column("product", "tag", """attcollation = '"POSIX"'::regcollation"""),
    ),
    *(
        Rewrite(
            rule, f'{zone}\nop.alter_column("visit", "at", type_=sa.DateTime(timezone=True))',
            f"SET TimeZone = 'Asia/Tokyo'; CREATE TABLE visit (at timestamp{unique}); CREATE INDEX ON visit (at);"
            "INSERT INTO visit VALUES ('2024-02-01 12:00')",
            "(SELECT at AT TIME ZONE 'UTC' FROM visit) = '2024-02-01 12:00'",
        )
        for unique in ("", " UNIQUE") for rule, zone in (
            ("LB207", "op.execute(\"SET LOCAL timezone TO 'UTC'\")"),
            ("LB207", "op.execute(\"SET TIME ZONE 'utc'\")"),
            ("LB207", "op.execute(\"SELECT set_config('TimeZone', 'UTC', true)\")"),
        )
    ),
    Rewrite(
        "LB206", "op.execute(\"SET TIME ZONE 'Europe/Paris'\")\n"
        'op.alter_column("visit", "at", type_=sa.DateTime(timezone=True))',
        "CREATE TABLE visit (at timestamp); INSERT INTO visit VALUES ('2024-02-01 12:00')",
        "(SELECT at AT TIME ZONE 'UTC' FROM visit) = '2024-02-01 11:00'",
    ),
    Rewrite(
        "LB207", "op.execute('ALTER TABLE product ALTER tag TYPE text COLLATE own.mine')",
        f"CREATE SCHEMA own; CREATE COLLATION own.mine (locale = 'C'); {PRODUCTS}",
        column("product", "tag", """attcollation = 'own.mine'::regcollation"""),
    ),
)  # fmt: skip


NO_CODE = (
    Case(
        'op.execute("DROP SEQUENCE s CASCADE")',
        "CREATE SEQUENCE s; CREATE TABLE t (id int PRIMARY KEY DEFAULT nextval('s'))",
    ),
    Case(
        'op.alter_column("t", "id", server_default=None)\nop.execute("DROP SEQUENCE s")',
        "CREATE SEQUENCE s; CREATE TABLE t (id int PRIMARY KEY DEFAULT nextval('s'))",
    ),
    Case(
        'op.execute("DROP FUNCTION f CASCADE")',
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (id int NOT NULL DEFAULT f())",
    ),
    Case("op.execute('ALTER TABLE t ALTER id SET GENERATED ALWAYS')",
         "CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY)"),
)  # fmt: skip


def test_no_code_that_cannot_run(server_url: str, tmp_path: Path) -> None:
    """Where what a default named is dropped, it is not set again; an identity that is BY DEFAULT is not made so."""
    answer = Cases.write(tmp_path / "project", NO_CODE).lint(dev_url=server_url)

    found = [[one for one in answer.of(number) if one["id"] in ("LC106", "LC212")] for number in range(len(NO_CODE))]
    assert [[one["code"] for one in each] for each in found] == [[""]] * len(NO_CODE), answer.stderr


def test_help_does_what_is_meant(server_url: str, tmp_path: Path) -> None:
    """In the place of what was found its code has the same result, and the rule finds nothing."""
    with psycopg.connect(server_url) as connection:
        major = connection.info.server_version // 10000
    some = [one for one in REWRITES if major <= one.newest]
    found = Cases.write(tmp_path / "found", [Case(one.upgrade, one.setup) for one in some])
    answer = found.lint(dev_url=server_url)
    codes = [[each["code"] for each in answer.of(number) if each["id"] == one.rule] for number, one in enumerate(some)]
    said = [each["message"] for number, code in enumerate(codes) if not any(code) for each in answer.of(number)]
    assert all(map(any, codes)), "\n".join(said) + answer.stderr

    checks = [f"op.get_bind().exec_driver_sql({f'DO $$BEGIN ASSERT {one.then}; END$$'!r})" for one in some]
    again = Cases.write(
        tmp_path / "again",
        [Case("\n".join([*code, check]), one.setup) for one, code, check in zip(some, codes, checks, strict=True)],
    )
    answer = again.lint(dev_url=server_url)

    wrong = [
        "\n".join([one.rule, *code, *(f"  {each['message']}" for each in bad)])
        for number, (one, code) in enumerate(zip(some, codes, strict=True))
        if (bad := [each for each in answer.of(number) if each["id"] in (one.rule, "LP101")])
    ]
    assert not wrong, "\n\n".join(wrong) + answer.stderr
