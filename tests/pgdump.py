"""What pg_dump says about a database: a witness that knows nothing of this package."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from alembic_ext import embedded

Dump = dict[str, str]
HEAD = re.compile(r"^--\n-- Name: (.*)\n--\n", re.MULTILINE)
END = "\n--\n-- PostgreSQL database dump complete\n"


def dump_schema(bin: Path, url: str, *options: str) -> Dump:
    """Give the entries of ``pg_dump --schema-only`` by their heads: ``v; Type: VIEW; Schema: public; Owner: postgres``.

    Their order does not count, so that two databases built in different ways compare equal. Alembic's version table is
    left out. ``bin`` must be of the server's major, ``options`` are further ones of pg_dump.
    """
    words = [str(bin / "pg_dump"), "--schema-only", "--exclude-table=*.alembic_version", *options, f"--dbname={url}"]
    done = subprocess.run(words, env=embedded.environment(bin), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    # Decoded by hand: text mode would change the carriage returns in function bodies.
    text = done.stdout.decode().partition(END)[0]
    _, *parts = HEAD.split(text)
    entries: Dump = {}
    for head, body in zip(parts[::2], parts[1::2], strict=True):
        entries[head] = entries.get(head, "") + _settled(head, body)
    return entries


def _settled(head: str, body: str) -> str:
    """Remove what depends on the order of the dump: settings that hold for what follows, the order of grants."""
    body = re.sub(r"^SET default_\w+ = .*;\n", "", body, flags=re.MULTILINE).strip("\n") + "\n"
    return "\n".join(sorted(body.splitlines())) if re.search(r"; Type: (DEFAULT )?ACL;", head) else body
