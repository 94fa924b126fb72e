"""What the public classes share: they are values, know where they were declared, and can be written as SQL."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from alembic_ext.errors import DeclarationError
from alembic_ext.sqltext import split

if TYPE_CHECKING:
    from typing_extensions import Self

    from alembic_ext.kinds import Kind

_OURS = (__name__.partition(".")[0], "sqlalchemy")


def declared_at() -> str:
    """``file:line`` of the innermost caller that is neither of this package nor of SQLAlchemy."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OURS:
        frame = frame.f_back
    path = Path(frame.f_code.co_filename)
    if path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return f"{path}:{frame.f_lineno}"


@dataclass(frozen=True, repr=False)
class Entity:
    """Base of the classes that a user declares objects with. Values: frozen, equal when all arguments are."""

    KIND: ClassVar[Kind]

    source: str = field(default="", init=False, compare=False)
    """Where it was declared: ``file:line``."""
    _text: str = field(default="", init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", declared_at())

    @classmethod
    def from_sql(cls, text: str) -> Self:
        """The object that a CREATE statement makes; the statement is kept to the letter.

        Further statements about the object (COMMENT ON, GRANT) may follow it.

        Raises:
            DeclarationError: the text does not make exactly one object of this kind, or is no SQL.
        """
        source = declared_at()
        made = [one for one in split(text, source) if cls.KIND.makes(one.node, one.tree)]
        if len(made) != 1:
            raise DeclarationError(
                f"the text does not make exactly one {cls.KIND.name}: {' '.join(text.split())[:120]}", where=source,
                help="give one CREATE statement; text with any statements may be given to register() as it is",
            )
        self = object.__new__(cls)
        for each in fields(cls):
            default = each.default_factory() if each.default_factory is not MISSING else each.default
            object.__setattr__(self, each.name, None if default is MISSING else default)
        for name, value in {"source": source, "_text": text, **cls._read(made[0].tree)}.items():
            object.__setattr__(self, name, value)
        return self

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

    @property
    def sql(self) -> str:
        """All statements as one text."""
        return "".join(f"{statement};\n" for statement in self.statements())

    def __repr__(self) -> str:
        if self._text:
            return f"{type(self).__name__}.from_sql({self._text!r})"
        shown = [
            repr(value) if place < self._positional else f"{each.name}={value!r}"
            for place, each in enumerate(each for each in fields(self) if each.init)
            if (value := getattr(self, each.name)) != each.default
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    _positional: ClassVar[int] = 1

    def _invalid(self, problem: str, help: str) -> DeclarationError:
        return DeclarationError(f"{self!r}: {problem}", where=self.source, help=help)
