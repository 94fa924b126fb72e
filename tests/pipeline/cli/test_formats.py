"""The formats: valid, without secrets, and deaf to whatever a name, a comment or a branch says.

``SARIF_SCHEMA`` and ``JUNIT_SCHEMA`` may name the official schemas (OASIS's, and junit-10.xsd of Jenkins' plugin xunit):
then the outputs are validated against these too. Beside that stand smaller ones, written from the specifications.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema
from markdown_it import MarkdownIt

from alembic_ext import formats, redact
from alembic_ext.findings import Case, Exit, Failure, Finding, Report, Rule, Section, merged

HERE = Path(__file__).parent
SECRETS = (
    "postgresql+psycopg://shop:{0}@db.example:5432/shop?sslmode=require",
    "postgresql://shop:{0}/or@this@db/shop",
    "host=db user=shop password={0} dbname=shop",
    "host=db password='{0} with blanks' dbname=shop",
    "CREATE SUBSCRIPTION s CONNECTION 'host=db password={0} dbname=d' PUBLICATION p",
    "CREATE SUBSCRIPTION s CONNECTION 'host=db password=''{0} x'' dbname=d' PUBLICATION p",
    "ALTER ROLE shop WITH ENCRYPTED PASSWORD '{0}'",
    "ALTER ROLE shop PASSWORD E'it\\'s {0}' VALID UNTIL 'infinity'",
    "ALTER ROLE shop PASSWORD $x$a {0}$x$",
    "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'db', api_key '{0}')",
    "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'a', \"password\" 'it''s {0}')",
    "{{user=a,\"password={0} and more\"}}",
    "umoptions: {{user=a,password={0}}}",
    "[SQL: INSERT INTO t VALUES (%(a)s)]\n[parameters: {{'a': '{0}', 'b': ']'}}]\n(Background on this error at: https://sqlalche.me/e/20/e3q8)",
    "PGPASSWORD={0} psql",
    "{{'password': '{0}', \"secret\": \"{0}\"}}",
    "connect(host='db', password='{0}')",
    "DETAIL:  Failing row contains (1, {0}, null).",
)  # fmt: skip
HARMLESS = (
    "WHERE (a.token = b.token)",
    "sa.Column('id', sa.Integer(), primary_key=True)",
    "sa.Column('password', sa.String(), nullable=False)",
    "COMMENT ON COLUMN u.password IS 'the word'",
    "FOREIGN KEY (a) REFERENCES b (key)",
    "OPTIONS (password '${env:FILES_PASSWORD}', password_required 'false')",
    "https://example.org:8080/a?b=c",
)
NASTY = (
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil\x07link\x07 \x9b1m \u202egnp.exe\u2066 \x00 \u200b",
    "\n::error file=x::gotcha\n  ::set-output name=x::y\r::warning::z\n##[error]gotcha\n##vso[task.complete]x",
    "@everyone @org/team #1 GH-1 org/repo#2 !3 $4 https://evil.example www.evil.example me@evil.example",
    "```\n@everyone\n```\n~~~\n<script>alert(1)</script> </details> <!-- <img src=x onerror=y> &amp;",
    "# heading\n\n- [x](javascript:alert(1)) ![i](https://evil/i.png) **bold** `code` ``two`` | a | b |\n---\n> quote",
    "]]> <![CDATA[ &bogus; \ufffe \ud800 '\" <failure/>",
    "100% %0A%0A::error::x {0} [text](https://evil) \\[x\\](y) ${{ secrets.X }} $(id) `id`",
)


def report(text: str) -> Report:
    """A report in which a text stands wherever a text may stand."""
    finding = Finding(
        text,
        text,
        text,
        "warning",
        text,
        text,
        text,
        3,
        f"--- a\n+++ b\n@@ @@\n+{text}",
        text,
        text,
        text,
        verdict="static",
    )
    return Report(
        text,
        (text,),
        (finding,),
        tuple(
            Case(text, text, outcome, 0.5, text, text, text, 1) for outcome in ("passed", "failed", "skipped", "error")
        ),  # type: ignore[arg-type]
        (Section(text, text, text, "sql"), Section(text, text, text, text, folded=True, level=2)),
        (Failure(text, text, text, text, Exit.UNREACHABLE, text, text),),
        {"fact": text, text: [text]},
        seen=text,
        rules=(Rule(text, text, "note", text, (f"{text} 2",), f"{text}\n\n{text}", "https://example.org/"),),
    )


@pytest.mark.parametrize("name", formats.formats())
def test_no_secret_is_shown(name: str) -> None:
    for secret in SECRETS:
        shown = formats.render(report(secret.format("s3cr3t")), name)
        assert "s3cr3t" not in shown, secret
        assert "***" in shown or "\\*\\*\\*" in shown


def test_what_is_no_secret_is_shown() -> None:
    assert [redact.text(text) for text in HARMLESS] == list(HARMLESS)
    hidden = [redact.text(text.format("s3cr3t")) for text in SECRETS]
    assert [redact.text(text) for text in hidden] == hidden
    assert "db.example:5432/shop?sslmode=require" in hidden[0]
    assert hidden[4] == "CREATE SUBSCRIPTION s CONNECTION 'host=db password=*** dbname=d' PUBLICATION p"


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_moves_a_terminal_or_a_runner(nasty: str) -> None:
    for name in formats.formats():
        shown = formats.render(report(nasty), name)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)
        shown.encode()
        assert not re.search(r"##(\[|vso\[)", shown)
        own = r"^::(error|warning|notice) (file|title)=" if name == "github" else "(?!)"
        assert [line for line in shown.splitlines() if line.strip().startswith("::") and not re.match(own, line)] == []


@pytest.mark.parametrize("nasty", NASTY)
def test_annotations(nasty: str) -> None:
    lines = formats.render(report(nasty), "github").splitlines()

    assert len(lines) == 4  # a finding, a failed case, one with an error, a failure
    for line in lines:
        match = re.fullmatch(r"::(?:error|warning) ([^:]*)::(.*)", line)
        assert match
        assert all("=" in one for one in match[1].split(","))
        assert len(match[1].split(",")) <= 3


@pytest.mark.parametrize("nasty", NASTY)
def test_markdown(nasty: str) -> None:
    shown = formats.render(report(nasty), "markdown")

    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    tags, prose = [], []
    for token in parser.parse(shown):
        if token.type == "html_block":
            tags += re.findall(r"<[^>]*>", token.content)
            prose.append(re.sub(r"<[^>]*>", "", token.content))
        for child in token.children or ():
            assert child.type in (
                "text",
                "softbreak",
                "code_inline",
                "strong_open",
                "strong_close",
                "em_open",
                "em_close",
            ), child
            prose += [child.content] if child.type == "text" else []
        assert token.type in (
            "heading_open",
            "heading_close",
            "inline",
            "paragraph_open",
            "paragraph_close",
            "fence",
            "html_block",
        ), token
    assert set(tags) <= {"<details>", "<summary>", "</summary>", "</details>"}
    assert tags.count("<details>") == tags.count("</details>") == 4 + (nasty.count("\n") > 2)  # longer code is folded
    text = "\n".join(prose).replace("&#8203;", "\u200b")
    assert not re.search(r"@\w|#\d|GH-\d|!\d|www\.", text)


def test_markdown_is_cut_to_the_size_of_a_comment() -> None:
    from alembic_ext.formats.markdown import cut

    sections = tuple(
        Section(f"Part {n}", code="SELECT '\U0001f600';\n" * 500, language="sql", folded=n % 2 > 0) for n in range(20)
    )
    whole = Report("report", sections=sections)

    page = cut(whole, rest="The rest is in report.md.")

    assert len(page.encode("utf-16-le")) // 2 <= 65_536
    assert page.rstrip().endswith("comment may be.** The rest is in report.md.")
    assert page.count("```") % 2 == 0
    assert page.count("<details>") == page.count("</details>")
    assert "Part 4" in page
    assert cut(Report("report")) == formats.render(Report("report"), "markdown")


def schema(name: str) -> Any:
    return json.loads((HERE / name).read_text())


@pytest.mark.parametrize("nasty", ["plain", *NASTY])
def test_sarif(nasty: str) -> None:
    document = json.loads(formats.render(report(nasty), "sarif"))

    jsonschema.Draft7Validator(schema("sarif.schema.json")).validate(document)
    if official := os.environ.get("SARIF_SCHEMA"):
        jsonschema.Draft4Validator(json.loads(Path(official).read_text())).validate(document)
    (run,) = document["runs"]
    assert run["results"][0]["ruleId"] == run["tool"]["driver"]["rules"][run["results"][0]["ruleIndex"]]["id"]
    assert run["invocations"][0]["exitCode"] == 3
    assert not re.search(r"(?<!\\)\]\(", run["results"][0]["message"]["text"])


def test_sarif_fingerprints_do_not_depend_on_lines() -> None:
    def of(line: int, diff: str) -> Any:
        found = Report(
            "check",
            findings=(Finding("CK101", "models-differ", "m", object="view v", file="a.py", line=line, diff=diff),),
        )
        return json.loads(formats.render(found, "sarif"))["runs"][0]["results"][0]["partialFingerprints"]

    assert of(3, "x") == of(4, "y")


@pytest.mark.parametrize("nasty", ["plain", *NASTY])
def test_junit(nasty: str) -> None:
    for one in (report(nasty), Report("test")):
        document = formats.render(one, "junit")
        xmlschema.XMLSchema(HERE / "junit.xsd").validate(document)
        if official := os.environ.get("JUNIT_SCHEMA"):
            xmlschema.XMLSchema(official).validate(document)
    assert '<testcase name="nothing was found" classname="test"' in document


@pytest.mark.parametrize("nasty", ["plain", *NASTY[:5], NASTY[6]])
def test_json_gives_the_report_back(nasty: str) -> None:
    one = report(nasty)

    assert Report.from_json(json.loads(formats.render(one, "json"))) == redact.value(one)


@pytest.mark.parametrize("name", formats.formats())
def test_code_and_verdict_are_in_every_format(name: str) -> None:
    code = "with op.get_context().autocommit_block():\n    op.create_index('ix', 't', ['a'])"
    found = Finding("LB101", "slug", "m", help="do", sql="CREATE INDEX ix ON t (a)", code=code, verdict="static")
    shown = formats.render(Report("lint", findings=(found,), seen="1 statement: 1 static"), name)
    plain = shown.replace("\\", "").replace("&#39;", "'").replace("%0A", "\n")

    assert "op.create_index('ix', 't', ['a'])" in plain
    assert "CREATE INDEX ix ON t (a)" in plain
    assert "static" in plain
    if name == "markdown":
        assert f"```python\n{code}\n```" in shown
    if name in ("text", "json", "markdown"):
        assert "1 statement: 1 static" in plain


def test_severities_by_slug_id_and_alias() -> None:
    rule = Rule("LB101", "index-not-concurrent", aliases=("PG101", "require-concurrent-index-creation"))
    one = Report("lint", findings=(rule.found("m"),), rules=(rule,))

    for name in ("LB101", "index-not-concurrent", "PG101", "pg101", "require-concurrent-index-creation"):
        assert [found.severity for found in one.with_severities({name: "note"}).findings] == ["note"]
        assert not one.with_severities({name: "off"}).findings


def test_exit_codes() -> None:
    found = Finding("X1", "x", "m", "warning")

    assert Report("check").code == Exit.CLEAN
    assert Report("check", findings=(found,)).code == Exit.CLEAN
    assert Report("check", findings=(found,), fail_on="note").code == Exit.FINDINGS
    assert Report("test", cases=(Case("a", outcome="skipped"),)).code == Exit.CLEAN
    assert Report("test", cases=(Case("a", outcome="failed"),)).code == Exit.FINDINGS
    failures = {code: Report("x", failures=(Failure("p", code=code),)) for code in (2, 3, 4, 5)}
    assert [one.code for one in failures.values()] == [2, 3, 4, 5]
    assert merged("x", failures.values()).code == Exit.PARTLY
    assert merged("x", [failures[4], Report("x", findings=(found,), fail_on="note")]).code == Exit.LOCKED


def test_the_last_line_says_how_it_ended() -> None:
    done, nothing = (Report("deploy", (name,), summary=name) for name in ("done", "nothing to do"))
    failed = Report("deploy", ("c",), failures=(Failure("p", code=1),), summary="failed")
    partly = Report("deploy", ("d",), failures=(Failure("p", code=5),))

    def last(*reports: Report) -> str:
        return formats.render(merged("deploy", reports), "text").splitlines()[-1]

    assert last(done) == "deploy: done"
    assert last(done, nothing, done) == "deploy: done, nothing to do in 3 projects"
    assert last(done, failed) == "deploy: failed in 2 projects"
    assert last(failed, partly) == "deploy: partly applied: a human must look in 2 projects"
    assert last(Report("deploy")) == "deploy: nothing found"
    assert formats.render(failed, "markdown").startswith("## alembic-ext deploy: failed\n")
    assert 'name="nothing to do"' in formats.render(nothing, "junit")
