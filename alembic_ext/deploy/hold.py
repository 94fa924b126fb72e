"""How a deploy takes hold of a project whose env.py is arbitrary and stays as it is.

*One run of env.py is one revision.* ``alembic upgrade`` runs env.py once, and env.py decides about engines, connections
and transactions; what it leaves to Alembic is which revisions run: the function behind ``context.run_migrations()``. So
a deploy runs env.py again and again, as often ``alembic upgrade +1`` would, in one process, with one ScriptDirectory,
and that function gives at most one revision per version table. Then env.py's own transaction is that revision's, be it
Alembic's ``context.begin_transaction()`` with or without ``transaction_per_migration``, one that env.py begins itself
(``engine.begin()``; Alembic then has no say in it and could not commit in between), or several over several databases.
And a retry is another run: the transaction is rolled back, the connection given back, nothing is held meanwhile, and
what is applied is read anew under the lock.

*Measured* (Alembic 1.18.0 and 1.20.1, two cores): 38 ms for each further run with Alembic's own env.py on 300
revisions, engine and connection included; imports are done once, as Python does. ``--single-transaction`` gives all
revisions to one run, which is exactly ``alembic upgrade``.

*What is taken hold of* is public: the ``EnvironmentContext`` (which env.py sees as ``alembic.context``), whose
``configure()`` looks at the connection that it is given, passes everything on, and puts one ``on_version_apply`` in
front of env.py's own. On that connection sit SQLAlchemy's events (see `grip`). Nothing is patched and no keyword of
env.py's is changed. Alembic's ``ScriptDirectory._upgrade_revs`` is private, but is what its own command uses, and
there is no other way to an upgrade's steps.

*What was tried and is not done.* Forcing ``transaction_per_migration``: has no effect where env.py begins the
transaction. Migrating over a connection of our own: loses ``SET ROLE``, a tenant's ``search_path``,
``schema_translate_map``, credentials that a ``creator`` fetched. Committing env.py's transaction under it: SQLAlchemy
refuses to go on in a ``with`` block whose transaction is closed.

*What is not seen*: connections that a revision opens itself, and an env.py that migrates without ``alembic.context``.
An env.py that does not commit does nothing under Alembic either; the deploy notices and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any

from alembic.runtime.environment import EnvironmentContext

from alembic_ext.deploy import assertions, note
from alembic_ext.deploy.glance import Glance
from alembic_ext.deploy.grip import Grip
from alembic_ext.deploy.journal import Step
from alembic_ext.deploy.lock import Claim
from alembic_ext.deploy.place import Place, where
from alembic_ext.deploy.work import Orders
from alembic_ext.errors import AlembicExtError
from alembic_ext.project.scripts import loaded, upgrade
from alembic_ext.session import parameters, through

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Connection


@dataclass(frozen=True)
class Target:
    """A version table that env.py leads to, and what is true of it now.

    ``parameters`` are libpq's, password included. ``pending`` are the revisions that are left to do, in order.
    ``unknown`` are rows of the version table that the project's revisions do not have.
    """

    place: Place
    parameters: Mapping[str, str] = field(repr=False)
    heads: tuple[str, ...]
    pending: tuple[str, ...]
    unknown: tuple[str, ...]
    note: note.Note | None
    standby: bool = False


def environment(
    config: Config,
    script: ScriptDirectory,
    configured: Callable[[EnvironmentContext, dict[str, Any]], Any],
    **options: Any,
) -> EnvironmentContext:
    """What env.py sees as ``alembic.context``, with a ``configure()`` that passes through us.

    It is an attribute of the instance, for Alembic makes the module ``alembic.context`` of the class itself, and of no
    subclass. ``configured`` gets it and the arguments by name, which it may change, and returns what to
    do after Alembic's own, or None.
    """
    made = EnvironmentContext(config, script, **options)
    original, shape = made.configure, signature(made.configure)

    def configure(*words: Any, **more: Any) -> None:
        bound = shape.bind(*words, **more)
        after = configured(made, bound.arguments)
        original(*bound.args, **bound.kwargs)
        if after is not None:
            after()

    made.configure = configure  # type: ignore[method-assign]
    return made


class Project:
    """The project's configuration and revisions, read once."""

    def __init__(self, config: Config, target: str, lock_timeout: str | None = "3s") -> None:
        self.config, self.target, self._lock_timeout = config, target, lock_timeout
        self.script = loaded(config)
        self.wanted: frozenset[str] | None = None
        """The revisions of the plan, once it is made: ``+2`` means another two in each run."""

    def steps(self, heads: Sequence[str]) -> list[RevisionStep]:
        """What is left to do."""
        found = upgrade(self.script, self.target, heads)
        return [step for step in found if self.wanted is None or step.revision.revision in self.wanted]

    def fix(self, targets: Sequence[Target]) -> None:
        """Make the plan final: what is pending now is all that will run, and a relative target becomes absolute."""
        self.wanted = frozenset(one for target in targets for one in target.pending)
        if "+" in self.target and targets and targets[0].pending:
            self.target = targets[0].pending[-1]

    def further(self, heads: Sequence[str]) -> list[str]:
        """Those of the heads that the target does not lead to."""
        if "+" in self.target:
            return []
        wanted = {step.revision.revision for step in upgrade(self.script, self.target, ())}
        return [head for head in heads if head not in wanted]

    def path(self, revision: str) -> str:
        """The file of a revision."""
        return str(self.script.get_revision(revision).path)

    def unknown(self, heads: Sequence[str]) -> tuple[str, ...]:
        """Rows of a version table that no revision is called."""
        known = self.script.revision_map._revision_map
        return tuple(sorted(head for head in heads if head not in known))

    def run(self, took: Callable[..., Any], give: Callable[..., Any], **options: Any) -> None:
        """Run env.py once."""

        def configured(context: EnvironmentContext, arguments: dict[str, Any]) -> Callable[[], None] | None:
            connection = arguments.get("connection")
            if connection is None or context.is_offline_mode():
                return None
            if connection.dialect.name != "postgresql":
                raise AlembicExtError(f"env.py connects to {connection.dialect.name}", help="deploy needs PostgreSQL")
            given = arguments.get("on_version_apply") or ()
            applied: list[Callable[[], None]] = []
            arguments["on_version_apply"] = (
                lambda **_: [one() for one in applied],
                *(given if isinstance(given, (tuple, list)) else (given,)),
            )
            return lambda: applied.extend(took(context.get_context(), connection))

        with environment(
            self.config, self.script, configured, fn=give, destination_rev=self.target, as_sql=False, **options
        ):
            self.script.run_env()

    def look(self) -> list[Target]:
        """Run env.py without doing anything, and tell where it leads.

        Raises:
            glance.Locked: somebody holds a version table.
        """
        found: dict[Place, Target] = {}

        def give(heads: Any, context: MigrationContext) -> Sequence[Any]:
            target = self._target(tuple(heads), context)
            found[target.place] = target
            return ()

        self._glance(give)
        if not found:
            raise AlembicExtError(
                "env.py did not call context.run_migrations() with a connection",
                help="deploy runs what `alembic upgrade` runs: try that first",
            )
        return list(found.values())

    def drop(self, place: Place, statements: Sequence[str]) -> None:
        """Send statements outside of a transaction, over env.py's own connection.

        Raises:
            AlembicExtError: env.py begins a transaction itself, which Alembic cannot leave for them.
            glance.Locked: somebody holds the version table.
        """

        def send(rows: Callable[[str], Any], context: MigrationContext) -> None:
            if context._in_external_transaction:
                raise AlembicExtError("env.py begins a transaction itself", help=f"run {'; '.join(statements)}")
            with context.autocommit_block():
                for sql in statements:
                    rows(sql)

        self._at(place, send)

    def _at(self, place: Place, send: Callable[[Callable[[str], Any], MigrationContext], None]) -> None:
        """Do something in a transaction of env.py's own connection that leads to this place."""

        def give(_: Any, context: MigrationContext) -> Sequence[Any]:
            connection = context.connection
            assert connection is not None
            rows = through(connection)
            if where(rows, connection, context)[0] == place:
                with context.begin_transaction(_per_migration=True):
                    send(rows, context)
            return ()

        self._glance(give)

    def _glance(self, give: Callable[..., Any]) -> None:
        """Run env.py once without any revision, and without waiting for locks."""
        glances: list[Glance] = []

        def took(context: MigrationContext, connection: Connection) -> tuple[()]:
            glance = next((one for one in glances if one.connection is connection), None)
            if glance is None and self._lock_timeout is not None:
                glance = Glance(connection, self._lock_timeout)
                glance.listen()
                glances.append(glance)
            if glance is not None:
                glance.context = context
            return ()

        try:
            self.run(took, give, dont_mutate=True)
        finally:
            for glance in glances:
                glance.let_go()

    def _target(self, heads: tuple[str, ...], context: MigrationContext) -> Target:
        connection = context.connection
        assert connection is not None
        rows = through(connection)
        place, standby = where(rows, connection, context)
        _, written, _ = note.read(rows, place.schema, place.table)
        unknown = self.unknown(heads)
        pending = () if unknown else tuple(step.revision.revision for step in self.steps(heads))
        if written and written.revision not in pending and not unknown:
            written = None  # it was applied since, by hand
        return Target(place, parameters(connection), heads, pending, unknown, written, standby)


class Run:
    """One run of env.py that does one revision for each version table, or all of them."""

    def __init__(self, project: Project, claims: Callable[[Place], Claim], orders: Orders) -> None:
        self.project, self.claims, self.orders = project, claims, orders
        self.grips: list[Grip] = []
        self.steps: list[Step] = []
        self.attempt, self.single = 1, False

    def go(self) -> BaseException | None:
        """Run it; give the error that came out of env.py, if one did."""
        try:
            self.project.run(self._took, self._give)
        except BaseException as error:  # env.py may call sys.exit()
            return error
        finally:
            for grip in self.grips:
                grip.let_go()
        return None

    @property
    def work(self) -> list[Any]:
        """What is running now."""
        return [grip.work for grip in self.grips if grip.work]

    def _took(self, context: MigrationContext, connection: Connection) -> tuple[Callable[[], None], ...]:
        grip = next((one for one in self.grips if one.connection is connection), None)
        if grip is None:
            grip = Grip(connection, self.claims, self.orders)
            grip.listen()
            self.grips.append(grip)
        grip.turn_to(context)
        return (lambda: self._applied(grip),)

    def _give(self, heads: Any, context: MigrationContext) -> Iterator[RevisionStep]:
        grip = next(one for one in self.grips if one.connection is context.connection)
        for step in self.project.steps(heads)[: None if self.single else 1]:
            revision = step.revision
            made = Step(revision.revision, revision.doc or "", str(revision.path))
            self.steps.append(made)
            grip.steps.append(made)
            step.migration_fn = self._body(grip, made, step.migration_fn)
            yield step

    def _body(self, grip: Grip, step: Step, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)  # Alembic's log names it: "Running upgrade"
        def body(**words: Any) -> None:
            began = {"revision": step.revision, "doc": step.doc, "target": str(grip.place)}
            self.orders.tell("revision", **began, attempt=self.attempt)
            grip.begins_anew(step)
            assertions.check(step.path, grip)
            step.phase = "body"
            function(**words)
            step.phase = "version"

        return body

    def _applied(self, grip: Grip) -> None:
        """Alembic has written the version, in a transaction that is still open."""
        step = grip.step
        if step:
            grip.unnote()
            step.phase = "end"
            if grip.autocommit:
                step.done = True
