"""What the public classes share: they are values, know where they were declared, and can be written as SQL."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from alembic_ext.entity.arguments import mistake
from alembic_ext.errors import DeclarationError
from alembic_ext.paths import below
from alembic_ext.sqltext import Statement, ident, literal, parts, split

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform

    from alembic_ext.kinds import Kind
else:

    def dataclass_transform(**_):
        """What it says is for type checkers; before Python 3.11 it is not in the standard library."""
        return lambda decorator: decorator


log = logging.getLogger(f"alembic.{__name__}")

_OURS = (__name__.partition(".")[0], "sqlalchemy")


def declared_at() -> str:
    """``file:line`` of the innermost caller that is neither of this package nor of SQLAlchemy."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OURS:
        frame = frame.f_back
    return f"{below(Path(frame.f_code.co_filename), Path.cwd())}:{frame.f_lineno}"


E = TypeVar("E", bound=type)
_unfinished: set[type] = set()


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def entity(cls: E) -> E:
    """Make a class a frozen dataclass, when it is first used.

    A run imports every kind, and with it the class that stands beside it; making forty dataclasses takes longer than
    reading a thousand objects.
    """
    _unfinished.add(cls)
    return cls


def finish(cls: type) -> None:
    """Make a class, and those it inherits from, the dataclasses that they stand for."""
    for each in reversed(cls.__mro__):
        if each in _unfinished:
            _unfinished.discard(each)
            dataclass(frozen=True, repr=False)(each)


@entity
class Entity:
    """Base of the classes that a user declares objects with. Values: frozen, equal when all arguments are.

    A subclass gives its kind as ``KIND``, and `_statements`.
    """

    KIND: ClassVar[Kind]

    source: str = field(default="", init=False, compare=False)
    """Where it was declared: ``file:line``."""
    _text: str = field(default="", init=False)
    """The statements, where it was made from SQL."""
    renamed_from: str | None = field(default=None, kw_only=True)
    """The name it had; said once, it may stay: where the old name is gone it is passed over."""

    def __new__(cls, *_: object, **__: object) -> Self:
        finish(cls)
        return object.__new__(cls)

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", declared_at())
        if wrong := mistake(self):
            raise self._invalid(*wrong)
        schema, dot, name = getattr(self, "name", "").partition(".")
        if dot and getattr(self, "schema", "") is None:
            log.warning(
                "%s %s.%s has a dot in its name (%s): if %s is its schema, give %r and schema=%r",
                self.KIND.name, schema, name, self.source, schema, name, schema,
            )  # fmt: skip

    @classmethod
    def from_sql(cls, text: str) -> Self:
        """The object that a CREATE statement makes; the statement is kept to the letter.

        Further statements about the object (COMMENT ON, GRANT) may follow it.

        Raises:
            DeclarationError: the text does not make exactly one object of this kind, or is no SQL.
        """
        source = declared_at()
        made = [one for one in split(text, source) if cls._made_by(one)]
        if len(made) != 1:
            raise DeclarationError(
                f"the text does not make exactly one {cls.KIND.name}: {' '.join(text.split())[:120]}",
                where=source,
                help="give one CREATE statement; text with any statements may be given to register() as it is",
            )
        self = cls.__new__(cls)
        for each in fields(cls):
            default = each.default_factory() if each.default_factory is not MISSING else each.default
            object.__setattr__(self, each.name, None if default is MISSING else default)
        for name, value in {"source": source, "_text": text, **cls._read(made[0].tree)}.items():
            object.__setattr__(self, name, value)
        return self

    @classmethod
    def _made_by(cls, statement: Statement) -> bool:
        return cls.KIND.makes(statement.node, statement.tree)

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments that can be told from a parse tree: name and schema."""
        *schema, name = cls.KIND.spelled(tree).names
        return {"name": name, "schema": schema[-1] if schema else None}

    def statements(self) -> tuple[str, ...]:
        """The SQL statements that make the object and set what was declared of it."""
        if self._text:
            return tuple(statement.text for statement in split(self._text, self.source))
        return self._statements()

    def _statements(self) -> tuple[str, ...]:
        raise NotImplementedError

    def hints(self) -> str:
        """What is said of renames, as comment lines above its first statement."""
        values: Mapping[str, str] = getattr(self, "renamed_values", None) or {}
        lines = [f"-- renamed value {literal(old)} to {literal(new)}\n" for old, new in values.items()]
        return (f"-- renamed from {ident(self.renamed_from)}\n" if self.renamed_from else "") + "".join(lines)

    @property
    def sql(self) -> str:
        """All statements as one text."""
        return "".join(f"{statement};\n" for statement in self.statements())

    def __repr__(self) -> str:
        if self._text:
            return f"{type(self).__name__}.from_sql({self._text!r})"
        shown = [
            f"{each.name}={value!r}" if each.kw_only else repr(value)
            for each in fields(self)
            if each.init and (value := getattr(self, each.name)) != each.default and value != {}
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def _invalid(self, problem: str, help: str) -> DeclarationError:
        name = getattr(self, "name", None) or getattr(self, "signature", None)
        what = f"{self.KIND.name} {name}" if name else repr(self)
        return DeclarationError(f"{what}: {problem}", where=self.source, help=help)

    def _check_word(self, argument: str, value: object, *allowed: object) -> None:
        if value is not None and value not in allowed:
            raise self._invalid(f"{argument}={value!r} is unknown", f"give one of {', '.join(map(repr, allowed))}")

    def _check_call(self, argument: str, value: object) -> None:
        if isinstance(value, str) and "(" not in value:
            raise self._invalid(f"{argument}={value!r} is no call", f"give {f'{value.strip()}()'!r}, or the Function")


def relation_name(entity: Entity, on: Any) -> str:
    """A relation as SQL, from however an argument of an entity gave it: mapped class, Table, view of ours, name."""
    on = getattr(on, "__table__", on)
    if isinstance(on, str):
        return ident(*(parts(on) if '"' in on else on.split(".")))
    if isinstance(on, Entity) or (hasattr(on, "schema") and hasattr(on, "name")):
        return ident(on.schema or "", on.name)
    raise entity._invalid(
        "it is on nothing" if on is None else f"{on!r} is not a relation",
        "give a mapped class, a Table, a view of ours or a name; or put it into __table_args__",
    )


def comment_on(word: str, identity: str, comment: str | None) -> Iterator[str]:
    """The statement that sets a comment, if there is one."""
    if comment is not None:
        yield f"COMMENT ON {word} {identity} IS {literal(comment)}"


def owned_by(word: str, identity: str, owner: str | None) -> Iterator[str]:
    """The statement that sets an owner, if there is one."""
    if owner is not None:
        yield f"ALTER {word} {identity} OWNER TO {role(owner)}"


Enabled = bool | Literal["replica", "always"]
"""In which sessions a trigger or rule acts."""

SWITCHES = {True: "", False: "DISABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS"}
"""The verb that leads from the default to each enabled state."""


Grants = Mapping[str, "str | Sequence[str] | None"]
"""Grantee to privileges: ``{"reader": "select", "writer": ["select", "insert"], "public": None}``; None takes all."""


def granted(on: str, grants: Grants) -> Iterator[str]:
    """One statement for each grantee."""
    for grantee, privileges in grants.items():
        given = [privileges] if isinstance(privileges, str) else list(privileges or ())
        words = ", ".join(word if "(" in word else word.upper() for word in given)
        yield f"GRANT {words} ON {on} TO {role(grantee)}" if given else f"REVOKE ALL ON {on} FROM {role(grantee)}"


def role(name: str) -> str:
    """A role as it is written: quoted, or one of the words that stand for one."""
    known = ("PUBLIC", "CURRENT_USER", "CURRENT_ROLE", "SESSION_USER")
    return name.upper() if name.upper() in known else ident(name)


def setting(value: object) -> str:
    """A value of an option or storage parameter: ``true``, ``70``, ``'0.5s'``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if _BARE.fullmatch(text) else literal(text)


_BARE = re.compile(r"[A-Za-z_]+|-?[0-9]+(\.[0-9]+)?")


def options(values: Mapping[str, object]) -> str:
    """``(name = value, name = value)``."""
    return "(" + ", ".join(f"{name} = {setting(value)}" for name, value in values.items()) + ")"
