"""What the kinds of foreign data share: their options, some of which are secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from alembic_ext.sqltext import ident, literal
from alembic_ext.sqltext.parsetree import Node
from alembic_ext.sqltext.secret import HARMLESS, SIGN, WORDS, Secret, is_mark, is_secret

OptionValues = Mapping[str, "str | int | bool | Secret"]
"""Options of foreign data: name to value, or to the `Secret` that holds it."""


def _shown(*names: str) -> str:
    """The value of an option ``o``, or the mark of a secret, called by the object's names (SQL) and the option's."""
    of = ", ".join([*names, "o.option_name"])
    variable = f"regexp_replace(concat_ws('_', {of}), '^(?=[0-9])|[^A-Za-z0-9]+', '_', 'g')"
    secret = f"o.option_name ~* '{WORDS}' AND o.option_name <> '{HARMLESS}'"
    return f"CASE WHEN {secret} THEN '{SIGN}' || upper({variable}) || '}}' ELSE o.option_value END"


def options(column: str, *names: str) -> str:
    """The clause `` OPTIONS (name 'value')`` of a text[] of options, sorted, or NULL; secrets are marks."""
    return f"""(SELECT format(' OPTIONS (%s)', string_agg(format('%I %L', o.option_name, {_shown(*names)}), ', '
                                                    ORDER BY o.option_name COLLATE "C"))
                FROM pg_options_to_table({column}) o HAVING count(*) > 0)"""


def option_facts(column: str, *names: str) -> str:
    """A text[] of name, value, name, value …; secrets are marks."""
    return f"""ARRAY(SELECT unnest(ARRAY[o.option_name, {_shown(*names)}]) FROM pg_options_to_table({column}) o
                     ORDER BY o.option_name COLLATE "C")"""


def pairs(flat: Sequence[str]) -> dict[str, str]:
    """The options of `option_facts`.

    >>> pairs(["user", "a", "sslmode", "allow"])
    {'user': 'a', 'sslmode': 'allow'}
    """
    return dict(zip(flat[::2], flat[1::2], strict=True))


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """The clause ``OPTIONS (ADD a 'b', SET c 'd', DROP e)`` that leads from one to the other, or ''."""
    steps = [f"DROP {ident(name)}" for name in old if name not in new]
    steps += [
        f"{'SET' if name in old else 'ADD'} {ident(name)} {literal(value)}"
        for name, value in new.items()
        if old.get(name) != value
    ]
    return f"OPTIONS ({', '.join(steps)})" if steps else ""


def written(values: OptionValues, blank: str = "\n") -> str:
    """The clause as a declaration has it, with a blank before it; '' where there are no options."""
    if not values:
        return ""
    return f"{blank}OPTIONS (" + ", ".join(f"{ident(name)} {constant(value)}" for name, value in values.items()) + ")"


def constant(value: str | int | bool | Secret) -> str:
    """A value of an option as SQL: always in quotes."""
    if isinstance(value, Secret):
        return value.sql
    return literal(str(value).lower() if isinstance(value, bool) else str(value))


def options_objection(tree: Node) -> tuple[str, str] | None:
    """Why a declaration may not have these options: a secret is written out, or something else is taken for one."""
    for option in _elements(tree):
        name, value = option["defname"], option.get("arg", {}).get("String", {}).get("sval")
        if value is None:
            continue
        if is_secret(name) and not is_mark(value):
            return (
                f"its option {name!r} is written out, and every revision would hold it",
                f'give Secret("VARIABLE"), in SQL {Secret("VARIABLE").sql}: revisions read the environment variable',
            )
        if is_mark(value) and not is_secret(name):
            return (
                f"its option {name!r} is not taken for a secret, so it is read and compared",
                "write its value; only an option whose name says that it is secret may be left to the environment",
            )
    return None


def _elements(tree: Node) -> Iterator[Node]:
    found: Iterable[Node] = tree.get("options", ())
    for command in tree.get("cmds", ()):
        if command["AlterTableCmd"]["subtype"] == "AT_GenericOptions":
            found = command["AlterTableCmd"]["def"]["List"]["items"]
    return (node["DefElem"] for node in found)
