"""How bad a rule finds a thing, where that is not always the same."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tests.lint.history import Case, Cases

BLOCK = 'with op.get_context().autocommit_block():\n    op.execute("VACUUM t")'
PARENT = "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY)"
MOOD = "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (a int PRIMARY KEY, m mood)"
ADD = "op.execute(\"ALTER TYPE mood ADD VALUE 'glad'\")"


class Graded(NamedTuple):
    """A revision, and what is found in it."""

    upgrade: str
    setup: str
    slug: str
    severity: str


CASES = (
    Graded(f'op.add_column("t", sa.Column("b", sa.Integer))\n{BLOCK}', "CREATE TABLE t (a int)",
           "autocommit-after-work", "note"),
    Graded(f'op.execute("INSERT INTO t VALUES (1)")\n{BLOCK}', "CREATE TABLE t (a int)",
           "autocommit-after-work", "warning"),
    Graded(f'op.execute("UPDATE t SET a = a + 1 WHERE b = 3")\n{BLOCK}', "CREATE TABLE t (a int, b int PRIMARY KEY)",
           "autocommit-after-work", "warning"),
    Graded(f'op.execute("INSERT INTO t VALUES (1)")\nop.create_table("s", sa.Column("a", sa.Integer))\n{BLOCK}',
           "CREATE TABLE t (a int)", "autocommit-after-work", "note"),
    Graded(f'op.execute("INSERT INTO t VALUES (1)")\n{BLOCK}', "CREATE TABLE t (a int PRIMARY KEY)",
           "autocommit-after-work", "note"),
    Graded('op.execute("ALTER TABLE child ADD a int REFERENCES parent")', PARENT, "column-references", "note"),
    Graded('op.execute("SET lock_timeout = 0; ALTER TABLE child ADD a int REFERENCES parent")', PARENT,
           "column-references", "warning"),
    Graded('op.add_column("child", sa.Column("a", sa.Integer, sa.ForeignKey("parent.id")))', PARENT,
           "foreign-key-validated", "error"),
    Graded('op.execute("ALTER SEQUENCE s RESTART")', "CREATE SEQUENCE s", "sequence-set-back", "warning"),
    Graded('op.execute("ALTER SEQUENCE s RESTART WITH 5000")', "CREATE SEQUENCE s", "sequence-set-back", "warning"),
    Graded('op.execute("ALTER SEQUENCE s RESTART 100")', "CREATE SEQUENCE s START 100000", "sequence-set-back",
           "warning"),
    Graded('op.execute("ALTER SEQUENCE s RESTART WITH 5000000000")', "CREATE SEQUENCE s", "sequence-set-back", "note"),
    Graded("op.execute(\"SELECT setval('s', 500000::bigint, false)\")", "CREATE SEQUENCE s START 100000",
           "sequence-set-back", "note"),
    Graded(f'{ADD}\nop.execute("UPDATE t SET m = \'glad\' WHERE a = 3")', MOOD, "enum-value-used-at-once", "error"),
    Graded(f"{ADD}\nop.execute(\"DO $$BEGIN IF EXISTS (SELECT FROM t) THEN UPDATE t SET m = 'glad' WHERE a = 3; END IF; "
           'END$$")', MOOD, "enum-value-used-at-once", "warning"),
)  # fmt: skip


def test_how_bad_it_is(server_url: str, tmp_path: Path) -> None:
    cases = Cases.write(tmp_path / "project", [Case(case.upgrade, case.setup) for case in CASES])
    answer = cases.lint(dev_url=server_url)

    wrong = []
    for number, case in enumerate(CASES):
        found = [one["severity"] for one in answer.of(number) if one["slug"] == case.slug]
        if found != [case.severity]:
            wrong.append(f"{case.slug}: {found}, not {case.severity}:\n{case.upgrade}")
    assert not wrong, "\n\n".join(wrong) + answer.stderr
