"""Secrets: a mark in a statement, an environment variable in a script, a placeholder where something is tried."""

from __future__ import annotations

import ast

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from alembic_ext.errors import DeclarationError
from alembic_ext.lineage import _executed
from alembic_ext.operations import argument_of
from alembic_ext.sqltext import literal
from alembic_ext.sqltext.secret import PLACEHOLDER, Secret, hidden, revealed, spelled

STATEMENTS = [
    "CREATE USER MAPPING FOR a SERVER s OPTIONS (password '${env:ONE}')",
    "CREATE USER MAPPING FOR a\nSERVER s OPTIONS (\"user\" ':x', password '${env:ONE}', sslpassword '${env:_2}')\n",
    "CREATE SUBSCRIPTION s CONNECTION '${env:ONE}' PUBLICATION \"p:a\" WITH (slot_name = 'a\\:b')",
]
VALUES = ["plain", "", "it's", "a\\b\\", "\\:x :y ::z", "100%", "%(x)s", "\n\t$$", "Größe 𝄞", "E'"]


@pytest.mark.parametrize("may_import", [True, False])
@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_script_reads_the_environment(
    statement: str, value: str, may_import: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONE", value)
    monkeypatch.setenv("_2", "two")
    argument, imports = argument_of(statement, may_import=may_import)
    scope: dict[str, object] = {}
    exec("\n".join(imports), scope)
    sent = str(text(eval(f"({argument})", scope)).compile(dialect=postgresql.dialect(paramstyle="named")))
    escapes = "".join(f"\\U{ord(char):08x}" for char in value)
    two = "".join(f"\\U{ord(char):08x}" for char in "two")

    assert not value or literal(value) not in argument
    assert sent == statement.replace("'${env:ONE}'", f"E'{escapes}'").replace("'${env:_2}'", f"E'{two}'")
    call = ast.parse(f"op.execute({argument})").body[0].value  # type: ignore[attr-defined]
    assert _executed(call) == statement


def test_what_is_tried_has_a_placeholder_and_what_is_made_directly_has_the_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ONE", "it's")

    assert hidden(STATEMENTS[0]) == STATEMENTS[0].replace("${env:ONE}", PLACEHOLDER)
    assert revealed(STATEMENTS[0]) == STATEMENTS[0].replace("${env:ONE}", "it''s")
    monkeypatch.delenv("ONE")
    with pytest.raises(DeclarationError, match="ONE is not set"):
        revealed(STATEMENTS[0])


def test_a_mark_stands_only_for_a_whole_constant() -> None:
    for statement in ("SELECT $$'${env:ONE}'$$", "SELECT ' ${env:ONE}'", "SELECT '''${env:ONE}'''"):
        assert hidden(statement) == revealed(statement) == statement
        assert "environ" not in argument_of(statement)[0]


def test_what_the_server_printed_is_spelled_as_it_was_written() -> None:
    printed = "CREATE SUBSCRIPTION s CONNECTION '${env:S_CONNECTION}' PUBLICATION p"

    assert spelled(printed, []) == printed
    assert spelled(printed, ["… CONNECTION 'host=a'", "ALTER … CONNECTION '${env:B}'"]).split("'")[1] == "${env:B}"


def test_a_secret_is_not_its_own_name() -> None:
    with pytest.raises(DeclarationError, match="not the name of an environment variable"):
        Secret("hunter 2")
