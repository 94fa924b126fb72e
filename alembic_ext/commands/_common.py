"""What all commands share: options, where output goes, and how errors become exit codes.

A command is written so:

    @click.command()
    @common
    @click.option("--its-own")
    def check(asked: Asked, its_own: str) -> None:
        '''The help text.'''
        asked.run("check", lambda project: work(project, its_own))


    COMMAND = check

where ``work`` gives a `Report`, or raises. `run` ends the process with the exit code of the report.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from alembic_ext import formats, project, redact
from alembic_ext.commands import _rules
from alembic_ext.commands._failures import failure
from alembic_ext.errors import meant
from alembic_ext.findings import Exit, Report
from alembic_ext.formats.markdown import cut
from alembic_ext.project import Project

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Work = Callable[[Project], Report]
STDOUT = "-"


@dataclass(frozen=True)
class Output:
    """A format, and the file it goes to."""

    format: str
    file: str = STDOUT


@dataclass(frozen=True)
class Asked:
    """The options that every command has.

    ``default`` is the format of standard output where none was asked for; ``comment`` a file for Markdown that fits
    into a comment, which says ``rest`` where it is cut.
    """

    config: tuple[str, ...] = ()
    name: str = "alembic"
    x: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    base: str | None = None
    outputs: tuple[Output, ...] = ()
    color: bool | None = None
    fail_on: str | None = None
    traceback: bool = False
    default: str = "text"
    comment: str | None = None
    rest: str = ""

    def run(self, command: str, work: Work, words: Sequence[str] | None = None) -> NoReturn:
        """Do the work for every project, write one report, and end the process with its exit code.

        Whatever is printed meanwhile goes to standard error: the report alone goes where it was asked for. ``words``
        are those of the command line behind the command, for processes of several projects; those of this process if
        they are not given.
        """
        with _stdout_is_stderr():
            if self.projects:
                from alembic_ext.commands._several import of_all

                report = of_all(self, command, sys.argv[1:] if words is None else words)
            else:
                report = self.of_one(command, work)
        self.end(report)

    def needs_no_base(self) -> None:
        """For a command that compares nothing with a branch: ``--base`` only chooses among several projects."""
        if self.base and not self.projects:
            raise click.UsageError("here --base only chooses among several projects: give --project too")

    def end(self, report: Report) -> NoReturn:
        """Write the report, and end the process with its exit code."""
        self.write(report)
        sys.stdout.flush()
        sys.exit(int(report.code))

    def of_one(self, command: str, work: Work) -> Report:
        """The report for the project that is asked for."""
        report = Report(command)
        try:
            found = project.find(self.config, self.name, self.x)
            common = found.common
            _rules.check(common.severity, str(found.pyproject))
            report = replace(work(found).with_severities(common.severity), fail_on=self.fail_on or common.fail_on)  # type: ignore[arg-type]
        except KeyboardInterrupt:
            sys.exit(130)  # as shells say it; click would say 1, which means something else here
        except BaseException as error:  # a revision or env.py may even raise SystemExit
            if self.traceback:
                import traceback

                traceback.print_exc()
            report = replace(report, failures=(failure(error),))
        return report if report.projects else replace(report, projects=(".",))

    def write(self, report: Report) -> None:
        """Write the report in every format that was asked for."""
        outputs = list(self.outputs)
        if all(output.file != STDOUT for output in outputs):
            outputs.append(Output(self.default))
        outputs.sort(key=lambda output: output.file != STDOUT)  # it is seen even if a file cannot be written
        for output in outputs:
            if output.file == STDOUT:
                color = output.format == "text" and (_is_colored() if self.color is None else self.color)
                _print(formats.render(report, output.format, color=color))
                continue
            _write(output.file, formats.render(report, output.format), report)
        if self.comment is not None:
            _write(self.comment, cut(redact.value(report), rest=self.rest), report)


def common(function: Decorated) -> Decorated:
    """Give a command the options that all have, as an `Asked`, its first argument."""

    @wraps(function)
    def command(
        config: tuple[str, ...], name: str, x: tuple[str, ...], projects: tuple[str, ...], base: str | None,
        wanted: tuple[str, ...], output: str | None, color: bool | None, fail_on: str | None, traceback: bool,
        **others: Any,
    ) -> Any:  # fmt: skip
        if projects and config:
            raise click.UsageError("-c and --project exclude each other")
        outputs = _outputs(wanted, output)
        return function(Asked(config, name, x, projects, base, outputs, color, fail_on, traceback), **others)

    options = (
        click.option("-c", "--config", multiple=True, metavar="FILE", help="alembic.ini or pyproject.toml."),
        click.option("-n", "--name", default="alembic", metavar="SECTION", help="Section of the .ini file."),
        click.option("-x", multiple=True, metavar="ARG", help="An argument for env.py, as for alembic."),
        click.option("--project", "projects", multiple=True, metavar="GLOB",
                     help="Folders of several projects; with --base only those that changed."),
        click.option("--base", metavar="GITREF", help="What the branch is compared with: origin/main."),
        *_WRITING,
        click.option("--fail-on", type=click.Choice(["error", "warning", "note"]),
                     help="The mildest severity that makes the exit code 1."),
        click.option("--traceback", is_flag=True, help="Show where an error of the project came from."),
    )  # fmt: skip
    made: Any = command
    return _with(made, options)  # type: ignore[no-any-return]


def outputs(function: Decorated) -> Decorated:
    """Give a command that works on no project the options that say where output goes, as an `Asked`."""

    @wraps(function)
    def command(wanted: tuple[str, ...], output: str | None, color: bool | None, **others: Any) -> Any:
        return function(Asked(outputs=_outputs(wanted, output), color=color), **others)

    made: Any = command
    return _with(made, _WRITING)  # type: ignore[no-any-return]


def commented(function: Decorated) -> Decorated:
    """Give a command the options for a page in a comment, below `common` or `outputs`: its `Asked` has them."""

    @wraps(function)
    def command(asked: Asked, comment: str | None, rest: str, **others: Any) -> Any:
        return function(replace(asked, comment=comment, rest=rest), **others)

    made: Any = command
    return _with(made, _COMMENT)  # type: ignore[no-any-return]


_COMMENT = (
    click.option("--comment", metavar="FILE", help="Write Markdown that fits into a comment here too."),
    click.option("--rest", metavar="TEXT", default="", help="Where the rest is, for a comment that was cut."),
)
_WRITING = (
    click.option("--format", "wanted", multiple=True, metavar="NAME[=FILE]",
                 help=f"One of {', '.join(formats.formats())}; repeatable. Text by default, Markdown for report."),
    click.option("--output", metavar="FILE", help="Where the format goes; - is standard output, the default."),
    click.option("--color/--no-color", "color", default=None, help="Colors in text; on a terminal by default."),
)  # fmt: skip


def _with(command: Decorated, options: Sequence[Callable[[Decorated], Decorated]]) -> Decorated:
    for option in reversed(options):
        command = option(command)
    return command


def _outputs(wanted: Sequence[str], output: str | None) -> tuple[Output, ...]:
    known = formats.formats()
    found = []
    for one in wanted:
        name, equals, file = one.partition("=")
        if name not in known:
            raise click.UsageError(
                f"there is no format {name!r}: " + meant(name, known, f"there are {', '.join(known)}")
            )
        if equals and not file:
            raise click.UsageError(f"--format {name}= names no file")
        found.append(Output(name, file or STDOUT))
    for file in (*(one.file for one in found), output or STDOUT):
        if not Path(file).parent.is_dir():
            raise click.UsageError(f"{file} cannot be written: there is no folder {Path(file).parent}")
    if output is None:
        return tuple(found)
    without = [one for one in found if one.file == STDOUT]
    if len(without) > 1:
        raise click.UsageError("--output takes one format; for several write --format NAME=FILE")
    if not without:
        by_suffix = {one.suffix: one.name for one in known.values()}
        return (*found, Output(by_suffix.get(Path(output).suffix, "text"), output))
    return tuple(Output(one.format, output) if one.file == STDOUT else one for one in found)


def _is_colored() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def _write(path: str, text: str, report: Report) -> None:
    try:
        with Path(path).open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        click.echo(f"error: {path} cannot be written: {error.strerror}", err=True)
        sys.exit(int(max(report.code, Exit.USAGE)))


def whole(path: Path, text: str) -> None:
    """Write a file that is there whole or, if that fails, as it was; ends the process then."""
    path = path.resolve()  # what a link leads to
    try:
        if path.exists() and not path.is_file():  # a pipe, /dev/stderr
            path.write_text(text, "utf-8")
            return
        made = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            made.write_text(text, "utf-8", newline="\n")
            if path.exists():
                shutil.copymode(path, made)
            made.replace(path)
        finally:
            made.unlink(missing_ok=True)
    except OSError as error:
        click.echo(f"error: {path} cannot be written: {error.strerror}", err=True)
        sys.exit(int(Exit.USAGE))


def _print(text: str) -> None:
    """To standard output, whatever its encoding can show."""
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), nl=False, color=True)


@contextmanager
def _stdout_is_stderr() -> Iterator[None]:
    """What the project and its programs print on standard output goes to standard error meanwhile."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, nothing in a log; gives a function that says one more is done."""
    if not sys.stderr.isatty() or os.environ.get("CI"):
        yield lambda: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(escape(what), total=total)
        yield lambda: bar.advance(task)
