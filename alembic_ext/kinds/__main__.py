"""Print, as a table in Markdown, what is managed of each kind: ``python -m alembic_ext.kinds``."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_ext.kinds import Kind, aspect_kinds, kinds
from alembic_ext.kinds._unread import NOT_MANAGED


def table() -> str:
    """The page `docs/kinds.md`, from what the kinds say of themselves."""
    return "\n".join([*_managed(), "", *_aspects(), "", *_others(), ""])


def _managed() -> Iterator[str]:
    yield "# What is managed"
    yield ""
    yield "Printed by `python -m alembic_ext.kinds`; a test compares this page with it."
    yield ""
    yield "Each kind is compared, created, changed, dropped, and made again where something under it changes. *In"
    yield "place* says how a change is written where the server can; else the object is dropped and made again together"
    yield "with its users. All is there on PostgreSQL 14 to 18, but for what a newer major has brought."
    yield ""
    yield "| kind | class | in place | renamed | owner | newer majors |"
    yield "|---|---|---|---|---|---|"
    classes = _classes()
    for kind in sorted(kinds().values(), key=lambda kind: kind.name):
        if kind.managed:
            newer = "; ".join(f"{major}: {what}" for major, what in sorted(kind.newer.items()))
            newer = "; ".join(filter(None, [kind.option and f"with the option `{kind.option}`", newer]))
            marks = [
                classes.get(kind.name, ""),
                _in_place(kind),
                "yes" * _renamed(kind),
                "yes" * bool(kind.owner),
                newer,
            ]
            yield f"| [{kind.name}]({_page(kind)}) | {' | '.join(marks)} |"


def _classes() -> dict[str, str]:
    """The public class of each kind."""
    import alembic_ext
    from alembic_ext.entity import Entity

    public = (getattr(alembic_ext, name) for name in alembic_ext.__all__)
    classes = [one for one in public if isinstance(one, type) and issubclass(one, Entity)]
    return {one.KIND.name: f"`{one.__name__}`" for one in classes}


def _in_place(kind: Kind) -> str:
    own = type(kind)
    words = ["ALTER"] * (own.alter is not Kind.alter) + ["CREATE OR REPLACE"] * (own.replace is not Kind.replace)
    return ", ".join([*words, *["columns move to the new type"] * kind.moves])


def _renamed(kind: Kind) -> bool:
    from alembic_ext.model import Key

    return kind.rename(Key(kind.name, "s", "a", "()" if kind.identified_by == "arguments" else "d"), "b") is not None


def _page(kind: Kind) -> str:
    from importlib import import_module

    text = import_module(type(kind).__module__).__doc__ or ""
    return next(word for word in text.split() if word.startswith("https://www.postgresql.org/"))


def _aspects() -> Iterator[str]:
    yield "On all of them, and on tables, columns, constraints, indexes and sequences of the models: " + ", ".join(
        sorted(kind.name for kind in aspect_kinds().values() if not kind.of_one)
    )
    alone = ", ".join(sorted(kind.name for kind in aspect_kinds().values() if kind.of_one))
    yield "(comments on tables and columns are the models'; a security label needs a provider that the server has"
    yield f"loaded, and PostgreSQL comes without one); on one kind alone: {alone}."


def _others() -> Iterator[str]:
    yield "## What is not managed, and why"
    yield ""
    yield "The names are those of `pg_identify_object`. What is not read at all is named in the log."
    yield ""
    yield "| object | reason |"
    yield "|---|---|"
    yield from (f"| {name} | {why} |" for name, why in sorted(NOT_MANAGED.items()))


if __name__ == "__main__":
    print(table(), end="")
