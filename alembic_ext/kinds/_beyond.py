"""What statements may speak of, and no declaration can: what is beyond one database, and what is data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_SERVER = "it belongs to the whole server, and a sandbox of one database cannot try it"
_OUTSIDE = "set it outside of migrations, where servers are set up"

BEYOND: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "database": (
            "a database has another name wherever the revision runs",
            "write it in a revision by hand, with the name from current_database(): DO $$ BEGIN EXECUTE "
            "format('GRANT CONNECT ON DATABASE %I TO reader', current_database()); END $$",
        ),
        "tablespace": (_SERVER, _OUTSIDE),
        "parameter acl": (_SERVER, _OUTSIDE),
        "type": (
            "a base type and a shell need functions in C, and they need it: neither can be made or dropped alone",
            "make it in an extension, or in a revision by hand",
        ),
        "largeobject": (
            "large objects are data: their numbers are others in every database",
            "set it where it is made",
        ),
    }
)
"""Why, and what to do instead, by the words of `word_of_type`."""
