"""How the demo speaks: steps, answers and code, in colours on a terminal."""

from __future__ import annotations

import os
import re
import sys
from typing import NoReturn

COLOURS = sys.stdout.isatty() and "NO_COLOR" not in os.environ
WORDS = re.compile(
    r"""(?P<comment>\#.*|--.*)
      | (?P<string>'[^'\n]*'|"[^"\n]*")
      | (?P<keyword>\b(?:def|from|import|None|[A-Z]{2,})\b)""",
    re.VERBOSE,
)
COLOUR_OF = {"comment": "32", "string": "33", "keyword": "34"}


def paint(text: str, colour: str) -> str:
    """Colour a text, on a terminal."""
    return f"\033[{colour}m{text}\033[0m" if COLOURS else text


def coloured(code: str) -> str:
    """Python with SQL in it, in colours on a terminal."""
    return WORDS.sub(lambda found: paint(found[0], COLOUR_OF[found.lastgroup or ""]), code)


def folded(code: str, longest: int = 20) -> str:
    """A revision in which the statements that are very long are shortened."""

    def shorter(found: re.Match[str]) -> str:
        lines = found[2].splitlines(keepends=True)
        if len(lines) <= longest:
            return found[0]
        blanks = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
        return f"{found[1]}{lines[0]}{blanks}… {len(lines) - 1} more lines\n{found[3]}"

    return re.sub(r'(dedent\(r?"""\n)((?:(?!.*""").*\n)+)( *""")', shorter, code)


def say(what: str, *commands: str) -> None:
    """Begin a step."""
    print(f"\n{paint('▶ ' + what, '1')}")
    for command in commands:
        print(f"  {paint('$ ' + command, '36')}", flush=True)


def answer(text: str) -> None:
    """Say what was found."""
    print("\n".join(f"  {line}" for line in text.splitlines()), flush=True)


def show_edit(file: str, old: str, new: str) -> None:
    """Show a change as a diff does, without the lines that stay."""
    print(f"  {file}")
    before, after = old.splitlines(), new.splitlines()
    for sign, lines, others, colour in (("-", before, after, "31"), ("+", after, before, "32")):
        for line in lines:
            if line not in others:
                print(f"    {paint(f'{sign} {line}'.rstrip(), colour)}")


def expect(is_so: bool, otherwise: str) -> None:
    """End the story if something is not as it should be."""
    if not is_so:
        fail(otherwise)


def fail(why: str) -> NoReturn:
    """End the story."""
    sys.stdout.flush()
    sys.exit(paint(f"\nThis should not be: {why}", "1;31"))
