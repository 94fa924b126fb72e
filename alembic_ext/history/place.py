"""Which line of the project was at work: not those of libraries, nor ours."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterable
from pathlib import Path

_OURS = str(Path(__file__).parents[1])
_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def place(frames: Iterable[traceback.FrameSummary]) -> str:
    """``file:line`` of the last frame that is the project's; '' where none is."""
    found = [frame for frame in frames if is_projects(frame.filename)]
    return f"{found[-1].filename}:{found[-1].lineno}" if found else ""


def is_projects(file: str) -> bool:
    """Whether a file of code is the project's."""
    return not file.startswith(("<", _OURS, *_LIBRARIES)) and "site-packages" not in file
