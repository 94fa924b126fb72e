"""Draws ``docs/comment.svg``: the comment on a pull request that `alembic-ext report` writes for a change of the shop.

``python -m sample_app.picture`` writes it anew; a test compares. What is drawn is the report's own Markdown, read as
far as the report writes any.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from alembic_ext import embedded
from sample_app.copies import HERE, copy
from sample_app.demo import EDITS

FILE = HERE.parent / "docs" / "comment.svg"
OPEN = "table public.order_line: changed"
"""What a reviewer has clicked at."""
WIDTH, MARGIN, GAP = 830, 24, 40
SANS = "-apple-system,BlinkMacSystemFont,'Segoe UI','Noto Sans',Helvetica,Arial,sans-serif"
MONO = "ui-monospace,SFMono-Regular,'SF Mono',Menlo,Consolas,'Liberation Mono',monospace"
INK, FAINT, LINE, GROUND = "#1f2328", "#59636e", "#d1d9e0", "#f6f8fa"
CHANGED = {"+": ("#dafbe1", "#116329"), "-": ("#ffebe9", "#82071e"), "@": ("#ddf4ff", "#0550ae")}
BOXES = {
    "added": ("#dafbe1", "#1a7f37"), "changed": ("#fff8c5", "#9a6700"), "removed": ("#ffebe9", "#cf222e"),
    "": ("#ececff", "#9370db"),
}  # fmt: skip


def page() -> str:
    """The report on the change that the demo makes, in a repository whose branch ``main`` lacks it."""
    with embedded.server() as server, copy(server.url) as app:
        who = {f"GIT_{one}_{what}": "shop@localhost" for one in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "the shop"]):
            subprocess.run(["git", *words], cwd=app.folder, env=os.environ | who, check=True)
        for edit in EDITS:
            app.edit(edit)
        for words in (["upgrade", "head"], ["revision", "--autogenerate", "--rev-id", "0005", "-m", "bestsellers"]):
            app.alembic(*words).check_returncode()
        done = app.alembic_ext("report", "--base", "main", "--dev-url", server.url)
        if done.returncode != 1:  # the linter finds that a table is written anew
            raise SystemExit(done.stderr)
        return done.stdout


@dataclass
class Drawing:
    """SVG that grows downwards."""

    parts: list[str] = field(default_factory=list)
    y: float = 20.0

    def text(self, words: str, size: int, *, x: float = MARGIN, weight: int = 400, color: str = INK) -> None:
        """A line of prose, with bold words and code in it."""
        self.y += size * 1.5
        spans = "".join(_spans(words))
        self.parts.append(
            f'<text x="{x:g}" y="{self.y - size * 0.4:g}" font-size="{size}" font-weight="{weight}" '
            f'fill="{color}">{spans}</text>'
        )

    def heading(self, words: str, level: int) -> None:
        """A heading; those of the first two sorts are underlined."""
        self.y += 14
        self.text(words, {2: 20, 3: 17}.get(level, 14), weight=600)
        if level < 3:
            self.y += 6
            self.parts.append(f'<path d="M{MARGIN} {self.y:g}H{WIDTH - MARGIN}" stroke="{LINE}"/>')

    def code(self, lines: Sequence[str], language: str) -> None:
        """A block of code; a line that is too long is cut, where a browser would scroll."""
        height = 18 * len(lines) + 24
        self.y += 10
        self.parts.append(_box(MARGIN, self.y, WIDTH - 2 * MARGIN, height, GROUND, GROUND))
        for number, line in enumerate(lines):
            top = self.y + 12 + 18 * number
            ground, ink = CHANGED.get(line[:1], ("", INK)) if language == "diff" else ("", INK)
            if line[:3] in ("---", "+++"):
                ground, ink = "", INK
            if ground:
                self.parts.append(_box(MARGIN + 8, top, WIDTH - 2 * MARGIN - 16, 18, ground, ground))
            shown = html.escape(line if len(line) < 104 else f"{line[:102]} …", quote=False)
            self.parts.append(
                f'<text x="{MARGIN + 14}" y="{top + 13:g}" font-size="12" fill="{ink}" font-family="{MONO}" '
                f'xml:space="preserve">{shown}</text>'
            )
        self.y += height

    def graph(self, lines: Sequence[str]) -> None:
        """A diagram of what is changed and its neighbours: who is used stands to the left."""
        found = [re.fullmatch(r'(n\d+)\["(.*)"\](?::::(\w+))?', line.strip()) for line in lines]
        nodes = {one[1]: (html.unescape(one[2].replace("#", "&#")), one[3] or "") for one in found if one}
        edges = [tuple(line.strip().split(" --> ")) for line in lines if " --> " in line]
        ranks = dict.fromkeys(nodes, 0)
        for _ in nodes:
            for left, right in edges:
                ranks[right] = max(ranks[right], ranks[left] + 1)
        columns = [[node for node in nodes if ranks[node] == rank] for rank in range(max(ranks.values()) + 1)]
        widths = [max(len(nodes[node][0]) for node in column) * 6.4 + 16 for column in columns]
        scale = min(1.0, (WIDTH - 2 * MARGIN) / (sum(widths) + GAP * (len(columns) - 1)))
        height = 46 * max(map(len, columns))
        places, x = {}, 0.0
        for column, width in zip(columns, widths, strict=True):
            for number, node in enumerate(column):
                places[node] = (x, height * (number + 0.5) / len(column), width)
            x += width + GAP
        self.y += 14
        self.parts.append(f'<g transform="translate({MARGIN} {self.y:g}) scale({scale:.4f})">')
        for left, right in edges:
            (x1, y1, width), (x2, y2, _) = places[left], places[right]
            bend = (x2 - x1 - width) / 2
            curve = f"M{x1 + width:.0f} {y1:.0f}c{bend:.0f} 0 {bend:.0f} {y2 - y1:.0f} {2 * bend:.0f} {y2 - y1:.0f}"
            self.parts.append(f'<path d="{curve}" fill="none" stroke="{FAINT}"/>')
        for node, (left_edge, middle, width) in places.items():
            label, sort = nodes[node]
            self.parts.append(_box(left_edge, middle - 14, width, 28, *BOXES[sort]))
            self.parts.append(
                f'<text x="{left_edge + width / 2:.0f}" y="{middle + 4:.0f}" font-size="11" text-anchor="middle" '
                f'fill="{INK}">{html.escape(label, quote=False)}</text>'
            )
        self.parts.append("</g>")
        self.y += height * scale + 6


def drawn(markdown: str) -> str:
    """The picture."""
    drawing = Drawing()
    drawing.y += 44
    lines = iter(markdown.splitlines())
    for line in lines:
        if match := re.fullmatch(r"<details><summary>(.*)</summary>", line):
            title = html.unescape(match[1])
            drawing.y += 4
            drawing.text(f"{'▾' if title == OPEN else '▸'} {match[1]}", 14)
            if title != OPEN:
                while next(lines) != "</details>":
                    pass
        elif match := re.fullmatch(r"(`{3,})(\w*)", line):
            block = list(takewhile(match[1].__ne__, lines))
            drawing.graph(block) if match[2] == "mermaid" else drawing.code(block, match[2])
        elif match := re.fullmatch(r"(#+) (.*)", line):
            drawing.heading(match[2], len(match[1]))
        elif line and line != "</details>":
            drawing.y += 6
            plain = line.replace("_help:_", "help:").replace("`", "")
            for part in textwrap.wrap(plain, 116, break_long_words=False):
                drawing.text(part, 14)
    height = drawing.y + MARGIN
    head = _box(0.5, 0.5, WIDTH - 1, 40, GROUND, LINE)
    said = '<tspan font-weight="600">github-actions</tspan> commented'
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}" '
        f'viewBox="0 0 {WIDTH} {height:g}" font-family="{SANS}">',
        "<title>The comment of alembic-ext on a pull request</title>",
        _box(0.5, 0.5, WIDTH - 1, height - 1, "#ffffff", LINE), head,
        f'<text x="{MARGIN}" y="26" font-size="14" fill="{INK}">{said}</text>',
        *drawing.parts, "</svg>", "",
    ])  # fmt: skip


def _box(x: float, y: float, width: float, height: float, fill: str, stroke: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" fill="{fill}" stroke="{stroke}"/>'


def _spans(words: str) -> Iterator[str]:
    """Prose as the report escapes it, with what is bold in it."""
    for number, part in enumerate(words.split("**")):
        plain = html.unescape(re.sub(r"\\(.)", r"\1", part)).replace("\u200b", "")
        text = html.escape(plain, quote=False)
        yield f'<tspan font-weight="600">{text}</tspan>' if number % 2 else text


def main() -> None:
    """Write it."""
    Path(FILE).write_text(drawn(page()), encoding="utf-8")


if __name__ == "__main__":
    main()
