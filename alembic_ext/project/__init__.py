"""An Alembic project, found as Alembic finds it; what its pyproject.toml says is read in `configured`.

Each part reads its own table of the configuration with `Project.options`: a frozen dataclass whose fields are the
options (``dev_url`` is written ``dev-url``) and whose attribute ``TABLE`` is the table's name, empty for the top one.
"""

from __future__ import annotations

import configparser
import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from configparser import RawConfigParser
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_ext.errors import AlembicExtError, meant
from alembic_ext.paths import below
from alembic_ext.project.configured import TABLE, Common, Options, checked, read
from alembic_ext.project.git import Repository, needed
from alembic_ext.project.scripts import loaded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config
    from alembic.script import ScriptDirectory

TOML = "pyproject.toml"


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
            AlembicExtError: the configuration names none, or they do not fit together.
        """
        with self.found():
            script = loaded(self.config())
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
        return below(Path(path).resolve(), Path.cwd())

    @cached_property
    def pyproject(self) -> Path | None:
        """The pyproject.toml with our table: beside the project or above it, up to the top of the repository."""
        places = [self.folder / TOML]
        for folder in self.folder.parents:
            if (places[-1].parent / ".git").exists():
                break
            places.append(folder / TOML)
        found = [place for place in (*places, *filter(None, [self.toml])) if place.is_file()]
        return next((one for one in found if _has_table(one)), None)

    @property
    def has_own_options(self) -> bool:
        """Whether they are of this project alone: a file above it may speak of the revisions of several."""
        return self.pyproject is not None and self.pyproject.parent == self.folder

    @cached_property
    def table(self) -> Mapping[str, Any]:
        """``[tool.alembic-ext]``, unchecked."""
        if self.pyproject is None:
            return {}
        return read(self.pyproject).get("tool", {}).get(TABLE, {}) or {}

    def options(self, into: type[Options]) -> Options:
        """The options of one table, checked.

        Raises:
            AlembicExtError: an option does not exist, or is of another type.
        """
        return checked(self.table, into, tables(), str(self.pyproject or ""))

    @cached_property
    def common(self) -> Common:
        """The options at the top."""
        return self.options(Common)


def _has_table(file: Path) -> bool:
    """Whether a pyproject.toml has our table.

    Raises:
        AlembicExtError: it is there under another name, and nobody would read it.
    """
    given = read(file)
    tool = given.get("tool", {})
    other = TABLE.replace("-", "_")
    names = {"tool." + other: other in tool, TABLE: TABLE in given, other: other in given}
    if wrong := next((name for name, there in names.items() if there), ""):
        raise AlembicExtError(
            f"[{wrong}] is read by nobody", where=str(file), help=f"the table is called [tool.{TABLE}]"
        )
    return TABLE in tool


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
        raise AlembicExtError(
            "more than one file of the same kind was named", help="name one .ini file, one pyproject.toml"
        )
    if missing := [str(one) for one in files if not one.is_file()]:
        raise AlembicExtError(f"there is no file {missing[0]!r}", help="correct the path behind -c")
    ini, toml = [*inis, Path("alembic.ini")][0], [*tomls, Path(TOML)][0]
    return _made(ini if ini.is_file() else None, toml if toml.is_file() else None, section, x, name)


def _made(ini: Path | None, toml: Path | None, section: str, x: Sequence[str], name: str) -> Project:
    if ini is None and (toml is None or "alembic" not in read(toml).get("tool", {})):
        raise AlembicExtError(
            "there is no Alembic project here: neither alembic.ini nor [tool.alembic] in pyproject.toml",
            where=str(Path.cwd()),
            help="run it where alembic.ini is, or name the file: alembic-ext COMMAND -c path/to/alembic.ini",
        )
    found = sections(ini) if ini is not None and section != "alembic" else [section]
    if section not in found:
        help = meant(section, found, f"its sections are {', '.join(found)}")
        raise AlembicExtError(f"there is no section {section!r}", where=str(ini), help=help)
    return Project(name, ini, toml, section, tuple(x))


def sections(ini: Path) -> list[str]:
    """The sections of an .ini file.

    Raises:
        AlembicExtError: it is none.
    """
    parser = RawConfigParser()
    try:
        parser.read(ini, "utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise AlembicExtError("the file cannot be read", where=str(ini), server=str(error)) from error
    return parser.sections()


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
    return (folder / "alembic.ini").is_file() or (toml.is_file() and "alembic" in read(toml).get("tool", {}))


def _concerned(folder: Path, base: str) -> bool:
    repository = needed(Repository.of(folder), folder)
    ini, toml = folder / "alembic.ini", folder / TOML
    project = Project(folder.name, ini if ini.is_file() else None, toml if toml.is_file() else None)
    places = [folder, *((folder / path).resolve() for path in project.common.watch)]
    prefixes = [repository.relative(place) for place in places]
    return any(
        prefix in (".", path) or path.startswith(f"{prefix}/")
        for path in repository.changed(base)
        for prefix in prefixes
    )
