"""What git knows: which files changed since a base, and what was in them there. Nothing is ever written.

No shell is used, and a word that begins with a dash is never taken for a revision.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from alembic_ext.errors import AlembicExtError
from alembic_ext.paths import below


@dataclass(frozen=True)
class Repository:
    """A working tree."""

    top: Path

    @classmethod
    def of(cls, folder: Path) -> Repository | None:
        """The repository that a folder belongs to, if any."""
        try:
            done = _git(folder, "rev-parse", "--show-toplevel")
        except FileNotFoundError:
            return None
        return cls(Path(done.stdout.decode().rstrip("\n"))) if done.returncode == 0 else None

    def commit(self, name: str) -> str:
        """The hash of a commit.

        Raises:
            AlembicExtError: there is none of this name.
        """
        done = (
            None if name.startswith("-") else _git(self.top, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        )
        if done is None or done.returncode:
            raise AlembicExtError(
                f"git does not know the commit {name!r}",
                help="fetch it: a pipeline's checkout often has only one commit (fetch-depth: 0)",
            )
        return done.stdout.decode().strip()

    def merge_base(self, base: str) -> str:
        """The commit where what is checked out left ``base``.

        Raises:
            AlembicExtError: there is no such commit, or none that both share.
        """
        done = _git(self.top, "merge-base", self.commit(base), "HEAD")
        if done.returncode:
            raise AlembicExtError(
                f"git finds no common ancestor of {base!r} and what is checked out",
                help="fetch the whole history: a pipeline's checkout often has only one commit (fetch-depth: 0)",
            )
        return done.stdout.decode().strip()

    def changed(self, base: str) -> set[str]:
        """The paths, relative to the top, that differ from the merge base; untracked files too."""
        differ = self._paths("diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", self.merge_base(base), "--")
        return differ | self._paths("ls-files", "--others", "--exclude-standard", "-z")

    def files(self, commit: str, folder: str) -> list[str]:
        """The paths below a folder in a commit."""
        place = [folder] if folder not in ("", ".") else []
        return sorted(self._paths("ls-tree", "-r", "--name-only", "--full-tree", "-z", commit, "--", *place))

    def contents(self, commit: str, paths: Iterable[str]) -> dict[str, bytes]:
        """What was in these files in a commit; one process, whatever their number."""
        asked = list(paths)
        lines = "".join(f"{commit}:{path}\n" for path in asked if "\n" not in path)
        output = _git(self.top, "cat-file", "--batch", given=lines.encode()).stdout
        found, start = {}, 0
        for path in (path for path in asked if "\n" not in path):
            end = output.index(b"\n", start)
            head = output[start:end].split()
            start = end + 1
            if head[-1:] == [b"missing"] or len(head) < 3:
                continue
            size = int(head[2])
            found[path] = output[start : start + size]
            start += size + 1
        return found

    def relative(self, path: Path) -> str:
        """A path as it is called from the top, with slashes; absolute where it is elsewhere."""
        return below(path.resolve(), self.top.resolve())

    def _paths(self, *words: str) -> set[str]:
        done = _git(self.top, *words)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise AlembicExtError(f"git {words[0]} failed", server=said)
        return {path.decode(errors="surrogateescape") for path in done.stdout.split(b"\0") if path}


def needed(repository: Repository | None, folder: Path) -> Repository:
    """The repository of a folder, where ``--base`` asks for one.

    Raises:
        AlembicExtError: it belongs to none.
    """
    if repository is None:
        raise AlembicExtError("--base was given, but this is not a git repository", where=str(folder))
    return repository


def _git(folder: Path, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["git", "-C", folder, "--no-optional-locks", "--literal-pathspecs", "-c", "core.quotePath=off", *words],
        input=given,
        capture_output=True,
        check=False,
    )
