"""What functions and procedures have in common as declarations: their signature, settings and body."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, field
from typing import Any, Literal

from alembic_ext.entity import Entity, Grants, comment_on, entity, granted, owned_by
from alembic_ext.model import Address
from alembic_ext.sqltext import ident, literal, parts, split
from alembic_ext.sqltext.edit import words_of
from alembic_ext.sqltext.pgquery import ParseError

Security = Literal["definer", "invoker"]

_SIGNATURE = re.compile(r'\s*((?:"(?:[^"]|"")*"|[^\s("])+)\s*(\(.*\))?\s*', re.DOTALL)
_STANDARD = re.compile(r"\s*(RETURN\b|BEGIN\s+ATOMIC\b)", re.IGNORECASE)
# Settings that are lists of names, GUC_LIST_QUOTE in guc_tables.c: one constant with a comma in it would be one name.
_LISTS = ("search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries")


@entity
class DeclaredRoutine(Entity):
    """A function or a procedure."""

    signature: str
    """Name and arguments as SQL: ``touch(a integer, b text DEFAULT 'x')``."""
    _: KW_ONLY
    language: str | None = None
    body: str | tuple[str, str] = ""
    security: Security | None = None
    set: Mapping[str, Any] = field(default_factory=dict, hash=False)
    transform: Sequence[str] = ()
    schema: str | None = None
    comment: str | None = None
    owner: str | None = None
    grants: Grants = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_word("security", self.security, "definer", "invoker")
        if not self.body:
            raise self._invalid("it has no body", "give body=…, and the language it is in")
        if not _SIGNATURE.fullmatch(self.signature):
            raise self._invalid(
                f"the signature {self.signature!r} cannot be read",
                "write it as in CREATE FUNCTION: \"f(a integer, b text DEFAULT 'x')\"",
            )
        if self.schema and len(parts(self._split_signature()[0])) > 1:
            raise self._invalid("the schema is given twice", "leave it away in the signature, or the argument schema")

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        address = cls.KIND.spelled(tree)
        *schema, name = address.names
        return {"signature": _called((name,), address), "schema": schema[-1] if schema else None}

    @property
    def call(self) -> str:
        """Its name with empty brackets, as a trigger calls it."""
        return (f"{ident(self.schema)}." if self.schema else "") + f"{self._split_signature()[0]}()"

    def _split_signature(self) -> tuple[str, str]:
        found = _SIGNATURE.fullmatch(self.signature)
        assert found
        return found[1], found[2] or "()"

    def _statements(self) -> tuple[str, ...]:
        name, arguments = self._split_signature()
        prefix = f"{ident(self.schema)}." if self.schema else ""
        word = self.KIND.name.upper()
        create = "\n".join(
            filter(None, [f"CREATE {word} {prefix}{name}{arguments}{self._returns()}", *self._clauses(), self._body()])
        )
        if self.comment is None and self.owner is None and not self.grants:
            return (create,)
        (made,) = split(create, self.source)
        address = self.KIND.spelled(made.tree)
        identity = _called(address.names, address)
        return (
            create,
            *comment_on(word, identity, self.comment),
            *owned_by(word, identity, self.owner),
            *granted(f"{word} {identity}", self.grants),
        )

    def _returns(self) -> str:
        return ""

    def _options(self) -> Iterator[str]:
        """Clauses that only functions have."""
        yield from ()

    def _clauses(self) -> Iterator[str]:
        language = self.language or (None if self._is_standard() else "sql")
        if language:
            yield f"LANGUAGE {ident(language.lower())}"
        if self.transform:
            yield "TRANSFORM " + ", ".join(f"FOR TYPE {type_}" for type_ in self.transform)
        yield from self._options()
        if self.security:
            yield f"SECURITY {self.security.upper()}"
        for name, value in self.set.items():
            yield f"SET {'.'.join(ident(part) for part in name.split('.'))} " + (
                "FROM CURRENT" if value is None else f"TO {_value(name, value)}"
            )

    def _is_standard(self) -> bool:
        """Whether the body is SQL that is parsed at once: RETURN …, or BEGIN ATOMIC … END."""
        if (self.language or "sql").lower() != "sql" or not isinstance(self.body, str):
            return False
        return _STANDARD.match(self.body) is not None

    def _body(self) -> str:
        if not isinstance(self.body, str):
            return "AS " + ", ".join(literal(part) for part in self.body)
        if self._is_standard():
            return self.body.strip().rstrip(";")
        return f"AS {dollar_quoted(_unindented(self.body))}"


def _unindented(body: str) -> str:
    """A body that begins on a line of its own, without the indentation that it has in Python code.

    Where that would change a constant that spans lines, the indentation stays; so does a body in the same line.
    """
    if not body.startswith("\n"):
        return body
    inner = textwrap.dedent(body)
    try:
        same = [word.text for word in words_of(inner)] == [word.text for word in words_of(body)]
    except ParseError:  # another language than SQL's family
        same = True
    return inner if same else body


def _called(names: Sequence[str], address: Address) -> str:
    return f"{ident(*names)}({', '.join(address.args or ())})"


def _value(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (int, float)):
        return str(value)
    if name.lower() in _LISTS and isinstance(value, str) and value:
        value = [one for part in value.split(",") for one in parts(part.strip())]
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, Sequence):
        return ", ".join(literal(str(part)) for part in value)
    return literal(str(value))


def dollar_quoted(text: str) -> str:
    """A text between ``$$``, or between a longer mark where it holds that."""
    tags = ("", "body", *(f"body{number}" for number in range(1, 1 + text.count("$body"))))
    mark = next(mark for tag in tags if (mark := f"${tag}$") not in text + mark[:-1])
    return f"{mark}{text}{mark}"
