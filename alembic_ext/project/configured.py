"""What ``[tool.alembic-ext]`` in pyproject.toml may say, and that it says nothing else."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar, get_origin, get_type_hints

from alembic_ext.errors import AlembicExtError, meant
from alembic_ext.findings import SEVERITIES, Severity

TABLE = "alembic-ext"
Options = TypeVar("Options")


@dataclass(frozen=True)
class Common:
    """The options at the top of ``[tool.alembic-ext]``.

    Args:
        dev_url: a server on which throw-away databases are made for the history; ``"embedded"`` is that of the extra.
        url_env: the environment variable in which env.py finds the URL of its database.
        extensions: extensions that the history needs and does not make itself.
        languages: languages, likewise.
        roles: roles, likewise.
        baseline: SQL files that stand before the first revision.
        as_role: the role as which the history runs; a superuser's rights hide what it lacks.
        cache: False replays the whole history each time.
        volatile: ids of revisions that read the clock or the like, which nobody sees: what they give is not kept.
        watch: paths beside the project's own whose change concerns it too, for ``--project`` with ``--base``.
        severity: another severity for some findings, by their slugs; ``"off"`` leaves them out.
        fail_on: the mildest severity that makes the exit code 1.
    """

    TABLE: ClassVar[str] = ""

    dev_url: str = ""
    url_env: str = ""
    extensions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    baseline: tuple[str, ...] = ()
    as_role: str = ""
    cache: bool = True
    volatile: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    severity: Mapping[str, str] = field(default_factory=dict)
    fail_on: Severity = "error"

    def __post_init__(self) -> None:
        for slug, word in self.severity.items():
            if word not in (*SEVERITIES, "off"):
                raise AlembicExtError(
                    f"severity of {slug!r}: there is no {word!r}", help=f"say one of {', '.join(SEVERITIES)}, off"
                )
        if self.fail_on not in SEVERITIES:
            raise AlembicExtError(f"fail-on: there is no {self.fail_on!r}", help=f"say one of {', '.join(SEVERITIES)}")


def read(path: Path) -> dict[str, Any]:
    """A file of TOML.

    Raises:
        AlembicExtError: it is none.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # a dependency of Alembic's on 3.10
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AlembicExtError("the file cannot be read", where=str(path), server=str(error)) from error


def checked(table: Mapping[str, Any], into: type[Options], commands: Collection[str], where: str) -> Options:
    """The options of ``into``, a frozen dataclass, as ``[tool.alembic-ext]`` has them.

    Args:
        table: that table.
        into: its attribute ``TABLE`` names the table below, or is empty.
        commands: the tables that there may be below.
        where: the file.

    Raises:
        AlembicExtError: an option does not exist, or is of another type.
    """
    name: str = getattr(into, "TABLE", "")
    given: Any = table.get(name, {}) if name else table
    place = f"[tool.{TABLE}.{name}]" if name else f"[tool.{TABLE}]"
    if not isinstance(given, Mapping):
        raise AlembicExtError(f"{place} is not a table", where=where)
    types = get_type_hints(into)
    known = {one.name.replace("_", "-"): one.name for one in fields(into)}  # type: ignore[arg-type]
    values = {}
    for key, value in given.items():
        if not name and isinstance(value, Mapping) and key in commands:
            continue
        if key not in known:
            there = sorted([*known, *([] if name else commands)])
            raise AlembicExtError(
                f"{place} has no option {key!r}",
                where=where,
                help=meant(key, there, f"the options are {', '.join(there)}"),
            )
        values[known[key]] = _checked(value, types[known[key]], f"{place} {key}", where)
    try:
        return into(**values)
    except AlembicExtError as error:
        raise AlembicExtError(f"{place} {error.problem}", where=where, help=error.help) from error


_TYPES: Mapping[Any, tuple[str, Any]] = {
    str: ("a text", lambda value: isinstance(value, str)),
    bool: ("true or false", lambda value: isinstance(value, bool)),
    int: ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    float: ("a number", lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)),
    tuple[str, ...]: ("a list of strings", lambda value: all(isinstance(one, str) for one in value)),
    Mapping[str, str]: ("a table of strings", lambda value: all(isinstance(one, str) for one in value.values())),
}


def _checked(value: Any, wanted: Any, what: str, where: str) -> Any:
    """A value as its field wants it; of types that are not known here only the outer one is looked at."""
    outer = get_origin(wanted) or wanted
    if outer is tuple and isinstance(value, list):
        value = tuple(value)
    words, good = _TYPES.get(wanted, ("", lambda _: True))
    if (outer in (tuple, Mapping) and not isinstance(value, outer)) or not good(value):
        raise AlembicExtError(
            f"{what} = {value!r} is not {words or 'a list' if outer is tuple else words or 'a table'}", where=where
        )
    return value
