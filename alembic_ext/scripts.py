"""The revisions of a project as Alembic loads them, and what it says where they do not fit together."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_ext.errors import AlembicExtError

if TYPE_CHECKING:
    from alembic.config import Config
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

    from alembic_ext.check.revisions import read

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
