"""What earlier runs learned, kept in the user's cache directory. Deleting it is always safe.

Two things are remembered: which statements a declared text holds, and which declared texts were found to be equal to
what the database holds. The second is told by a digest of everything the answer depends on: our version, the server's,
the settings of the session, the names of all objects (a new one may be what a name means now), the declared text, and
the printed forms of the object and of what it uses.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from alembic_ext.kinds import kinds
from alembic_ext.model import Declared, Key, Snapshot, Stored
from alembic_ext.session import Live

log = logging.getLogger(f"alembic.{__name__}")

FORMAT = "6"
"""Part of every digest: raised when what is remembered changes its meaning."""
KEEP = 50
"""Files that stay; the oldest beyond them go."""


def folder() -> Path:
    """``alembic-ext`` in the user's cache directory: XDG_CACHE_HOME, ~/.cache, or what the platform has instead."""
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "alembic-ext")


def digest(*parts: object) -> str:
    """A short name for values, given as text or as nested tuples of text."""
    return _name(repr(parts))


def _name(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _print(stored: Stored) -> str:
    """All that an object is, in one text; PostgreSQL's texts hold no zero."""
    columns = [text for column in stored.columns for text in column]
    aspects = [text for aspect in stored.aspects for text in (aspect.name, *aspect.set, *aspect.unset)]
    counts = f"{len(stored.definition)} {len(columns)}"
    return "\0".join((counts, *stored.definition, *columns, *aspects))


class Cache(NamedTuple):
    """Values by name; one that is off, or whose folder cannot be used, forgets everything."""

    enabled: bool = True

    def get(self, name: str) -> Any:
        """What was stored, or None."""
        if not self.enabled:
            return None
        try:
            return json.loads((folder() / f"{name}.json").read_bytes())
        except (OSError, ValueError, RuntimeError):
            return None

    def put(self, name: str, value: Any) -> None:
        """Store a value, whole or not at all."""
        if not self.enabled:
            return
        try:
            place = folder()
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=place, delete=False, encoding="utf-8") as file:
                file.write(json.dumps(value))
            Path(file.name).replace(place / f"{name}.json")
            _sweep(place)
        except (OSError, RuntimeError) as error:
            log.debug("nothing is remembered: %s", error)


def _sweep(place: Path) -> None:
    files = sorted(place.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[KEEP:]:
        with suppress(OSError):
            path.unlink()


class Quiet(NamedTuple):
    """The declared objects that are known to be as the database has them."""

    cache: Cache
    name: str
    marks: Mapping[Key, str]
    known: frozenset[str]

    @classmethod
    def recall(
        cls,
        cache: Cache,
        version: str,
        known: Live,
        now: Snapshot,
        texts: Mapping[Key, Sequence[Declared]],
        options: Iterable[object],
    ) -> Quiet:
        """What is known of this database in this state, for these declarations."""
        if not cache.enabled:
            return cls(cache, "", {}, frozenset())
        world = digest(
            FORMAT,
            version,
            known.version,
            sorted(known.settings.items()),
            known.path,
            known.current_user,
            [sorted(value) if isinstance(value, frozenset) else value for value in options],
            sorted(map("\0".join, now)),
            sorted(now[key].create for key in now if _anywhere(key)),
        )
        prints = {key: _print(stored) for key, stored in now.objects.items()}
        marks = {}
        for key, items in texts.items():
            if key in now:
                said = [part for item in items for part in (item.text, item.aspect)]
                uses = [prints.get(used, "") for used in now.used_by.get(key, ())]
                held = [prints[user] for user in now.users_of.get(key, ()) if now.holders.get(user) == (key,)]
                counts = f"{len(said)} {len(uses)} {len(held)}"
                marks[key] = _name("\0".join((*key, counts, prints[key], *said, *uses, *held)))
        name = f"quiet-{world}"
        return cls(cache, name, marks, frozenset(cache.get(name) or ()))

    def has(self, key: Key) -> bool:
        return self.marks.get(key) in self.known

    def learn(self, keys: Collection[Key]) -> None:
        """Remember that these are as declared."""
        found = {self.marks[key] for key in keys if key in self.marks}
        if found - self.known:
            self.cache.put(self.name, sorted(found | self.known))


def restricted(now: Snapshot, loud: Iterable[Key], words: Collection[str]) -> Snapshot:
    """The part of a database that some objects can have to do with.

    These are their users, what any of them needs, and whatever has a name that is mentioned. What lives in no
    schema stays, and what may be used though nothing tells.
    """
    named = {key for key in now if _anywhere(key) or key.name.lower() in words}
    keys = now.needed(now.users(key for key in loud if key in now) | named)
    mutual = {key.kind for key in keys if kinds()[key.kind].mutual}
    return now.part(now.needed(keys.union(key for key in now if key.kind in mutual)))


def _anywhere(key: Key) -> bool:
    """Whether anything may have to do with it."""
    return not key.schema or not kinds()[key.kind].recorded
