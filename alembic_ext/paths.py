"""How files are called: from the top of something, with slashes."""

from __future__ import annotations

from pathlib import Path


def below(path: Path, top: Path) -> str:
    """A path as it is called from a folder, with slashes; as it is where it is elsewhere."""
    try:
        return path.relative_to(top).as_posix()
    except ValueError:
        return path.as_posix()
