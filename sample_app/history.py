"""Rewrites ``migrations/versions``: takes the application back to its beginning and lets the tool write each revision.

The revisions are never edited by hand; a test compares them with what this writes. To change the history, change the
models or the steps below, and run ``python -m sample_app.history``.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

from alembic_ext import embedded
from sample_app.copies import HERE, Copy, Edit, copy


@dataclass(frozen=True)
class Step:
    """One revision, and what the developers did for it."""

    date: str
    message: str
    files: tuple[str, ...] = ()
    """The files that came with it."""
    edits: tuple[Edit, ...] = ()
    """The changes of files that were there before."""


def _imported(*modules: str) -> tuple[Edit, ...]:
    return tuple(Edit("models.py", "", f"import sample_app.{module}\n") for module in modules)


STEPS = (
    Step("2026-03-02 09:41:07", "customers and products"),
    Step(
        "2026-03-16 15:20:44",
        "orders and stock",
        files=("orders.py", "order_lines.py", "stock.py", "sql/inventory.sql"),
        edits=_imported("orders", "order_lines", "stock"),
    ),
    Step(
        "2026-04-13 11:03:29",
        "payments and turnover",
        files=("payments.py", "sql/reports/turnover.sql"),
        edits=_imported("payments"),
    ),
    Step(
        "2026-05-04 16:55:12",
        "discontinued products",
        edits=(
            Edit("products.py", "Identity, select", "Identity, select, true"),
            Edit(
                "products.py",
                "    price: Mapped[Decimal] = mapped_column()\n",
                "    price: Mapped[Decimal] = mapped_column()\n"
                "    discontinued: Mapped[bool] = mapped_column(server_default=~true())\n",
            ),
            Edit("products.py", "Product.price),\n", "Product.price).where(~Product.discontinued),\n"),
        ),
    ),
)


def write(app: Copy) -> dict[str, str]:
    """Write all revisions anew in a copy, on its empty database; give their texts by file name."""
    for old in app.versions.glob("*.py"):
        old.unlink()
    sources = [path for path in (app.folder / "sample_app").rglob("*") if path.suffix in (".py", ".sql")]
    kept = {path: path.read_text(encoding="utf-8") for path in sources}
    for number, step in enumerate(STEPS, 1):
        for path, text in kept.items():
            path.write_text(text, encoding="utf-8")
        for later in reversed(STEPS[number:]):
            _undo(app, later)
        _run(app, "revision", "--autogenerate", "--rev-id", f"{number:04}", "-m", step.message)
        (written,) = app.versions.glob(f"{number:04}_*.py")
        text = written.read_text(encoding="utf-8")
        dated = re.sub(r"^Create Date: .*$", f"Create Date: {step.date}", text, count=1, flags=re.MULTILINE)
        written.write_text(dated, encoding="utf-8")
        _run(app, "upgrade", "head")
    _run(app, "check")
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(app.versions.glob("*.py"))}


def _undo(app: Copy, step: Step) -> None:
    for edit in reversed(step.edits):
        app.edit(Edit(edit.file, edit.new, edit.old))
    for file in step.files:
        (app.folder / "sample_app" / file).unlink()


def _run(app: Copy, *words: str) -> None:
    done = app.alembic(*words)
    if done.returncode:
        sys.exit(f"alembic {' '.join(words)}: code {done.returncode}\n{done.stdout}{done.stderr}")


def main() -> None:
    """Write the history on a throw-away server, and put it in the place of the committed one."""
    with embedded.server() as server, copy(server.url) as app:
        texts = write(app)
    versions = HERE / "migrations" / "versions"
    for old in versions.glob("*.py"):
        if old.name not in texts:
            old.unlink()
    for name, text in texts.items():
        (versions / name).write_text(text, encoding="utf-8")
        print(f"wrote {name}")


if __name__ == "__main__":
    main()
