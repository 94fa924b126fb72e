"""What the project's code reads is heard in its process."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

CODE = """
import json, os, pathlib, shutil, socket, sys
from alembic_ext.history.reads import Reads
reads = Reads()
port = int(sys.argv[1])
reads.install([["127.0.0.1", port]])
said = [reads.told()]
os.path.exists("a"), os.path.lexists("b"), os.access("c", os.R_OK), pathlib.Path("d").exists(), os.path.isfile("e")
pathlib.Path("f").is_symlink(), os.path.isdir("here"), os.listdir("here")
pathlib.Path("here", "new").touch()
os.environb.get(b"READS_BYTES"), os.environ.get("READS_NAME")
shutil.copystat("here", "here")
socket.create_connection(("127.0.0.1", port)).close()
said.append(reads.told())
list(os.environ)
socket.socket().connect_ex(("127.0.0.2", port))
said.append(reads.told())
print(json.dumps(said))
"""


def test_what_is_asked(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        words = [sys.executable, "-c", CODE, str(server.getsockname()[1])]
        first, second, third = told(words, tmp_path)

    assert (first["outside"], second["outside"], third["outside"]) == ([], [], ["socket.connect"])
    assert (first["iterated"], second["iterated"], third["iterated"]) == (False, False, True)
    assert {"READS_BYTES", "READS_NAME"} <= set(second["variables"])
    asked = {Path(path).name: there for path, there in second["asked"].items() if Path(path).parent == tmp_path}
    assert asked == {**dict.fromkeys("abcdef", False), "here": True}
    assert second["folders"][str(tmp_path / "here")] == []


def told(words: list[str], folder: Path) -> Any:
    return json.loads(subprocess.run(words, cwd=folder, capture_output=True, check=True, text=True).stdout)
