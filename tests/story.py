"""Stories: what a project looks like before and after a change, and what has to be true all along.

A story is a folder with ``before.sql`` and ``after.sql``. The head of ``before.sql`` holds ``-- key: value`` lines:

    story        what the story proves, in one line (required)
    needs        ``postgres>=15``, ``icu``, ``extension pg_trgm``, or ``operator classes``, which the oldest SQLAlchemy
                 does not find in the reference database; several are separated by commas
    roles        roles that must exist in the cluster; they are made
    compare      ``owner`` and/or ``populated``: also compare owners, or whether materialized views hold data
    configure    keywords for ``context.configure``, for instance ``include_schemas=True``
    options      the dict given as ``context.configure(alembic_ext=...)``
    search_path  the search_path of every connection
    register     ``reversed``: register the sections of entities last first (the order must not matter)
    environment  variables that hold secrets; the value of each is the mark that stands for it: ``${env:NAME}``
    expect       ``same``: before and after build the same database, so autogenerate must stay silent

The rest is sections, opened by ``-- tables``, ``-- entities`` or ``-- unmanaged``, as often as needed, run in order to
build the reference database. Tables become the models, entities are registered as text; what is unmanaged
(``before.sql`` only) is there from the start and must stay. An added or dropped column must be the last of its table.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy.dialects.postgresql.base import PGDialect

from tests.life import Broken, Life, Twin, execute, psql, tables_of
from tests.pgdump import Dump, dump_schema

HEADERS = frozenset(
    {"story", "needs", "roles", "compare", "configure", "options", "search_path", "register", "expect", "environment"}
)
Section = tuple[str, str]


@dataclass(frozen=True)
class Story:
    """A change of a project, as SQL."""

    name: str
    head: Mapping[str, str]
    before: tuple[Section, ...]
    after: tuple[Section, ...]

    @classmethod
    def read(cls, folder: Path) -> Story:
        """Read a folder."""
        head, before = split((folder / "before.sql").read_bytes().decode())
        _, after = split((folder / "after.sql").read_bytes().decode())
        found = {key: value.strip() for key, value in re.findall(r"^-- (\w+): (.*)$", head, re.MULTILINE)}
        assert not found.keys() - HEADERS, f"{folder}: unknown headers {sorted(found.keys() - HEADERS)}"
        assert "story" in found, f"{folder}: it does not say what it proves"
        unmanaged = tuple(section for section in before if section[0] == "unmanaged")
        return cls(folder.name, found, before, (*unmanaged, *after))

    def listed(self, header: str) -> list[str]:
        """Give the words of a header."""
        return [word.strip() for word in self.head.get(header, "").split(",") if word.strip()]

    @property
    def search_path(self) -> str:
        return self.head.get("search_path", "")

    @property
    def keywords(self) -> dict[str, Any]:
        """Keywords for ``context.configure``."""
        pairs = [word.partition("=") for word in self.listed("configure")]
        found = {name.strip(): ast.literal_eval(value.strip()) for name, _, value in pairs}
        return found | ({"alembic_ext": ast.literal_eval(self.head["options"])} if "options" in self.head else {})

    def missing(self, admin: str) -> str:
        """Say what the server lacks for this story, or nothing."""
        for need in self.listed("needs"):
            if need == "icu":
                if not execute(admin, "SELECT 1 FROM pg_collation WHERE collname LIKE '%-x-icu' LIMIT 1"):
                    return need
            elif need == "operator classes":
                if "postgresql_ops" not in inspect.getsource(PGDialect.get_multi_indexes):
                    return f"SQLAlchemy that reflects {need}"
            elif need.startswith("extension "):
                name = need.removeprefix("extension ")
                if not execute(admin, f"SELECT 1 FROM pg_available_extensions WHERE name = '{name}'"):
                    return need
            elif int(execute(admin, "SHOW server_version_num")[0][0]) < int(need.removeprefix("postgres>=")) * 10000:
                return need
        return ""


def split(text: str) -> tuple[str, tuple[Section, ...]]:
    """The head of a file and its (name, text) sections; line ends stay as they are."""
    head, *rest = re.split(r"^-- (tables|entities|unmanaged)[ \t]*\r?\n", text, flags=re.MULTILINE)
    return head, tuple(zip(rest[::2], rest[1::2], strict=True))


def texts(sections: tuple[Section, ...], name: str) -> list[str]:
    """The texts of the sections of one name."""
    return [text for section, text in sections if section == name and text.strip()]


def difference(found: Dump, wanted: Dump) -> str:
    """The first difference of two dumps in words, or nothing."""
    for head in sorted(found.keys() | wanted.keys()):
        if head not in wanted or head not in found:
            return f"{'missing' if head in wanted else 'unexpected'}: {head}\n{(found | wanted)[head]}"
        for got, want in zip_longest(found[head].split("\n"), wanted[head].split("\n"), fillvalue=""):
            if got != want:
                return f"{head}:\n  is      {got!r}\n  instead {want!r}"
    return ""


def _without_tabs(dump: Dump) -> Dump:
    """A dump with blanks for tabs: ``upgrade --sql`` of Alembic writes them so."""
    return {head: text.replace("\t", "    ") for head, text in dump.items()}


@dataclass
class Stage:
    """Where stories are played: a server, a folder, and what is asked beyond the story itself."""

    bin: Path
    admin: str
    """The superuser's URL of the maintenance database."""

    new_database: Callable[[], str]
    folder: Path
    twin: Twin | None = None
    """Also write each revision in another process, which must give the same bytes."""

    offline: bool = False
    """Also run the whole history as a script in psql."""

    elsewhere: bool = False
    """Also run that script in another schema, which must become what it would be if it were built there."""

    drops: bool = False
    """Also declare nothing at the end: everything goes, and a downgrade brings it back."""

    revisions: dict[str, str] = field(default_factory=dict)
    after: str = ""
    """The URL of the database that was built directly as it is after the change."""

    def play(self, story: Story) -> Life:
        """Play a story.

        Raises:
            Broken: a promise is not kept.
        """
        with patch.dict(os.environ, {name: f"${{env:{name}}}" for name in story.listed("environment")}):
            return self._play(story)

    def _play(self, story: Story) -> Life:
        for role in story.listed("roles"):
            if not execute(self.admin, f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"):
                execute(self.admin, f'CREATE ROLE "{role}"')
        before, after = self._reference(story, story.before), self._reference(story, story.after)
        self.after = after
        same = story.head.get("expect") == "same"
        wanted = self._dump(before, story), self._dump(after, story)
        assert same != bool(difference(*wanted)), (
            f"before and after must {'' if same else 'not '}build the same database"
        )
        life = Life(self.folder / "work", self.new_database(), story.keywords, story.search_path)
        unmanaged = texts(story.before, "unmanaged")
        execute(life.url, *unmanaged, search_path=story.search_path)
        base = self._dump(life.url, story)
        self._to(life, story, "r1", before, story.before, wanted[0])
        if same:
            self._declare(life, story, after, story.after)
            life.check()
        self._to(life, story, "r2", after, story.after, wanted[1])
        if self.offline:
            self._offline(life, story, unmanaged, story.search_path, wanted[1])
        if self.elsewhere:
            self._elsewhere(life, story)
        life.downgrade("-1")
        self._same("downgrade", life, story, wanted[0])
        life.upgrade()
        self._same("upgrade again", life, story, wanted[1])
        if self.drops:
            self._drops(life, story, after, wanted[1])
        life.downgrade("base")
        self._same("downgrade to base", life, story, base)
        return life

    def _reference(self, story: Story, sections: tuple[Section, ...]) -> str:
        url = self.new_database()
        execute(url, *(text for _, text in sections), search_path=story.search_path)
        return url

    def _declare(self, life: Life, story: Story, reference: str, sections: tuple[Section, ...]) -> list[str]:
        schemas = bool(story.keywords.get("include_schemas"))
        items = texts(sections, "entities")[:: -1 if story.head.get("register") == "reversed" else 1]
        life.declare(tables_of(reference, schemas=schemas, search_path=story.search_path), *items)
        return items

    def _to(
        self, life: Life, story: Story, name: str, reference: str, sections: tuple[Section, ...], wanted: Dump
    ) -> None:
        items = self._declare(life, story, reference, sections)
        text = self.revisions[name] = life.revise(name)
        if self.twin is not None:
            other = self.twin.revise(life, name, items, self.folder / f"twin_{name}")
            if other != text:
                raise Broken(
                    f"{name}: other bytes with another driver and other hashes:\n{other}\n\ninstead of\n{text}"
                )
        life.upgrade()
        life.check()
        self._same(name, life, story, wanted)

    def _offline(self, life: Life, story: Story, unmanaged: list[str], search_path: str, wanted: Dump) -> None:
        url, script = self.new_database(), life.script()
        execute(url, *unmanaged, search_path=search_path)
        psql(self.bin, url, f"SET search_path = {search_path};\n{script}" if search_path else script)
        if reason := difference(_without_tabs(self._dump(url, story)), _without_tabs(wanted)):
            raise Broken(f"upgrade --sql, in psql: {reason}\n\n{script}")

    def _elsewhere(self, life: Life, story: Story) -> None:
        url, make = self.new_database(), "CREATE SCHEMA tenant"
        execute(url, make)
        execute(url, *(text for _, text in story.after), search_path="tenant")
        self._offline(life, story, [make], "tenant", self._dump(url, story))

    def _drops(self, life: Life, story: Story, reference: str, wanted: Dump) -> None:
        """What is declared no more goes, though its tables stay; and comes back as it was."""
        entities = tuple(section for section in story.after if section[0] != "entities")
        try:
            bare = self._reference(story, entities)
        except Exception:  # the tables use what is declared
            return
        self._to(life, story, "r3", bare, entities, self._dump(bare, story))
        life.downgrade("-1")
        self._same("downgrade of the drops", life, story, wanted)

    def _dump(self, url: str, story: Story) -> Dump:
        compare = story.listed("compare")
        entries = dump_schema(self.bin, url, *([] if "owner" in compare else ["--no-owner"]))
        if "populated" in compare:
            rows = execute(url, "SELECT oid::regclass::text, relispopulated FROM pg_class WHERE relkind = 'm'")
            entries |= {f"{name}; Type: POPULATED": str(filled) for name, filled in rows}
        return entries

    def _same(self, step: str, life: Life, story: Story, wanted: Dump) -> None:
        if reason := difference(self._dump(life.url, story), wanted):
            text = "\n\n".join(self.revisions[name] for name in ("r2", "r3") if name in self.revisions)
            raise Broken(f"{step}: {reason}\n\n{text or self.revisions['r1']}")
