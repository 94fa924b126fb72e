"""What the kinds of objects have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from alembic_ext.model import Address, Key, Snapshot, Stored
from alembic_ext.sqltext import Statement, ident
from alembic_ext.sqltext.parsetree import Node, named, relation


class Kind:
    """One kind of object. A subclass is never instantiated by a user: its module holds ``KIND = ThatKind()``.

    ``select`` gives one row per object, read with an empty search_path, in these columns:

    ===========  ===============================================================================================
    oid          its oid in ``catalog``
    schema       its schema, or ''
    name         its name
    detail       what tells it from others of its name (see `model.Key`), or ''
    create       the statement that makes it, all names qualified, no semicolon at its end; NULL where the object
                 named by the row makes this one too (a constraint that is inherited stands for its origin)
    state        text[]: name, set, unset, name, set, unset … of what belongs to its definition beyond ``create``
    script       how a revision restores it where that differs from ``create``, else ''
    …            any further columns are the facts that `alter` asks for
    ===========  ===============================================================================================

    Members of extensions, internal and temporary objects and the system's own are not among the rows.
    """

    name: ClassVar[str]
    """In PostgreSQL's words, as ``pg_identify_object`` and COMMENT ON have them: ``materialized view``."""
    catalog: ClassVar[str]
    """The system catalog that holds it: ``pg_class``."""
    rank: ClassVar[int]
    """Breaks ties in an order; what is usually made first has the lowest rank."""
    select: ClassVar[str]
    sign: ClassVar[str] = ""
    """A condition on rows of ``catalog`` that a user made: without one that meets it there is nothing to select."""
    shown_in: ClassVar[str] = ""
    """Where everybody may see the oids of ``catalog``, if not there, as it stands in FROM."""
    managed: ClassVar[bool] = False
    """Whether it may be declared."""
    of_table: ClassVar[bool] = False
    """Whether it is a part of a table, changed by Alembic: dropping or altering a column takes it along."""
    droppable: ClassVar[bool] = True
    """Whether it may be dropped and made again for the sake of another object (never a table: it holds rows)."""
    sheds: ClassVar[bool] = False
    """Whether it merely loses what is dropped of that which it uses: a publication its tables."""
    option: ClassVar[str] = ""
    """The option that has to be set for it to be read and declared, if so."""
    shared: ClassVar[bool] = False
    """Whether it belongs to the whole server: made before all else and dropped after all else, which may name it."""
    links: ClassVar[str] = ""
    """A SELECT of rows as pg_depend has them, of what uses what though they are not there."""
    held: ClassVar[str] = ""
    """A SELECT of what the server would not drop one for: its oid, database or '' for here, classid, objid, words."""
    remote: ClassVar[str] = ""
    """Why one is never made in a throw-away database, if so; then it has `imagined`."""
    far: ClassVar[bool] = False
    """Whether its rows are on another server, which is never asked for them from a throw-away database."""
    installed: ClassVar[bool] = False
    """Whether it comes from files beside the server, or needs rights: a sandbox may be unable to hold it."""
    inert: ClassVar[bool] = True
    """Whether it does nothing by being there; what acts on later DDL is in no sandbox undeclared, and declared last."""
    hollow: ClassVar[bool] = False
    """Whether it is nothing but its aspects: no statement makes it, and one that has none may be spoken of too."""
    parts: ClassVar[frozenset[str]] = frozenset()
    """Kinds whose objects are part of this one's definition when they depend on it: indexes of a materialized view."""
    rows: ClassVar[tuple[str, ...]] = ()
    """Catalogs whose rows are parts of one and of nothing else, though other things take them along too."""
    nodes: ClassVar[Mapping[str, str]] = {}
    """Statement nodes of PostgreSQL's parse tree that create one, each with a mark in it ('' or ``objtype=X``)."""
    advice: ClassVar[str] = ""
    """What to do instead of declaring one, where it is not managed: ``tables belong to the models``."""
    exclusive: ClassVar[frozenset[str]] = frozenset()
    """Names of state that has to be taken back before it is set otherwise: a table is a partition of one."""
    newer: ClassVar[Mapping[int, str]] = {}
    """What majors after 14 have brought to it: ``{15: "security_invoker"}``."""
    locks: ClassVar[bool] = False
    """Whether to print one locks the relations it speaks of, until the transaction ends: it has a query in it."""
    between: ClassVar[str] = ""
    """What stands between parts of a printed statement whose order means nothing: the columns of a table."""
    settles: ClassVar[bool] = False
    """Whether what `alter` adds may have to be committed before it can be used."""
    state_later: ClassVar[bool] = False
    """Whether its state waits for tables that need it: a column that owns the sequence in its default."""
    alters_state: ClassVar[bool] = False
    """Whether `alter` changes the state too, not the text of ``create`` alone."""
    stuck: ClassVar[str] = ""
    """What to do where a table keeps it from being changed, if not to make the change in two revisions."""
    drops_twice: ClassVar[bool] = False
    """Whether dropping one that is there no more does no harm: a default."""
    moves: ClassVar[bool] = False
    """Whether columns of tables have it as type: where it is made again they are moved over (see `moved`)."""
    brings: ClassVar[bool] = False
    """Whether something comes with it that has a name of its own, which a declaration may change (see `brought`)."""
    comes_along: ClassVar[bool] = False
    """Whether the statement that makes a piece of another always makes what is on it: a default."""
    has_columns: ClassVar[bool] = False
    """Whether COMMENT ON COLUMN may speak of it though it is no relation."""
    has_constraints: ClassVar[bool] = False
    """Whether COMMENT ON CONSTRAINT may speak of it though it is no relation."""
    commented_by_models: ClassVar[bool] = False
    """Whether comments on it and its columns are the models'; owner and grants may be declared all the same."""
    opaque: ClassVar[bool] = False
    """Whether it may have a body that PostgreSQL does not look into: no dependency tells what that needs."""
    identified_by: ClassVar[str] = "name"
    """What tells it from others: ``name``, ``arguments``, ``relation``, access ``method``; or ``types``: `called`."""
    recorded: ClassVar[bool] = True
    """Whether pg_depend tells who uses it: what casts depends on the cast's function alone."""
    implicit: ClassVar[bool] = False
    """Whether statements mean it that do not name it, or name others like it: the operator of IN, a cast."""
    copied: ClassVar[bool] = False
    """Whether one may begin as a copy of another, as that is then; pg_depend does not tell."""
    mutual: ClassVar[bool] = False
    """Whether its objects speak of each other though pg_depend does not tell: an operator of its commutator."""
    in_schema: ClassVar[bool] = True
    """Whether it lives in a schema."""
    word: ClassVar[str] = ""
    """Its words in ALTER, COMMENT ON and DROP where they are not its name: ``TYPE``."""
    object_type: ClassVar[str] = ""
    """Its name in COMMENT ON, GRANT and ALTER nodes of the parse tree: ``OBJECT_VIEW``."""
    owner: ClassVar[str] = ""
    """Its owner, as SQL over a row of ``catalog``: ``relowner``; '' where it has none, NULL for a row that has none."""

    def query(self, version: int) -> str:
        """The SELECT for a server of this version (``server_version_num``); `select` where one serves all."""
        return self.select

    @property
    def title(self) -> str:
        """Its words in ALTER, COMMENT ON and DROP: ``MATERIALIZED VIEW``."""
        return self.word or self.name.upper()

    def identity(self, key: Key) -> str:
        """Its name as ALTER, COMMENT ON and DROP take it: ``public.v``, ``public.f(integer)``, ``t ON public.x``."""
        return ident(key.schema, key.name)

    def drop(self, key: Key) -> str:
        """The statement that drops it. Never CASCADE."""
        return f"DROP {self.title} {self.identity(key)}"

    def drops(self, stored: Stored) -> Sequence[str]:
        """The statements that drop it, where one is not enough or would leave something behind."""
        return (self.drop(stored.key),)

    def replace(self, create: str) -> str | None:
        """The statement that puts ``create`` in the place of what is there, or None: it has to be dropped first."""
        return None

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        """The statements that make ``new`` of ``old`` in place, as far as ``create`` says; None where none can.
        Where it ``alters_state`` the statements are for all of the definition. There are none needed, (), where a new
        ``create`` follows from what happens to others: an operator loses its commutator.
        They are tried: where the server refuses them, or they do not lead to ``new``, it is dropped and made again.
        """
        return None

    def rename(self, key: Key, name: str) -> str | None:
        """The statement that gives it another name, or None where PostgreSQL has none."""
        return f"ALTER {self.title} {self.identity(key)} RENAME TO {ident(name)}"

    def brought(self, stored: Stored, name: str, text: str) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]:
        """The statements that call what comes with it as if ``text`` had made it under this name; those that take that
        back; and what has another name by that, old to new.
        """
        return (), (), {}

    def rename_value(self, key: Key, facts: Sequence[Any], old: str, new: str) -> str | None:
        """The statement that renames one of its values, or None where its facts do not tell of it."""
        return None

    def alter_as(self, old: Stored, new: Stored, text: str) -> Sequence[str] | None:
        """The same in the words of ``text``, the statement that makes ``new`` as somebody wrote it."""
        return self.alter(old, new)

    def cascaded(self, statement: str) -> str:
        """A statement of `alter` that changes what uses it too, where PostgreSQL has that."""
        return statement

    def types(self, stored: Stored) -> Sequence[str]:
        """The types that columns may have by it, itself first: a range type brings its multirange type."""
        return (self.identity(stored.key),)

    def step_aside(self, stored: Stored, name: str) -> Sequence[str]:
        """The statements that call it, and what it has made, otherwise, so that another can be made in its place."""
        return (f"ALTER {self.title} {self.identity(stored.key)} RENAME TO {ident(name)}",)

    def with_types(self, key: Key, names: Mapping[str, str]) -> Key:
        """The key where types are called otherwise: ``names`` are old to new, with their schemas."""
        return key

    def moved(self, old: Stored, new: Stored, column: str, type_: str, array: str) -> str:
        """A value of ``old`` as one of ``new``, as ``type_``, one of its `types`; ``array`` is ``[]`` or nothing."""
        return f"{column}::text{array}::{type_}{array}"

    def commented(self, stored: Stored) -> Sequence[str]:
        """Its parts that may have comments of their own and are no objects, as COMMENT ON has them."""
        return [f"COLUMN {self.identity(stored.key)}.{ident(name)}" for name, _ in stored.columns]

    def of_column(self, stored: Stored, column: str) -> tuple[bool, bool]:
        """Whether a column of it has NOT NULL, and a default, itself: not by its type."""
        return False, False

    def keywords(self, stored: Stored) -> Mapping[str, Any]:
        """The keywords of SQLAlchemy's Table that say what it does not reflect: how a table is partitioned."""
        return {}

    def follows(self, stored: Stored) -> str:
        """The type whose attributes are its columns, or nothing: that of a typed table."""
        return ""

    def again(self, statement: str) -> str:
        """A statement of `alter` that does no harm where it has been run already; needed by what ``settles``."""
        return statement

    def parted(self, statement: Statement) -> Sequence[Statement]:
        """A statement that makes one, and others for what it says beside: that may have to wait, or is an aspect."""
        return (statement,)

    def spares(self, stored: Stored) -> bool:
        """Whether it stays though nobody declared it and the declarations of its kind are the whole truth."""
        return False

    def imagined(self, key: Key, texts: Sequence[str], said: Sequence[str], now: Stored | None) -> Stored:
        """What ``texts`` lead to from ``now``, where it is ``remote``; ``said`` are what revisions say of it."""
        raise NotImplementedError

    def remark(self, stored: Stored, snapshots: Iterable[Snapshot]) -> str:
        """What who reads the revision that makes it should know, of all that is there before or after; or nothing."""
        return ""

    def objection(self, tree: Node) -> tuple[str, str] | None:
        """Why a statement that makes one, or adds to one, cannot be declared so, and what to do; None where it can."""
        return None

    def bare(self, text: str) -> str:
        """A statement that creates one, as it is run where only the definition counts: without filling it."""
        return text

    def as_there(self, text: str, stored: Stored) -> tuple[str, str]:
        """What to run in a sandbox for a statement that makes ``stored``: at once, and when all else is made, or ''.
        What the statement leaves open is as it is there.
        """
        return self.bare(text), ""

    def restored(self, stored: Stored) -> Sequence[str]:
        """The statements with which a revision makes it again."""
        return (stored.script or stored.create, *stored.definition[1:])

    def rebuilt(self, stored: Stored) -> Sequence[str]:
        """The statements that make it in a sandbox, as it is there."""
        return stored.definition

    def fill(self, stored: Stored) -> str:
        """What fills it where it was made without its rows, if it has some there; else ''."""
        return ""

    def stand_in(self, stored: Stored) -> str:
        """What may stand under its name where it cannot be made any more, until a table operation drops it; else ''."""
        return ""

    def filled(self, create: str) -> str:
        """A printed statement as a revision has it where the object holds data: it is filled again."""
        return create

    def makes(self, node: str, tree: Node) -> bool:
        """Whether a statement, by its node in the parse tree, creates an object of this kind."""
        field, _, value = self.nodes.get(node, "").partition("=")
        return node in self.nodes and (not field or str(tree.get(field, "")) == value)

    def may_be_declared(self, node: str, tree: Node) -> bool:
        """Whether what a statement creates may be declared: what is `managed`, and of a table a partition."""
        return self.managed

    def is_own(self, stored: Stored) -> bool:
        """Whether the statement that makes the piece it is on says it, and the other does not: a default of its own."""
        return False

    def is_piece(self, stored: Stored) -> bool:
        """Whether an object is a piece of another of its kind, which the models may leave to others: a partition.

        Whatever is the same for all pieces changes with that other one.
        """
        return False

    def spelled(self, tree: Node) -> Address:
        """The object that a statement creates, as it is spelled there."""
        return Address(self.name, ())

    def named(self, node: Node) -> Address:
        """The object that COMMENT ON, ALTER … OWNER TO or GRANT speak of, as it is spelled there."""
        return Address(self.name, *named(node))

    def called(self, *words: str) -> str:
        """The name of what is identified by its types, of the words and types in its address: ``(a AS b)``."""
        raise NotImplementedError

    def implied(self, tree: Node) -> Sequence[str]:
        """What a statement that makes one makes beside it, as statements: an operator class, its family."""
        return ()

    def altered_by(self, node: str, tree: Node) -> Address | None:
        """The object to whose definition a statement adds (ALTER … SET), or None: to none of this kind."""
        if node != "AlterObjectDependsStmt" or tree["objectType"] != self.object_type:
            return None
        on = relation(tree["relation"]) if "relation" in tree else ()
        names, args = named(tree["object"]) if "object" in tree else ((), ())
        return Address(self.name, (*on, *names), args)

    def address(self, key: Key) -> Address:
        """The key in the words of ``pg_get_object_address``; without a schema where the key has none."""
        return Address(self.name, tuple(filter(None, (key.schema, key.name))))
