"""SQL text and names: nothing is lost, nothing but the meant words changes."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text as sqlalchemy_text
from sqlalchemy.dialects.postgresql.base import PGDialect

from alembic_ext.errors import AlembicExtError, DeclarationError
from alembic_ext.sqltext import (
    escaped,
    ident,
    literal,
    many_lines,
    one_line,
    parts,
    pgquery,
    split,
    unescaped,
    unquote,
    words,
)
from alembic_ext.sqltext.edit import dedented, or_replace, tidy, unqualify, without_or_replace, without_word

NAMES = ['a"b', "it's", "100%", ":x", "\\:x", '"""', "$$", "a\tb", "a\rb", "a\nb", "Größe", "ß" * 31, "n" * 63, "Order",
         "select", "_", "a b", " ", "a.b", "1st", "x;--", "/*", "e\u0301", "\U0001f600", "user", "json", "über"]  # fmt: skip

hostile = st.text(st.sampled_from("ab1_ :\\'\"$%@.,;()[]\t\r\n-/*=ü"), max_size=30)
typeable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_quoted_and_read_back(name: str) -> None:
    quoted = ident("app", name)
    assert parts(quoted) == ["app", name]
    (statement,) = split(f"CREATE VIEW {quoted} AS SELECT 1")
    assert statement.tree["view"]["relname"] == name


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=15))
def test_any_name_is_quoted_and_read_back(name: str) -> None:
    assert unquote(ident(name)) == name


@pytest.mark.parametrize(("name", "quoted"), [
    ("plain", "plain"), ("a_1", "a_1"), ("user", '"user"'), ("json", '"json"'), ("left", '"left"'), ("view", "view"),
    ("Plain", '"Plain"'), ("a$", '"a$"'), ("1a", '"1a"'), ("ü", '"ü"'),
])  # fmt: skip
def test_only_what_needs_quotes_gets_them(name: str, quoted: str) -> None:
    assert ident(name) == quoted


def test_empty_names_are_left_out() -> None:
    assert ident("", "a", "") == "a"


@pytest.mark.parametrize(("spelled", "stored"), [
    ("Foo", "foo"), ('"Foo"', "Foo"), ('"a""b"', 'a"b'), ("ÄB", "Äb"), ("x" * 70, "x" * 63), ("ü" * 40, "ü" * 31),
    ('U&"d\\0061t\\+000061"', "data"), ('U&"a\\\\b"', "a\\b"),
])  # fmt: skip
def test_names_are_folded_as_postgresql_folds_them(spelled: str, stored: str) -> None:
    assert unquote(spelled) == stored


@given(typeable)
def test_a_literal_is_read_back(value: str) -> None:
    (statement,) = split(f"COMMENT ON VIEW v IS {literal(value)}")
    assert statement.tree.get("comment", "") == value


def compiled(sql: str) -> str:
    clause = sqlalchemy_text(sql).compile(dialect=PGDialect(paramstyle="named"))  # type: ignore[no-untyped-call]
    assert not clause.params
    return str(clause)


def compiled_by_2_0(sql: str) -> str:
    """What SQLAlchemy 2.0 does: its expressions allow other characters behind a name than those of 2.1."""
    assert not re.search(r"(?<![:\w\x5c]):(\w+)(?!:)", sql)
    assert not re.search(r"(?<![:\w\x5c]):([\w\$]+)(?![:\w\$])", sql)
    return re.sub(r"\x5c(:[\w\$]*)(?![:\w\$])", r"\1", sql)


@settings(max_examples=500)
@given(hostile)
@example("a::int")
@example("\\:x \\\\:y :z ::w x:y :a: ':b' \\\\\\::c")
@example(":x\\")
@example("\\:a:")
@example(":a$b")
def test_sqlalchemy_gives_back_what_was_escaped(sql: str) -> None:
    assert compiled(escaped(sql)) == sql
    assert compiled_by_2_0(escaped(sql)) == sql
    assert unescaped(escaped(sql)) == sql


@pytest.mark.parametrize("sql", ["a::int", "SELECT '10:30'", "x := 1", "a[1:2]", "100%", "\\d"])
def test_what_sqlalchemy_leaves_alone_is_not_escaped(sql: str) -> None:
    assert escaped(sql) == sql == compiled(sql)


@settings(max_examples=300)
@given(typeable)
@example("a\nb")
@example("\\n")
@example(" a ")
@example("a\u2028b\u202ec\x85")
@example("\U000e0001")
def test_a_name_stays_on_one_line(text: str) -> None:
    line = one_line(text)
    assert many_lines(line) == text
    assert len(f"#{line}#".splitlines()) == 1
    assert line == line.strip()
    assert line.isprintable()


def test_a_plain_name_is_shown_as_it_is() -> None:
    assert one_line('public."Größe" (integer, text)') == 'public."Größe" (integer, text)'


TEXT = """\
-- of the whole file

/* about v */
CREATE VIEW v AS
SELECT 'ü;' AS a;  -- behind it
\tCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$
  SELECT 1; -- inside
$$ -- before the semicolon
;;
create view w as select 2 -- the end
"""


def test_statements_stand_as_they_were_written() -> None:
    found = split(TEXT, "db/x.sql", numbered=True)
    assert [(one.source, one.node, one.text) for one in found] == [
        ("db/x.sql:4", "ViewStmt", "CREATE VIEW v AS\nSELECT 'ü;' AS a"),
        ("db/x.sql:6", "CreateFunctionStmt",
         "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\n  SELECT 1; -- inside\n$$"),
        ("db/x.sql:10", "ViewStmt", "create view w as select 2"),
    ]  # fmt: skip


def test_other_line_ends_are_kept_and_counted() -> None:
    assert [(one.source, one.text) for one in split("\r\n-- c\r\nCREATE VIEW a AS\r\nSELECT 1;\rCREATE VIEW b AS SELECT 2", "f",
                                                    numbered=True)] == [
        ("f:3", "CREATE VIEW a AS\r\nSELECT 1"), ("f:5", "CREATE VIEW b AS SELECT 2")]  # fmt: skip


@pytest.mark.parametrize("text", ["", " \n", "-- nothing", ";;", "/* a */ ;"])
def test_a_text_may_be_empty(text: str) -> None:
    assert split(text) == []


@pytest.mark.parametrize(("text", "line", "server"), [
    ("SELECT 1;\nSELECT 'ü' x FORM t;\n", 2, 'syntax error at or near "FORM"'),
    ("SELECT 1;\r\n\r\nSELECT 'open", 3, "unterminated quoted string"),
    ("\\i other.sql", 1, "syntax error"),
    ("SELECT 1;\nSELECT '\0'", 2, "NUL"),
    ("CREATE FUNCTION f() RETURNS int AS $$ x", 1, "unterminated dollar-quoted string"),
])  # fmt: skip
def test_a_syntax_error_names_its_line(text: str, line: int, server: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        split(text, "a.sql", numbered=True)
    assert f"(a.sql:{line})" in str(caught.value)
    assert server in caught.value.server
    with pytest.raises(DeclarationError, match=rf"\(m\.py:9, line {line} of the text\)"):
        split(text, "m.py:9")


def test_long_expressions_are_no_trouble() -> None:
    (statement,) = split("CREATE VIEW deep AS SELECT " + " || ".join(["'a}'"] * 3000))
    assert statement.tree["view"]["relname"] == "deep"


@pytest.mark.parametrize(("text", "replacing"), [
    ("CREATE VIEW v AS SELECT 1", "CREATE OR REPLACE VIEW v AS SELECT 1"),
    ("create\n  recursive view v (n) AS SELECT 1", "create or replace\n  recursive view v (n) AS SELECT 1"),
    ("CREATE OR REPLACE VIEW v AS SELECT 1", "CREATE OR REPLACE VIEW v AS SELECT 1"),
    ("CREATE or /* x */ replace VIEW v AS SELECT 1", "CREATE or /* x */ replace VIEW v AS SELECT 1"),
    ("-- ü\n/* CREATE */ CREATE /* a */ VIEW v AS SELECT 1", "-- ü\n/* CREATE */ CREATE OR REPLACE /* a */ VIEW v AS SELECT 1"),
    ("CREATE TRIGGER t AFTER INSERT ON x EXECUTE FUNCTION f()", "CREATE OR REPLACE TRIGGER t AFTER INSERT ON x EXECUTE FUNCTION f()"),
    ("CREATE CONSTRAINT TRIGGER t AFTER INSERT ON x FOR EACH ROW EXECUTE FUNCTION f()", None),
    ("CREATE MATERIALIZED VIEW m AS SELECT 1", None),
    ("CREATE TABLE t ()", None),
    ("DROP VIEW v", None),
])  # fmt: skip
def test_or_replace_goes_in_behind_create(text: str, replacing: str | None) -> None:
    assert or_replace(text) == replacing


@pytest.mark.parametrize(("text", "plain"), [
    ("CREATE OR REPLACE VIEW v AS SELECT 'OR REPLACE'", "CREATE VIEW v AS SELECT 'OR REPLACE'"),
    ("create or\nreplace view v AS SELECT 1", "create view v AS SELECT 1"),
    ("CREATE/**/OR REPLACE VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 1"),
    ("CREATE VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 1"),
    ("DROP VIEW v", "DROP VIEW v"),
])  # fmt: skip
def test_or_replace_is_taken_out(text: str, plain: str) -> None:
    assert without_or_replace(text) == plain


@pytest.mark.parametrize(("text", "short"), [
    ("CREATE VIEW public.v AS SELECT public.t.a, public.f(1) FROM public.t", "CREATE VIEW v AS SELECT t.a, f(1) FROM t"),
    ('CREATE VIEW "public"."V" AS SELECT 1', 'CREATE VIEW "V" AS SELECT 1'),
    ("SELECT 'public.t', $$public.t$$, other.public.t -- public.t", "SELECT 'public.t', $$public.t$$, other.public.t -- public.t"),
    ('SELECT a."public" FROM "Public".t', 'SELECT a."public" FROM "Public".t'),
    ("SELECT 'ü', public.t.public FROM public.t", "SELECT 'ü', t.public FROM t"),
    ("SELECT public.id FROM x.t public", "SELECT public.id FROM x.t public"),
    ("WITH public AS (SELECT 1 AS a) SELECT public.a FROM public", "WITH public AS (SELECT 1 AS a) SELECT public.a FROM public"),
    ("SELECT public, id FROM public.t", "SELECT public, id FROM t"),
    ("SELECT public.* FROM x.t AS public", "SELECT public.* FROM x.t AS public"),
    ("SELECT PUBLIC.f()", "SELECT f()"),
    ("SELECT 1", "SELECT 1"),
])  # fmt: skip
def test_a_schema_is_removed_from_names_alone(text: str, short: str) -> None:
    assert unqualify(text, "public") == short


def test_odd_schemas_are_removed_too() -> None:
    assert unqualify('SELECT "My ""s".f(U&"My ""s".g)', 'My "s') == "SELECT f(g)"


def test_words_are_the_names_of_a_text() -> None:
    text = 'SELECT A.b, "Q""x", \'in string\', $$ body V1 "Cap" $$ FROM view -- comment'
    assert words(text) == {"a", "b", 'Q"x', "view"}
    assert words(text, bodies=True) == {"a", "b", 'Q"x', "view", "in", "string", "body", "v1", "Cap"}


def test_blanks_at_the_ends_of_lines_go_but_not_in_constants() -> None:
    assert tidy("SELECT 'a \nb' \nFROM t \t\n  WHERE x \n") == "SELECT 'a \nb'\nFROM t\n  WHERE x"


def test_text_in_python_code_loses_its_indentation_but_not_in_constants() -> None:
    assert dedented("\n    SELECT 1\n      AS a;\n    ") == "SELECT 1\n  AS a"
    assert dedented("SELECT 1\n    FROM t") == "SELECT 1\n    FROM t"
    assert dedented("\n    SELECT 'a\n    b';\n") == "SELECT 'a\n    b'"
    assert dedented("  SELECT 1 ;") == "SELECT 1"
    assert dedented("  SELECT\n  'open") == "SELECT\n  'open"


def test_a_word_is_taken_out() -> None:
    assert (
        without_word("CREATE INDEX CONCURRENTLY i ON t (concurrently)", "concurrently")
        == "CREATE INDEX i ON t (concurrently)"
    )
    assert without_word("CREATE INDEX i ON t (a)", "concurrently") == "CREATE INDEX i ON t (a)"


def test_without_the_parser_there_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pgquery._library.cache_clear()
    monkeypatch.setattr(pgquery, "find_spec", lambda _: None)
    monkeypatch.setattr(pgquery, "find_library", lambda _: None)
    try:
        with pytest.raises(AlembicExtError, match="pip install postgast"):
            split("SELECT 1")
    finally:
        pgquery._library.cache_clear()


def test_postgast_itself_is_not_imported() -> None:
    split("SELECT 1")
    assert "postgast" not in sys.modules
