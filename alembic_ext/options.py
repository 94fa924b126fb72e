"""What a user may say with ``context.configure(alembic_ext={…})``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from alembic_ext.declare.from_models import GROUPS
from alembic_ext.errors import AlembicExtError, meant

_TIME = re.compile(r"|\s*0\s*|\s*\d+\s*(us|ms|s|min|h|d)\s*")

EMBEDDED = "embedded"


class Options(NamedTuple):
    """What was asked for.

    Args:
        manage: ``"all"``, or names of kinds, whose declarations are the whole truth: what exists beside them in the
            observed schemas is dropped, whoever made it. By default only what revisions of this project made is.
            ``"grant"`` beside them, or alone, makes the declared grants the whole truth too: on every object there, of
            whatever kind, what is granted beyond them is taken back. ``"all"`` does not include it.
        sandbox: the URL of a server on which throw-away databases are made, or ``"embedded"``; by default the server
            of the database itself.
        sandbox_major: ``"any"`` accepts a sandbox of another major version.
        prove: False writes revisions without having run them.
        cache: False forgets what earlier runs learned.
        enum_columns: False leaves the types of ``Enum`` columns to Alembic. By default they are declarations like all
            others: the type is made before the table, and follows the values of the model. Types with
            ``create_type=False`` never are, nor those of tables and columns that ``include_object`` keeps out.
        lock_timeout: how long to wait for a lock while reading, as PostgreSQL spells it.
        alembic_utils: whether what was given to alembic-utils' ``register_entities()`` is declared too, and what its
            operations made in old revisions is ours. False leaves all of that alone.
        compare: ``"all"``, or some of ``"constraints"`` and ``"indexes"``: those of the models that have a name are
            compared whole, where Alembic looks at their names and columns: conditions, expressions, INCLUDE,
            DEFERRABLE, NOT VALID, and checks and exclusions on tables that are there already.
        roles: True manages roles: they are read, and those that are declared made, changed, and dropped where a
            revision of this project made them. They belong to the whole server. ``manage="all"`` does not include
            them; ``manage=["role"]`` does.
    """

    manage: frozenset[str] = frozenset()
    sandbox: str | None = None
    sandbox_major: str = "same"
    prove: bool = True
    cache: bool = True
    enum_columns: bool = True
    lock_timeout: str = "5s"
    alembic_utils: bool = True
    compare: frozenset[str] = frozenset()
    roles: bool = False

    @property
    def asked(self) -> frozenset[str]:
        """The options that are set of those that kinds want."""
        from alembic_ext.kinds import kinds

        return frozenset(kind.option for kind in kinds().values() if kind.option and getattr(self, kind.option))

    @classmethod
    def read(cls, given: Mapping[str, Any] | None) -> Options:
        """Check what was given.

        Raises:
            AlembicExtError: an option or a kind does not exist.
        """
        if not isinstance(given, (Mapping, type(None))):
            raise AlembicExtError(
                f"alembic_ext={given!r} is not valid", help='give a mapping of options: alembic_ext={"manage": "all"}'
            )
        values = {name: value for name, value in dict(given or {}).items() if value is not None}
        known = cls._fields
        if unknown := sorted(values.keys() - set(known)):
            raise AlembicExtError(
                f"alembic_ext={{…}} has no option {unknown[0]!r}",
                help=meant(unknown[0], known, f"the options are {', '.join(known)}"),
            )
        for name, value in values.items():
            _check(name, value, cls._field_defaults[name])
        manage = values.get("manage", ())
        names = _managed({manage} if isinstance(manage, str) else set(manage), values) if manage else frozenset()
        compare = values.get("compare", ())
        groups = (compare,) if isinstance(compare, str) else tuple(compare)
        groups = GROUPS if "all" in groups else groups
        if wrong := sorted(set(groups) - set(GROUPS)):
            raise AlembicExtError(
                f"alembic_ext={{'compare': …}}: there is no group {wrong[0]!r}",
                help=f'say "all", or some of: {", ".join(GROUPS)}',
            )
        return cls(**{**values, "manage": names, "compare": frozenset(groups)})


def _check(name: str, value: object, default: object) -> None:
    """Refuse a value that is of another sort than the option's."""
    if isinstance(default, frozenset):
        some = [value] if isinstance(value, str) else value
        good = isinstance(some, (list, tuple, set, frozenset)) and all(isinstance(one, str) for one in some)
        wanted = "a str, or a list of them"
    elif isinstance(default, bool):
        good, wanted = isinstance(value, bool), "True or False"
    elif name == "sandbox_major":
        good, wanted = value in ("same", "any"), '"same" or "any"'
    elif name == "lock_timeout":
        good, wanted = (
            isinstance(value, str) and bool(_TIME.fullmatch(value)),
            'a time with its unit, as PostgreSQL spells it: "5s", "500ms"',
        )
    elif name == "sandbox":
        good = isinstance(value, str) and (value == EMBEDDED or "://" in value or "=" in value)
        wanted = f'the URL of a server, or "{EMBEDDED}"'
    else:
        good, wanted = isinstance(value, str), "a str"
    if not good:
        raise AlembicExtError(f"alembic_ext={{{name!r}: {value!r}}} is not valid", help=f"give {wanted}")


def _managed(names: set[str], values: Mapping[str, Any]) -> frozenset[str]:
    """The kinds that are named."""
    from alembic_ext.kinds import aspect_kinds, kinds

    managed = {kind.name for kind in kinds().values() if kind.managed}
    also = {kind.name for kind in aspect_kinds().values() if kind.whole}
    if "all" in names:
        names = names - {"all"} | {name for name in managed if not kinds()[name].option}
    if wrong := sorted(names - managed - also):
        raise AlembicExtError(
            f"alembic_ext={{'manage': …}}: there is no kind {wrong[0]!r}",
            help=meant(wrong[0], managed | also, 'say "all", or kinds as python -m alembic_ext.kinds lists them'),
        )
    wanted = {name: kinds()[name].option for name in sorted(names - also) if kinds()[name].option}
    if lacking := next((name for name, option in wanted.items() if not values.get(option)), ""):
        raise AlembicExtError(
            f"alembic_ext={{'manage': …}}: {lacking!r} needs the option {wanted[lacking]!r}",
            help=f'say "{wanted[lacking]}": True too',
        )
    return frozenset(names)
