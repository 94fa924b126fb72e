"""What a server was sent, from its log, and whether that only reads system catalogs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from alembic_ext import embedded
from alembic_ext.sqltext import split

PREFIX = "@@%d|%a|%p@@ "
"""The setting log_line_prefix for which a log can be read here."""

LINE = re.compile(r"^@@(?P<database>[^|]*)\|(?P<application>[^|]*)\|(?P<pid>\d+)@@ LOG:  (?P<said>.*)", re.MULTILINE)
SENT = re.compile(r"(?:statement|execute [^:]*): (.*)", re.DOTALL)


def sent(server: embedded.Server, database: str, since: int) -> list[tuple[str, str]]:
    """Give (application name, statement) of all statements that a database was sent, from a place in the log on."""
    text = server.log.read_text()[since:].replace("\n\t", "\n")  # the server indents what goes on
    places = [*LINE.finditer(text), None]
    found = []
    for this, following in itertools.pairwise(places):
        assert this
        whole = text[this.start("said") : following.start() if following else len(text)]
        whole = re.split(r"^@@", whole, maxsplit=1, flags=re.MULTILINE)[0]
        if this["database"] == database and (match := SENT.match(whole.rstrip("\n"))):
            found.append((this["application"], match[1]))
    return found


def relations(tree: Any) -> Iterator[tuple[str, str]]:
    """Give schema and name of every relation that a parse tree speaks of, but for those that WITH makes in it."""
    inner = {one["ctename"] for one in nodes(tree) if "ctename" in one}
    for one in nodes(tree):
        if "relname" in one and (one.get("schemaname") or one["relname"] not in inner):
            yield one.get("schemaname", ""), one["relname"]


def calls(tree: Any) -> Iterator[tuple[str, list[Any]]]:
    """Give the functions that a parse tree calls, and their arguments."""
    for one in nodes(tree):
        if call := one.get("FuncCall"):
            yield call["funcname"][-1]["String"]["sval"], call.get("args", [])


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        tree = tree.values()
    if isinstance(tree, (list, type({}.values()))):
        for one in tree:
            yield from nodes(one)


APPLICATION = "alembic-ext"
HARMLESS = {"BEGIN", "ROLLBACK"}
EFFECTS = re.compile(
    r"lock|nextval|setval|^lo_|pg_(cancel|terminate|notify|logical|reload|rotate|switch|create|drop|export)|dblink|query_to"
)


def only_reads_catalogs(application: str, text: str) -> None:
    """Fail unless a statement is a SELECT of system catalogs, whose only effect is on settings.

    On Alembic's own session these are but three.
    """
    (statement,) = split(text, "the log")
    assert statement.node == "SelectStmt", text
    for schema, name in relations(statement.tree):
        assert schema == "pg_catalog" or (not schema and name.startswith("pg_")), f"{schema}.{name} in {text}"
    assert not [one for one in nodes(statement.tree) if "lockingClause" in one or "intoClause" in one], text
    for name, arguments in calls(statement.tree):
        assert not EFFECTS.search(name), text
        if name == "set_config" and application != APPLICATION:
            assert arguments[0]["A_Const"]["sval"]["sval"] in {"search_path", "lock_timeout", "jit"}, text
