"""The revisions of a project as Alembic loads them, and what it says where they do not fit together."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_ext.errors import AlembicExtError
from alembic_ext.project.named import not_one
from alembic_ext.project.revision import read

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import RevisionStep
    from alembic.script import ScriptDirectory


def loaded(config: Config) -> ScriptDirectory:
    """The revisions, all of them read.

    Raises:
        AlembicExtError: one stands on a revision that is not there, or on itself by a detour; or two have one id.
        Exception: what a file of a revision raises, or Alembic where the project is not there.
    """
    from alembic.script import ScriptDirectory
    from alembic.script.revision import RevisionError

    script = ScriptDirectory.from_config(config)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"Revision .* is not present$")
            warnings.filterwarnings("error", r"Revision .* is present more than once$")
            _ = script.revision_map.heads  # reads them
    except UserWarning:
        if (error := _twice(list(script._load_revisions()))) is None:
            raise
        raise error from None
    except KeyError:  # so does Alembic; or the file of a revision
        if (error := _missing(list(script._load_revisions()))) is None:
            raise
        raise error from None
    except RevisionError as problem:
        where = str(Path(script.dir))
        help = "correct revision, down_revision and depends_on of these files"
        raise AlembicExtError(str(problem), where=where, help=help) from problem
    return script


def upgrade(script: ScriptDirectory, target: str, heads: Any) -> list[RevisionStep]:
    """The steps from these revisions to a target, as `alembic upgrade` takes them.

    Raises:
        AlembicExtError: there is no such revision, or several where one is meant.
        CommandError: whatever else Alembic says of a target.
    """
    from alembic.script.revision import MultipleHeads, ResolutionError
    from alembic.util import CommandError

    try:
        return script._upgrade_revs(target, heads)
    except CommandError as error:
        cause = error.__cause__
        if isinstance(cause, MultipleHeads):
            some = [script.get_revision(one) for one in sorted(script.get_heads())]
            named = ", ".join(f"{one.revision} ({Path(one.path).name})" for one in some)
            raise AlembicExtError(
                f"there are {len(some)} heads, and {target!r} means one: {named}",
                where=str(Path(some[0].path).parent),
                help='join them with alembic merge heads -m "…"; or name one of them, or all: heads',
            ) from error
        if isinstance(cause, ResolutionError):
            raise not_one(target, (one.revision for one in script.walk_revisions()), where=script.dir) from error
        raise


def _twice(revisions: Sequence[Any]) -> AlembicExtError | None:
    files: dict[str, str] = {}
    for one in revisions:
        if (other := files.setdefault(one.revision, one.path)) != one.path:
            return AlembicExtError(
                f"two files hold revision {one.revision}: {Path(other).name} and {Path(one.path).name}",
                where=str(Path(one.path).parent),
                help="give one of them another id and its place: revision, down_revision",
            )
    return None


def _missing(revisions: Sequence[Any]) -> AlembicExtError | None:
    from alembic.util import to_tuple

    known = {name for one in revisions for name in (one.revision, *one.branch_labels)}
    for one in revisions:
        needs = [("down_revision", name) for name in one._versioned_down_revisions]
        needs += [("depends_on", name) for name in to_tuple(one.dependencies, default=())]
        for word, name in needs:
            if name not in known:
                path = Path(one.path)
                found = read(one.path, path.read_bytes()) if path.suffix == ".py" else None
                line = f":{found.lines[word]}" if found and word in found.lines else ""
                return AlembicExtError(
                    f"there is no revision {name}, which {word} of {one.revision} names",
                    where=f"{one.path}{line}",
                    help=f"bring the file of {name} back, or correct {word}",
                )
    return None
