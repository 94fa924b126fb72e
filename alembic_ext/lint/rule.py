"""What a rule of the linter is, and how they are found: one file each in `alembic_ext.lint.rules`."""

from __future__ import annotations

import inspect
import pkgutil
from abc import ABC
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import ClassVar, Literal, NamedTuple

from alembic_ext import errors
from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import Severity
from alembic_ext.lint import rules as _folder
from alembic_ext.lint.course import Course
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Oid
from alembic_ext.lint.trace import Place

Group = Literal["blocking", "compatibility", "data loss", "project", "transaction", "types"]
Effect = tuple[Literal["rewrite", "scan", "build", "lock"], Oid]
"""Something that the server did to a relation that is older than the revision."""
Verdict = Literal["observed", "static"]
"""Whether the server showed it, or only the statement says so."""


class Hit(NamedTuple):
    """What a rule found in a statement.

    Args:
        moment: the statement.
        message: one sentence: the lock, what it stops, on which table, for what; no markup.
        help: one line in the imperative: what to do instead.
        code: the safe rewrite as Alembic code, for these very objects.
        object: the object that is meant, in PostgreSQL's words: ``table public.account``.
        table: the relation whose size tells how bad it is.
        effects: what of that which the server did is explained by it; the general rules then pass over it. What is
            said of a table is said of its partitions.
        verdict: whether the server showed it.
        severity: where it is not the rule's own.
        places: the lines that are meant, where they are not those that led to the statement.
    """

    moment: Moment
    message: str
    help: str
    code: str = ""
    object: str = ""
    table: Oid = 0
    effects: tuple[Effect, ...] = ()
    verdict: Verdict = "observed"
    severity: Severity | None = None
    places: tuple[Place, ...] = ()


def effects_on(at: Moment, *tables: Oid) -> tuple[Effect, ...]:
    """All that a statement did to some tables, and to the partitions, children and indexes of them."""
    found: list[Effect] = []
    for oid in {one for table in tables for one in at.family(table)}:
        found += [("rewrite", oid), ("scan", oid), ("lock", oid)]
        found += [("build", one.oid) for one in at.indexes_of(oid, before=False) if one.oid in at.built]
    return tuple(found)


class Example(NamedTuple):
    """A revision that a rule has something to say of, or nothing.

    Args:
        upgrade: the body of ``upgrade()``; ``op`` and ``sa`` are there. The lines that are found end in ``# <-``.
        setup: SQL that makes what was there before.
        oldest: the first PostgreSQL major that knows the statements.
        also: ids or slugs of other rules that find something on the same lines, and are right.
        newest: the last major on which it is as said; 0 is any.
    """

    upgrade: str
    setup: str = ""
    oldest: int = 14
    also: tuple[str, ...] = ()
    newest: int = 0

    @property
    def is_bad(self) -> bool:
        """Whether the rule finds something."""
        return "# <-" in self.upgrade


class Rule(ABC):
    """A hazard. The docstring of the module is its page in the manual.

    ``id`` and ``slug`` never change; ``aliases`` are what other linters call it. ``general`` rules are asked last, and
    pass over what another rule explained. ``sized`` ones matter more the more rows a table has. ``default`` is False
    for those that have to be switched on. ``worded`` ones judge by the words of a statement, those in the code of a DO
    too.
    """

    id: ClassVar[str]
    slug: ClassVar[str]
    group: ClassVar[Group]
    severity: ClassVar[Severity] = "warning"
    aliases: ClassVar[tuple[str, ...]] = ()
    general: ClassVar[bool] = False
    sized: ClassVar[bool] = False
    default: ClassVar[bool] = True
    worded: ClassVar[bool] = False
    examples: ClassVar[tuple[Example, ...]] = ()

    def judge(self, at: Moment) -> Iterable[Hit]:
        """What is wrong with one statement."""
        return ()

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        """What is wrong with a revision as a whole."""
        return ()

    def lacks_everywhere(self, courses: Sequence[Course]) -> bool:
        """Whether it finds what the whole project lacks: that is a note, since it is no revision's fault."""
        return False

    @property
    def manual(self) -> str:
        """Its page: what it does, why it is bad, what to do instead, and when it does not matter."""
        return inspect.cleandoc(import_module(type(self).__module__).__doc__ or "")

    @property
    def title(self) -> str:
        """The first line of its page."""
        return self.manual.partition("\n")[0]


@cache
def rules() -> Mapping[str, Rule]:
    """All rules by id, the general ones last."""
    names = sorted(found.name for found in pkgutil.iter_modules(_folder.__path__) if not found.name.startswith("_"))
    found: list[Rule] = [import_module(f"{_folder.__name__}.{name}").RULE for name in names]
    return MappingProxyType({rule.id: rule for rule in sorted(found, key=lambda rule: (rule.general, rule.id))})


@cache
def ids() -> Mapping[str, str]:
    """The id of every id, slug and alias."""
    return MappingProxyType(
        {name.lower(): rule.id for rule in rules().values() for name in (*rule.aliases, rule.slug, rule.id)}
    )


@cache
def groups() -> frozenset[str]:
    """The groups that rules are in."""
    return frozenset(rule.group for rule in rules().values())


@cache
def meant(name: str) -> frozenset[str]:
    """The ids of the rules that an id, a slug, an alias (of several at times) or a group means; none if nothing."""
    name = name.lower()
    return frozenset(
        rule.id for rule in rules().values()
        if name in (rule.id.lower(), rule.slug, rule.group, *(alias.lower() for alias in rule.aliases))
    )  # fmt: skip


def unknown_rule(name: str) -> str:
    """What helps where no rule has a name."""
    words = {word for rule in rules().values() for word in (rule.id, rule.slug, rule.group, *rule.aliases)}
    return errors.meant(name, sorted(words), "alembic-ext lint --explain lists them")


def switched_on(names: Iterable[str]) -> tuple[Rule, ...]:
    """The rules that are on by default, and those that are named: by id, slug, alias or group.

    Raises:
        AlembicExtError: there is no rule or group of a name.
    """
    wanted = list(names)
    if unknown := [name for name in wanted if not meant(name)]:
        raise AlembicExtError(f"there is no rule {unknown[0]!r}", help=unknown_rule(unknown[0]))
    named = frozenset().union(*map(meant, wanted))
    return tuple(rule for rule in rules().values() if rule.default or rule.id in named)


def effects(at: Moment, *sorts: Literal["rewrite", "scan", "build", "lock"]) -> tuple[Effect, ...]:
    """All that a statement did of some sorts: for a rule that explains the whole of it."""
    found = {"rewrite": at.rewritten, "scan": at.scanned, "build": at.built, "lock": at.blocking}
    return tuple((sort, oid) for sort in sorts for oid in sorted(found[sort]))


def hits(course: Course, wanted: Iterable[Rule], broken: dict[str, str]) -> list[tuple[Rule, Hit]]:
    """What these rules find in a revision, in the order of its statements; the general ones come last.

    What a loop does several times with the same words is told once. A rule that cannot judge it becomes ``broken``,
    with what it raised, and the others go on.
    """
    found: list[tuple[Rule, Hit]] = []
    explained: set[tuple[int, Effect]] = set()
    told: set[tuple[str, tuple[Place, ...], str, str]] = set()
    for rule in wanted:
        try:
            some = [hit for moment in course.moments for hit in rule.judge(moment)]
            if rule.worded:
                some += [hit for moment in course.moments for one in moment.inner for hit in rule.judge(one)]
            some += rule.judge_whole(course)
        except Exception as error:  # a tree that nobody thought of
            broken[rule.slug] = f"{type(error).__name__}: {error}"
            continue
        for hit in some:
            effects = {(hit.moment.number, effect) for effect in hit.effects}
            if rule.general and effects and effects <= explained:
                continue
            explained |= effects
            explained |= {
                (hit.moment.number, (what, part)) for what, oid in hit.effects for part in hit.moment.parts(oid)
            }
            said = (rule.id, hit.places or hit.moment.did.places, hit.message, hit.code)
            if said not in told:
                found.append((rule, hit))
            told.add(said)
    return sorted(found, key=lambda pair: (pair[1].moment.number, pair[0].id))
