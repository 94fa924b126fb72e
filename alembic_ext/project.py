"""An Alembic project, found as Alembic finds it, and what ``[tool.alembic-ext]`` in its pyproject.toml says.

Each part reads its own table of the configuration with `Project.options`: a frozen dataclass whose fields are the
options (``dev_url`` is written ``dev-url``) and whose attribute ``TABLE`` is the table's name, empty for the top one.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, get_origin, get_type_hints

from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import SEVERITIES, Severity
from alembic_ext.git import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config
    from alembic.script import ScriptDirectory

TOML = "pyproject.toml"
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
        volatile: ids of revisions that read the clock, the environment or the like: what they give is not kept.
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


@dataclass(frozen=True)
class Project:
    """A project: its configuration files, as `alembic -c -n -x` are given, and the folder they stand in."""

    name: str
    ini: Path | None
    toml: Path | None
    section: str = "alembic"
    x: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where the configuration stands."""
        found = self.ini or self.toml
        assert found is not None
        return found.absolute().parent

    @cached_property
    def repository(self) -> Repository | None:
        """The git repository that the project belongs to."""
        return Repository.of(self.folder)

    @property
    def words(self) -> list[str]:
        """The words with which `alembic` finds it, from here."""
        files = [word for one in (self.ini, self.toml) if one for word in ("-c", str(one))]
        return [*files, "-n", self.section, *(word for one in self.x for word in ("-x", one))]

    def config(self, **how: Any) -> Config:
        """A configuration of Alembic's, fresh, as its command line would make it; ``how`` are further arguments."""
        from alembic.config import Config

        words = Namespace(
            config=[str(one) for one in (self.ini, self.toml) if one], name=self.section,
            x=list(self.x) or None, raiseerr=False, quiet=False, verbose=False,
        )  # fmt: skip
        ini, toml = (one.absolute() if one else None for one in (self.ini or Path("alembic.ini"), self.toml))
        return Config(ini, toml_file=toml, ini_section=self.section, cmd_opts=words, **{"stdout": sys.stderr, **how})

    @cached_property
    def script(self) -> ScriptDirectory:
        """The revisions.

        Raises:
            AlembicExtError: the configuration names none.
        """
        from alembic.script import ScriptDirectory

        with self.found():
            script = ScriptDirectory.from_config(self.config())
        script.dir = str(Path(script.dir).absolute())
        return script

    @contextmanager
    def found(self) -> Iterator[None]:
        """What Alembic says where there is no project."""
        from alembic.util import CommandError

        try:
            yield
        except CommandError as error:
            if "script_location" not in str(error) and "Path doesn't exist" not in str(error):
                raise
            raise AlembicExtError(
                f"there is no Alembic project here: {error}",
                where=str(self.ini or self.toml or self.folder),
                help="run it where alembic.ini is, or name the file: alembic-ext COMMAND -c path/to/alembic.ini",
            ) from error

    def relative(self, path: str | Path) -> str:
        """A path as it is called from the top of the repository, or from here where there is none."""
        if self.repository is not None:
            return self.repository.relative(Path(path))
        try:
            return Path(path).resolve().relative_to(Path.cwd()).as_posix()
        except ValueError:
            return Path(path).as_posix()

    @cached_property
    def pyproject(self) -> Path | None:
        """The pyproject.toml with our table: beside the project or above it, up to the top of the repository."""
        places = [self.folder / TOML]
        for folder in self.folder.parents:
            if (places[-1].parent / ".git").exists():
                break
            places.append(folder / TOML)
        found = [place for place in (*places, *filter(None, [self.toml])) if place.is_file()]
        return next((one for one in found if TABLE in _read(one).get("tool", {})), None)

    @cached_property
    def table(self) -> Mapping[str, Any]:
        """``[tool.alembic-ext]``, unchecked."""
        if self.pyproject is None:
            return {}
        return _read(self.pyproject).get("tool", {}).get(TABLE, {}) or {}

    def options(self, into: type[Options]) -> Options:
        """The options of one table, checked.

        Raises:
            AlembicExtError: an option does not exist, or is of another type.
        """
        name: str = getattr(into, "TABLE", "")
        given: Any = self.table.get(name, {}) if name else self.table
        place = f"[tool.{TABLE}.{name}]" if name else f"[tool.{TABLE}]"
        where = str(self.pyproject or "")
        if not isinstance(given, Mapping):
            raise AlembicExtError(f"{place} is no table", where=where)
        types = get_type_hints(into)
        known = {one.name.replace("_", "-"): one.name for one in fields(into)}  # type: ignore[arg-type]
        values = {}
        for key, value in given.items():
            if not name and isinstance(value, Mapping) and key in tables():
                continue
            if key not in known:
                also = [] if name else sorted(tables())
                raise AlembicExtError(
                    f"{place} has no option {key!r}",
                    where=where,
                    help=f"the options are {', '.join(sorted([*known, *also]))}",
                )
            values[known[key]] = _checked(value, types[known[key]], f"{place} {key}", where)
        try:
            return into(**values)
        except AlembicExtError as error:
            raise AlembicExtError(f"{place} {error.problem}", where=where, help=error.help) from error

    @cached_property
    def common(self) -> Common:
        """The options at the top."""
        return self.options(Common)


def tables() -> set[str]:
    """The names of the tables below ours: those of the commands."""
    import pkgutil

    from alembic_ext import commands

    return {one.name for one in pkgutil.iter_modules(commands.__path__) if not one.name.startswith("_")}


def find(given: Sequence[str] = (), section: str = "alembic", x: Sequence[str] = (), name: str = ".") -> Project:
    """The project as `alembic -c … -n … -x …` finds it: ``given`` files, else ``$ALEMBIC_CONFIG``, else those here.

    Raises:
        AlembicExtError: there is none.
    """
    files = [Path(one) for one in given or filter(None, [os.environ.get("ALEMBIC_CONFIG")])]
    tomls = [one for one in files if one.name == TOML]
    inis = [one for one in files if one.name != TOML]
    if len(tomls) > 1 or len(inis) > 1:
        raise AlembicExtError("more than one file of one sort was named", help="name one .ini file, one pyproject.toml")
    if missing := [str(one) for one in files if not one.is_file()]:
        raise AlembicExtError(f"there is no file {missing[0]!r}", help="correct the path behind -c")
    ini, toml = [*inis, Path("alembic.ini")][0], [*tomls, Path(TOML)][0]
    return _made(ini if ini.is_file() else None, toml if toml.is_file() else None, section, x, name)


def _made(ini: Path | None, toml: Path | None, section: str, x: Sequence[str], name: str) -> Project:
    if ini is None and (toml is None or "alembic" not in _read(toml).get("tool", {})):
        raise AlembicExtError(
            "there is no Alembic project here: neither alembic.ini nor [tool.alembic] in pyproject.toml",
            where=str(Path.cwd()),
            help="run it where alembic.ini is, or name the file: alembic-ext COMMAND -c path/to/alembic.ini",
        )
    return Project(name, ini, toml, section, tuple(x))


def several(globs: Iterable[str], base: str | None) -> tuple[list[Path], list[Path]]:
    """The folders of projects that the patterns match, and of those the ones to look at: changed since ``base``.

    Raises:
        AlembicExtError: a pattern matches none.
    """
    found: set[Path] = set()
    for glob in globs:
        matched = {path for path in _glob(glob) if is_project(path)}
        if not matched:
            raise AlembicExtError(
                f"no Alembic project matches {glob!r}",
                help="a pattern names folders with alembic.ini, or with [tool.alembic] in their pyproject.toml",
            )
        found |= matched
    folders = sorted(found)
    if base is None:
        return folders, folders
    return folders, [folder for folder in folders if _concerned(folder, base)]


def _glob(pattern: str) -> list[Path]:
    from glob import glob

    found = [Path(one) for one in glob(pattern, recursive=True)]  # noqa: PTH207  (a pattern may be absolute)
    return [(one if one.is_dir() else one.parent).resolve() for one in found]


def is_project(folder: Path) -> bool:
    """Whether a folder holds the configuration of an Alembic project."""
    toml = folder / TOML
    return (folder / "alembic.ini").is_file() or (toml.is_file() and "alembic" in _read(toml).get("tool", {}))


def _concerned(folder: Path, base: str) -> bool:
    repository = Repository.of(folder)
    if repository is None:
        raise AlembicExtError("--base was given, and this is no git repository", where=str(folder))
    ini, toml = folder / "alembic.ini", folder / TOML
    project = Project(folder.name, ini if ini.is_file() else None, toml if toml.is_file() else None)
    places = [folder, *((folder / path).resolve() for path in project.common.watch)]
    prefixes = [repository.relative(place) for place in places]
    return any(
        prefix in (".", path) or path.startswith(f"{prefix}/")
        for path in repository.changed(base)
        for prefix in prefixes
    )


def _read(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # a dependency of Alembic's on 3.10
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AlembicExtError("the file cannot be read", where=str(path), server=str(error)) from error


_TYPES: Mapping[Any, tuple[str, Any]] = {
    str: ("a text", lambda value: isinstance(value, str)),
    bool: ("true or false", lambda value: isinstance(value, bool)),
    int: ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    float: ("a number", lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)),
    tuple[str, ...]: ("a list of texts", lambda value: all(isinstance(one, str) for one in value)),
    Mapping[str, str]: ("a table of texts", lambda value: all(isinstance(one, str) for one in value.values())),
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
