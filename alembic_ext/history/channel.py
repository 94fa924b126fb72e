"""How the two processes speak: one JSON value on each line of a pipe, each way.

Standard output is not used: migrations print.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import Any

Message = dict[str, Any]


class Closed(Exception):
    """The other process is gone."""


class Channel:
    """Two file descriptors: one to read from, one to write to."""

    def __init__(self, reading: int, writing: int) -> None:
        os.set_inheritable(reading, False)
        os.set_inheritable(writing, False)
        self._reading = os.fdopen(reading, encoding="utf-8")
        self._writing = os.fdopen(writing, "w", encoding="utf-8")

    def send(self, message: Message) -> None:
        """Send one message.

        Raises:
            Closed: nobody reads any more.
        """
        try:
            self._writing.write(json.dumps(message) + "\n")
            self._writing.flush()
        except (BrokenPipeError, ValueError) as error:
            raise Closed from error

    def receive(self) -> Message:
        """Wait for a message.

        Raises:
            Closed: nobody writes any more.
        """
        line = self._reading.readline()
        if not line.endswith("\n"):
            raise Closed
        message: Message = json.loads(line)
        return message

    def close(self) -> None:
        """Close both ends."""
        for end in (self._reading, self._writing):
            with suppress(BrokenPipeError):
                end.close()
