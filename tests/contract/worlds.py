"""Random schemas of tables and of all that is managed, and random edits of them.

A `World` is a list of objects, each using only what stands before it, so that its SQL runs from top to bottom. An edit
gives another world: an object comes, goes, moves to the end or is made anew, a column changes its type, comes or goes.
What used something that is no more is made anew too. All choices come from one ``random.Random``. Tables, routines,
views and triggers are made here, by what they use; all other kinds are the data of `tests.contract.sorts`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

from alembic_ext.kinds import kinds
from tests.contract.sorts import GROUPS, SORTS, TYPES, Sort

NUMBERS = ("integer", "bigint", "numeric(8,2)")
TEXTS = ("text", "varchar(10)", "varchar(20)")
SCALARS = (*NUMBERS, *TEXTS, "date")
ROLES = ("reader", "keeper")
RELATIONS = ("table", "view", "materialized view")
ROUTINES = ("function", "procedure")
TABLE_ASPECTS = (
    "ALTER TABLE {what} ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE {what} FORCE ROW LEVEL SECURITY",
    "ALTER TABLE {what} SET (fillfactor = 70)",
    "GRANT SELECT (id) ON {what} TO keeper",
)
Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Thing:
    """An object: its SQL is made from what it refers to, as that is in its world.

    ``columns`` are those of a table; ``sources`` relations, ``calls`` functions, by their keys. ``choices`` are small
    numbers that stand for everything else.
    """

    kind: str
    name: str
    columns: Columns = ()
    sources: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    returns: str = ""
    body: str = "string"
    choices: tuple[int, ...] = (0,) * 12
    aspects: tuple[str, ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()
    """Columns of a table with what stands in their default: the key of a sequence, or text."""

    was: str = ""
    """The name that it had in the world before this one, where that is said."""

    sort: Sort | None = None
    """What it is made by, where that is data; ``sources`` are what it needs, in this order."""

    @property
    def key(self) -> str:
        """What tells it from others; relations and types share one name space, functions and procedures another."""
        if self.kind in (*RELATIONS, *TYPES):
            return f"relation {self.name}"
        if self.sort is not None and self.kind not in ROUTINES:
            return f"{self.kind} {self.name} {self.sources[0] if '{0}' in self.sort.on else ''}".strip()
        if self.kind == "trigger":
            return f"trigger {self.name} on {self.sources[0]}"
        return f"routine {self.name}({','.join(self.arguments)})"

    @property
    def uses(self) -> tuple[str, ...]:
        rows = tuple(
            _row(word)
            for word in (*self.arguments, self.returns.removeprefix("SETOF "))
            if word and word not in (*SCALARS, "trigger", "void")
        )
        place = (f"schema {self.name.partition('.')[0]}",) if "." in self.name else ()
        return (*place, *self.sources, *self.calls, *rows)

    @property
    def is_scalar(self) -> bool:
        """Whether it is a function that gives one value."""
        return self.kind == "function" and self.returns not in ("", "trigger") and not self.returns.startswith("SETOF ")


class Name(str):
    """What a text of a sort speaks of: ``{0}``, ``{0.column}``."""

    column: str
    last: str
    call: str


@dataclass
class World:
    """Things in an order in which they can be made."""

    things: list[Thing] = field(default_factory=list)

    major: int = 14

    def __getitem__(self, key: str) -> Thing:
        return self._by_key[key]

    def __contains__(self, key: str) -> bool:
        return key in self._by_key

    @property
    def _by_key(self) -> dict[str, Thing]:
        return {thing.key: thing for thing in reversed(self.things)}

    # ------------------------------------------------------------------------------------------------------------- SQL

    def script(self) -> str:
        """All SQL, as it can run."""
        return "".join(f"{text};\n" for thing in self.things for text in self.statements(thing))

    def tables(self) -> str:
        """The SQL of the tables."""
        return "".join(f"{self.statements(thing)[0]};\n" for thing in self.things if thing.kind == "table")

    def entities(self) -> str:
        """The SQL of everything else."""
        return "".join(
            f"{text};\n" for thing in self.things for text in self.statements(thing)[thing.kind == "table" :]
        )

    def columns(self, key: str) -> Columns:
        """The columns of a relation."""
        thing = self[key]
        if thing.kind == "table":
            return (("id", "integer"), *thing.columns)
        if thing.sort is not None:
            return thing.columns
        return tuple((name, type_) for _, name, type_ in self._items(thing))

    def statements(self, thing: Thing) -> list[str]:
        """All statements that make a thing."""
        made = self._sorted(thing) if thing.sort else getattr(self, f"_{thing.kind.replace(' ', '_')}")(thing)
        if thing.was:
            made[0] = f"-- renamed from {thing.was}\n{made[0]}"
        title = (thing.sort and thing.sort.title) or kinds()[thing.kind].title
        return [*made, *(aspect.format(title=title, what=self._identity(thing)) for aspect in thing.aspects)]

    def _identity(self, thing: Thing) -> str:
        if thing.sort is not None:
            return thing.sort.on.format(*self._names(thing), name=thing.name)
        if thing.kind == "trigger":
            return f"{thing.name} ON {self[thing.sources[0]].name}"
        return f"{thing.name}({', '.join(thing.arguments)})" if thing.kind in ROUTINES else thing.name

    def _names(self, thing: Thing) -> list[Name]:
        """What the texts of a sort may say of what it needs."""
        found = []
        for place, key in enumerate(thing.sources):
            used = self[key]
            name = Name(used.name)
            if used.kind in RELATIONS:
                columns = self.columns(key)
                name.column, name.last = columns[thing.choices[1 + place] % len(columns)][0], columns[-1][0]
            if used.is_scalar:
                name.call = self._call(used, thing, 0)
            found.append(name)
        return found

    def _sorted(self, thing: Thing) -> list[str]:
        assert thing.sort is not None
        texts = thing.sort.texts_for(self.major)
        text = texts[thing.choices[0] % len(texts)].format(*self._names(thing), name=thing.name)
        return [one.strip() for one in text.split(";")]

    def _table(self, table: Thing) -> list[str]:
        defaults = dict(table.defaults)
        columns = ["id integer PRIMARY KEY"]
        for name, type_ in table.columns:
            default = defaults.get(name, "")
            if default.startswith("sequence "):
                default = f"nextval('{self[default].name}')"
            columns.append(f"{name} {type_}{default and ' DEFAULT '}{default}")
        return [f"CREATE TABLE {table.name} ({', '.join(columns)})"]

    def _items(self, thing: Thing) -> list[tuple[str, str, str]]:
        """The select list of a view: expression, name, type."""
        pick = thing.choices
        names: tuple[str, ...] = ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l")
        found: list[tuple[str, str, str]] = []
        if thing.sources and pick[0] % 4 == 0:
            found += [(f"x0.{name}", name, type_) for name, type_ in self.columns(thing.sources[0])]
            names = tuple(name for name in names if name not in {name for _, name, _ in found})
        else:
            for place, source in enumerate(thing.sources):
                columns = self.columns(source)
                for number in range(1 + pick[1 + place] % 2):
                    column, type_ = columns[(pick[3 + place] + number) % len(columns)]
                    found.append((f"x{place}.{column}", names[(len(found) + pick[5]) % 12], type_))
        for place, call in enumerate(thing.calls):
            routine = self[call]
            found.append((self._call(routine, thing, pick[6 + place % 3]), f"r{place}", routine.returns))
        return found or [(f"{pick[0]}", names[pick[5] % 12], "integer")]

    def _call(self, routine: Thing, thing: Thing, pick: int) -> str:
        """A call whose arguments have exactly the right types."""
        given = []
        for number, type_ in enumerate(routine.arguments):
            if type_ not in SCALARS:
                given.append(f"NULL::{type_}")
            elif thing.sources and thing.kind in ("view", "materialized view"):
                columns = self.columns(thing.sources[0])
                given.append(f"x0.{columns[(pick + number) % len(columns)][0]}::text::{type_}")
            else:
                given.append(f"NULL::{type_}")
        return f"{routine.name}({', '.join(given)})"

    def _query(self, thing: Thing) -> str:
        items = self._items(thing)
        star = thing.sources and thing.choices[0] % 8 == 0
        listed = ["x0.*"] * bool(star) + [
            f"{what} AS {name}" for what, name, _ in items if not (star and what == f"x0.{name}")
        ]
        text = f"SELECT {', '.join(listed)}"
        if thing.sources:
            name = _public if thing.choices[7] % 3 == 0 else str
            named = (f"{name(self[source].name)} x{place}" for place, source in enumerate(thing.sources))
            text += " FROM " + ", ".join(named)
            first = self.columns(thing.sources[0])
            column, type_ = first[thing.choices[8] % len(first)]
            key = _row(type_)
            if key in self and self[key].kind == "enum" and "[]" not in type_ and thing.choices[9] % 2 == 0:
                text += f" WHERE x0.{column} = 'a' OR x0.{column} > 'b'::{type_}"
            elif key in self and self[key].kind == "composite type" and "[]" not in type_ and thing.choices[9] % 2 == 0:
                text += f" WHERE (x0.{column}).x IS NULL"
            elif thing.choices[9] % 3 == 0:
                text += f" WHERE x0.{column}::text IN ('a', 'b')"
            elif thing.choices[9] % 3 == 1 and type_.startswith("varchar"):
                text += f" WHERE x0.{column} IN ('a', 'b')"
        return text

    def _view(self, thing: Thing) -> list[str]:
        option = (" WITH (security_barrier)", "", "")[thing.choices[10] % 3]
        name = _public(thing.name) if thing.choices[11] % 4 == 0 else thing.name
        return [f"CREATE VIEW {name}{option} AS {self._query(thing)}"]

    def _materialized_view(self, thing: Thing) -> list[str]:
        made = [
            f"CREATE MATERIALIZED VIEW {thing.name} AS {self._query(thing)}{'' if self._is_filled(thing) else ' WITH NO DATA'}"
        ]
        columns = [name for _, name, _ in self._items(thing)]  # of types that all have a B-tree
        for number in range(thing.choices[11] % 3):
            column = columns[(thing.choices[11] + number) % len(columns)]
            made.append(f"CREATE INDEX {thing.name.replace('.', '_')}_{number} ON {thing.name} ({column})")
        return made

    def _is_filled(self, thing: Thing) -> bool:
        """Whether a materialized view has data: only where its query runs, whatever it reads and whoever owns that."""
        if thing.kind == "materialized view" and thing.choices[10] % 4 == 0:
            return False
        owned = any("OWNER" in aspect for aspect in thing.aspects)
        return not thing.calls and not owned and all(self._is_filled(self[source]) for source in thing.sources)

    def _function(self, thing: Thing) -> list[str]:
        pick, other = thing.choices, "".join(f" {self._call(self[call], thing, 0)}" for call in thing.calls[:1])
        options = (
            ("", " STABLE", " IMMUTABLE")[pick[1] % 3]
            + (" STRICT" * (pick[2] % 2))
            + (" COST 7" * (pick[3] % 4 == 1))
            + (" SET work_mem TO '1MB'" * (pick[4] % 4 == 1))
        )
        names = [f"p{(pick[5] + number) % 4} {type_}" for number, type_ in enumerate(thing.arguments)]
        overloads = sum(other.kind == "function" and other.name == thing.name for other in self.things)
        if thing.arguments and pick[6] % 3 == 0 and thing.arguments[-1] in SCALARS and overloads == 1:
            names[-1] += f" DEFAULT NULL::{thing.arguments[-1]}"
        head = f"CREATE FUNCTION {thing.name}({', '.join(names)}) RETURNS {thing.returns}"
        if thing.returns == "trigger":
            return [
                f"{head} LANGUAGE plpgsql{options.replace(' STRICT', '')} AS 'BEGIN RETURN {('NEW', 'OLD', 'NULL')[pick[0] % 3]}; END'"
            ]
        if thing.returns.startswith("SETOF "):
            source = thing.returns.removeprefix("SETOF ")
            if thing.body == "standard":
                return [f"{head} LANGUAGE sql{options} BEGIN ATOMIC SELECT * FROM {source}; END"]
            return [f"{head} LANGUAGE sql{options} AS 'SELECT * FROM {_public(source)} -- {pick[0]}'"]
        source = f" FROM {self[thing.sources[0]].name}" if thing.sources else ""
        value = f"{other.strip() or 'max(id)' if source and self[thing.sources[0]].kind == 'table' else other.strip() or pick[0]}"
        if thing.body == "standard":
            return [f"{head} LANGUAGE sql{options} RETURN (SELECT ({value})::text::{thing.returns}{source} LIMIT 1)"]
        if thing.body == "plpgsql":
            return [f"{head} LANGUAGE plpgsql{options} AS 'BEGIN RETURN (SELECT {value}{source} LIMIT 1); END'"]
        return [
            f"{head} LANGUAGE sql{options} AS 'SELECT ({value})::text::{thing.returns}{source and ' FROM ' + _public(source.split()[-1])} LIMIT 1'"
        ]

    def _procedure(self, thing: Thing) -> list[str]:
        names = [f"p{(thing.choices[5] + number) % 4} {type_}" for number, type_ in enumerate(thing.arguments)]
        return [f"CREATE PROCEDURE {thing.name}({', '.join(names)}) LANGUAGE sql AS 'SELECT {thing.choices[0]}'"]

    def _trigger(self, thing: Thing) -> list[str]:
        source, pick, routine = self[thing.sources[0]], thing.choices, self[thing.calls[0]].name
        columns = self.columns(thing.sources[0])
        column = columns[pick[0] % len(columns)][0]
        if source.kind == "view":
            events = ("INSERT", "UPDATE", "INSERT OR DELETE")[pick[1] % 3]
            return [
                f"CREATE TRIGGER {thing.name} INSTEAD OF {events} ON {source.name} FOR EACH ROW EXECUTE FUNCTION {routine}()"
            ]
        events = ("INSERT", "UPDATE", f"UPDATE OF {column}", f"INSERT OR UPDATE OF {column}")[pick[1] % 4]
        when = ("", f" WHEN (NEW.{column} IS NOT NULL)", f" WHEN (NEW.{column}::text <> 'x')")[pick[2] % 3]
        if pick[3] % 3 == 0:
            late = (" DEFERRABLE INITIALLY DEFERRED", "")[pick[4] % 2]
            head = f"CREATE CONSTRAINT TRIGGER {thing.name} AFTER {events} ON {source.name}{late}"
        else:
            head = f"CREATE TRIGGER {thing.name} {('BEFORE', 'AFTER')[pick[4] % 2]} {events} ON {source.name}"
        arguments = f"'{pick[5]}'" * (pick[5] % 2)
        made = [f"{head} FOR EACH ROW{when} EXECUTE FUNCTION {routine}({arguments})"]
        if pick[6] % 3 == 0:
            made.append(
                f"ALTER TABLE {source.name} {('DISABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA')[pick[7] % 3]} TRIGGER {thing.name}"
            )
        return made


# ----------------------------------------------------------------------------------------------------- making and editing


class Maker:
    """Makes worlds, and other worlds of them."""

    def __init__(self, random: Random, major: int = 14, most: int = 9, edits: int = 4) -> None:
        self.random, self.major, self.columns, self.renames = random, major, 0, 0
        self.gone: set[str] = set()
        self.most, self.edits = most, edits
        managed = {name for name, kind in kinds().items() if kind.managed}
        self.sorts = [
            sort
            for sort in SORTS
            if sort.texts_for(major) and all(kind in managed for kind in (sort.kind, *_kinds_needed(sort)))
        ]

    def first(self) -> World:
        """A world of a few tables and what stands on them."""
        world = World([], self.major)
        for _ in range(self.random.randint(0, 3)):
            self._add_sort(world, [sort for sort in self.sorts if sort.kind in TYPES or sort.called == "sequence"])
        for name in ("t1", "t2"):
            table = Thing("table", name)
            for number in range(self.random.randint(1, 3)):
                table = self._with_column(world, table, f"c{number}")
            world.things.append(replace(table, aspects=self._aspects(table)))
        for _ in range(self.random.randint(3, self.most)):
            self._add(world)
        return self._repaired(world)

    def edited(self, world: World) -> World:
        """Another world, after one to four edits."""
        world = World([replace(thing, was="") for thing in world.things], self.major)
        for _ in range(self.random.randint(1, self.edits)):
            edit = self.random.choice(
                (
                    self._add,
                    self._add,
                    self._remove,
                    self._remake,
                    self._remake,
                    self._remake,
                    self._move,
                    self._retype,
                    self._retype,
                    self._widen,
                    self._narrow,
                    self._table,
                    self._aspect,
                    self._rename,
                )
            )
            other = World(list(world.things), self.major)
            edit(other)
            world = self._repaired(other)
        return world

    def _choices(self) -> tuple[int, ...]:
        return tuple(self.random.randrange(24) for _ in range(12))

    def _with_column(self, world: World, table: Thing, name: str) -> Thing:
        """The table with one more column, maybe of a type of this world, maybe with a default."""
        random, default = self.random, ""
        types = [thing for thing in world.things if thing.kind in TYPES]
        sequences = [thing for thing in world.things if thing.kind == "sequence" and not thing.sources]
        if types and random.random() < 0.4:
            used = random.choice(types)
            type_ = used.name + "[]" * (random.random() < 0.2)
            if used.kind == "enum" and random.random() < 0.5:
                default = f"'{{a}}'::{type_}" if "[]" in type_ else f"'a'::{type_}"
        else:
            type_ = random.choice(SCALARS)
            if type_ in NUMBERS and sequences and random.random() < 0.5:
                default = random.choice(sequences).key
        defaults = ((name, default),) if default else ()
        return replace(table, columns=(*table.columns, (name, type_)), defaults=(*table.defaults, *defaults))

    def _add_sort(self, world: World, sorts: list[Sort]) -> Thing | None:
        """One of these comes, and what it needs before it."""
        sort = self.random.choices(sorts, [sort.weight for sort in sorts])[0]
        for _ in range(3):
            thing = self._of_sort(sort, world)
            if thing is not None:
                if thing.key not in world and self._is_sound(thing, world):
                    world.things.append(thing)
                return thing
            missing = next(need for need in sort.needs if not self._that(need, world))
            makers = [one for one in self.sorts if one.called == missing or (missing == "type" and one.kind in TYPES)]
            if makers:
                self._add_sort(world, makers)
            else:
                made = self._made(GROUPS[missing][-1], world)
                if made is not None and made.key not in world:
                    world.things.append(made)
        return None

    def _that(self, need: str, world: World) -> list[Thing]:
        """What there is of what a sort needs."""
        if need == "type":
            return [thing for thing in world.things if thing.kind in TYPES]
        if need == "scalar function":
            return [thing for thing in world.things if thing.is_scalar]
        if need in GROUPS:
            return [thing for thing in world.things if thing.kind in GROUPS[need]]
        return [
            thing
            for thing in world.things
            if (
                need == thing.kind if need == "table" or thing.sort is None else need in (thing.sort.called, thing.kind)
            )
        ]

    def _of_sort(self, sort: Sort, before: World, name: str = "") -> Thing | None:
        random = self.random
        found = [self._that(need, before) for need in sort.needs]
        if not all(found):
            return None
        if not name:
            name = self._placed(random.choice(sort.names), before) if sort.schemas else random.choice(sort.names)
        sources = tuple(random.choice(things).key for things in found)
        arguments = ("integer", "integer") if sort.called == "step function" else ()
        thing = Thing(sort.kind, name, sort.columns, sources, arguments=arguments, choices=self._choices(), sort=sort)
        return replace(thing, aspects=self._aspects(thing))

    def _placed(self, name: str, before: World) -> str:
        """The name, or the same in another schema."""
        schemas = [thing.name for thing in before.things if thing.kind == "schema"]
        return f"{schemas[0]}.{name}" if schemas and self.random.random() < 0.3 else name

    def _add(self, world: World) -> None:
        if self.random.random() < 0.5:
            self._add_sort(world, self.sorts)
            return
        kind = self.random.choice(
            (
                "function",
                "function",
                "function",
                "trigger function",
                "procedure",
                "view",
                "view",
                "view",
                "materialized view",
                "materialized view",
                "trigger",
                "trigger",
            )
        )
        thing = self._made(kind, world)
        if thing is not None and thing.key not in world:
            world.things.append(thing)

    def _made(self, kind: str, before: World, name: str = "", arguments: tuple[str, ...] | None = None) -> Thing | None:
        random = self.random
        relations = [thing for thing in before.things if thing.kind in RELATIONS]
        routines = [thing for thing in before.things if thing.is_scalar]
        made_types = [thing.name for thing in before.things if thing.kind in TYPES]
        if kind in ("view", "materialized view"):
            sources = [thing.key for thing in random.sample(relations, min(len(relations), random.randint(0, 2)))]
            calls = [thing.key for thing in random.sample(routines, min(len(routines), random.choice((0, 0, 1, 2))))]
            thing = Thing(
                kind,
                name or self._placed(f"v{random.randint(1, 6)}", before),
                (),
                tuple(sources),
                tuple(calls),
                choices=self._choices(),
            )
        elif kind == "procedure":
            given = (
                arguments
                if arguments is not None
                else tuple(random.choice(SCALARS) for _ in range(random.randint(0, 2)))
            )
            thing = Thing(
                kind,
                name or self._placed(f"f{random.randint(1, 5)}", before),
                arguments=_plain(given),
                choices=self._choices(),
            )
        elif kind == "trigger function":
            thing = Thing("function", name or f"tf{random.randint(1, 2)}", returns="trigger", choices=self._choices())
        elif kind == "trigger":
            functions = [thing for thing in before.things if thing.returns == "trigger"]
            places = [thing for thing in relations if thing.kind != "materialized view"]
            if not functions:
                return None
            thing = Thing(
                kind,
                name or f"tr{random.randint(1, 2)}",
                (),
                (random.choice(places).key,),
                (random.choice(functions).key,),
                choices=self._choices(),
            )
        else:
            types = [
                *SCALARS,
                *SCALARS,
                *made_types,
                *made_types,
                *(thing.name for thing in relations),
                *(f"{thing.name}[]" for thing in relations[:1]),
            ]
            given = (
                arguments if arguments is not None else tuple(random.choice(types) for _ in range(random.randint(0, 2)))
            )
            returns = random.choice((*SCALARS, *SCALARS, *made_types, *(f"SETOF {thing.name}" for thing in relations)))
            sources = [thing.key for thing in random.sample(relations, min(len(relations), random.choice((0, 0, 1))))]
            calls = [thing.key for thing in random.sample(routines, min(len(routines), random.choice((0, 0, 1))))]
            thing = Thing(
                "function",
                name or self._placed(f"f{random.randint(1, 5)}", before),
                (),
                tuple(sources),
                tuple(calls),
                _plain(given),
                returns,
                random.choice(("string", "plpgsql", "standard")),
                self._choices(),
            )
        return replace(thing, aspects=self._aspects(thing))

    def _aspects(self, thing: Thing) -> tuple[str, ...]:
        random, found, sort = self.random, [], thing.sort
        if thing.kind == "table":
            found += [text for text in TABLE_ASPECTS if random.random() < 0.08]
        elif random.random() < 0.3 and (sort is None or sort.comment):
            found.append(f"COMMENT ON {{title}} {{what}} IS 'comment {random.randint(1, 9)}'")
        if random.random() < 0.2 and (sort.owner if sort else thing.kind != "trigger"):
            found.append(f"ALTER {{title}} {{what}} OWNER TO {random.choice(ROLES)}")
        if random.random() < 0.3 and (sort.grant if sort else thing.kind != "trigger"):
            word = sort.grant if sort else thing.kind.upper() if thing.kind in ROUTINES else ""
            found.append(f"GRANT ALL ON {word} {{what}} TO {random.choice(ROLES)}")
        return tuple(found)

    def _entities(self, world: World) -> list[int]:
        return [place for place, thing in enumerate(world.things) if thing.kind != "table"]

    def _remove(self, world: World) -> None:
        if places := self._entities(world):
            del world.things[self.random.choice(places)]

    def _remake(self, world: World) -> None:
        """Something of the same key is made anew; a view may become materialized, a function a procedure."""
        if not (places := self._entities(world)):
            return
        place = self.random.choice(places)
        old = world.things[place]
        if self.random.random() < 0.5:  # only a detail
            number = self.random.randrange(3 if old.sort else 12)
            choices = (*old.choices[:number], self.random.randrange(24), *old.choices[number + 1 :])
            world.things[place] = replace(old, choices=choices)
            return
        world.things[place] = self._renewed(old, World(world.things[:place])) or old

    def _renewed(self, old: Thing, before: World) -> Thing | None:
        kind = old.kind
        if old.sort is not None:
            like = [sort for sort in self.sorts if (sort.kind, sort.names) == (old.kind, old.sort.names)]
            one = self._of_sort(self.random.choice(like), before, old.name)
            return one if one is not None and one.key == old.key else None
        if kind in ("view", "materialized view") and self.random.random() < 0.2:
            kind = self.random.choice(("view", "materialized view"))
        if kind in ("function", "procedure") and old.returns != "trigger" and self.random.random() < 0.15:
            kind = self.random.choice(("function", "procedure"))
        if old.returns == "trigger":
            kind = "trigger function"
        made = self._made(kind, before, old.name, old.arguments)
        if made is None or made.kind == "trigger":
            return made if made is not None and made.key == old.key else None
        return made

    def _move(self, world: World) -> None:
        """Something goes to the end, where it may use all that used it; not what tables use."""
        used = {key for thing in world.things if thing.kind == "table" for key in _of_table(thing)}
        if places := [place for place in self._entities(world) if world.things[place].key not in used]:
            thing = world.things.pop(self.random.choice(places))
            world.things.append(self._renewed(thing, world) or thing)

    def _tables(self, world: World) -> list[int]:
        return [place for place, thing in enumerate(world.things) if thing.kind == "table"]

    def _retype(self, world: World) -> None:
        place = self.random.choice(self._tables(world))
        table = world.things[place]
        if table.columns:
            number = self.random.randrange(len(table.columns))
            name, old = table.columns[number]
            family = next((family for family in (NUMBERS, TEXTS) if old in family), (old,))
            changed = (*table.columns[:number], (name, self.random.choice(family)), *table.columns[number + 1 :])
            world.things[place] = replace(table, columns=changed)

    def _widen(self, world: World) -> None:
        place = self.random.choice(self._tables(world))
        table = world.things[place]
        self.columns += 1
        world.things[place] = self._with_column(World(world.things[:place], self.major), table, f"n{self.columns}")

    def _narrow(self, world: World) -> None:
        place = self.random.choice(self._tables(world))
        table = world.things[place]
        world.things[place] = _narrowed(table, len(table.columns) - 1)

    def _table(self, world: World) -> None:
        """A table comes, or goes if others stay."""
        tables = self._tables(world)
        if len(tables) > 1 and self.random.random() < 0.5:
            self.gone.add(world.things.pop(self.random.choice(tables)).key)
        else:
            made = self._with_column(world, Thing("table", f"t{self.random.randint(3, 4)}"), "c0")
            if made.key not in world and made.key not in self.gone:  # Alembic would change its columns
                world.things.append(replace(made, aspects=self._aspects(made)))

    def _rename(self, world: World) -> None:
        """Something has another name, which is said; what uses it speaks of it by that."""
        places = [place for place in self._entities(world) if _may_be_renamed(world.things[place], world)]
        if not places:
            return
        place = self.random.choice(places)
        old = world.things[place]
        self.renames += 1
        schema, dot, name = old.name.rpartition(".")
        new = replace(old, name=f"{schema}{dot}{name.partition('_')[0]}_r{self.renames}", was=name)
        things = [*world.things[:place], new]
        keys = {old.key: new.key}
        for thing in world.things[place + 1 :]:
            things.append(_speaking(thing, keys, old.name, new.name))
            keys[thing.key] = things[-1].key
        world.things[:] = things

    def _aspect(self, world: World) -> None:
        if world.things:
            place = self.random.randrange(len(world.things))
            world.things[place] = replace(world.things[place], aspects=self._aspects(world.things[place]))

    def _repaired(self, world: World) -> World:
        """What uses something that is not there (any more), or not of the right kind, is made anew, or goes."""
        sound = World([], self.major)
        for thing in world.things:
            fixed: Thing | None = thing
            if thing.key in sound:
                continue
            if thing.kind == "table":
                count = next((n for n, (name, _) in enumerate(thing.columns) if not _holds(thing, name, sound)), None)
                sound.things.append(thing if count is None else _narrowed(thing, count))
                continue
            for _ in range(3):
                if fixed is None or self._is_sound(fixed, sound):
                    break
                fixed = self._renewed(fixed, sound)
            if fixed is not None and fixed.key not in sound and self._is_sound(fixed, sound):
                sound.things.append(fixed)
        return sound

    def _is_sound(self, thing: Thing, before: World) -> bool:
        if any(key not in before for key in thing.uses):
            return False
        if thing.sort is not None:
            fits = all(
                before[key] in self._that(need, before)
                for key, need in zip(thing.sources, thing.sort.needs, strict=True)
            )
            owned = thing.sort.called == "owned sequence" and any(
                "OWNER" in text for text in before[thing.sources[0]].aspects
            )
            return fits and not owned
        if thing.kind == "trigger":
            return before[thing.sources[0]].kind != "materialized view" and before[thing.calls[0]].returns == "trigger"
        if any(not before[key].is_scalar for key in thing.calls):
            return False
        names = [name for _, name, _ in before._items(thing)] if thing.kind in RELATIONS[1:] else []
        return len(names) == len(set(names))


def _row(word: str) -> str:
    """The key of a type, or of a relation whose row it is."""
    return f"relation {word.removesuffix('[]')}"


def _public(name: str) -> str:
    return name if "." in name else f"public.{name}"


def _of_column(table: Thing, name: str) -> list[str]:
    """What a column uses."""
    type_, default = dict(table.columns)[name], dict(table.defaults).get(name, "")
    return [_row(type_)] * (type_ not in SCALARS) + [default] * default.startswith("sequence ")


def _of_table(table: Thing) -> list[str]:
    return [key for name, _ in table.columns for key in _of_column(table, name)]


def _holds(table: Thing, name: str, before: World) -> bool:
    return all(key in before for key in _of_column(table, name))


def _narrowed(table: Thing, count: int) -> Thing:
    """The table with only so many columns."""
    columns = table.columns[: max(count, 0)]
    return replace(table, columns=columns, defaults=tuple(pair for pair in table.defaults if pair[0] in dict(columns)))


def _kinds_needed(sort: Sort) -> list[str]:
    """The kinds that a sort cannot be made without."""
    named = {one.called: one.kind for one in SORTS}
    return [named[need] for need in sort.needs if need in named]


def _may_be_renamed(thing: Thing, world: World) -> bool:
    """Whether PostgreSQL has a rename for it, no table speaks of it, and it has no such name already."""
    on = thing.sort.on if thing.sort else "{name}"
    used = {key for table in world.things if table.kind == "table" for key in _of_table(table)}
    plain = (
        thing.name.replace(".", "").isalnum()
        and on.startswith("{name}")
        and thing.kind not in ("schema", "extension", "access method")
    )
    return plain and not thing.was and thing.key not in used


def _speaking(thing: Thing, keys: dict[str, str], old: str, new: str) -> Thing:
    """The thing with the new name of what it uses."""

    def word(text: str) -> str:
        row = text.removeprefix("SETOF ").removesuffix("[]")
        return text.replace(old, new) if row == old else text

    return replace(
        thing,
        sources=tuple(keys.get(key, key) for key in thing.sources),
        calls=tuple(keys.get(key, key) for key in thing.calls),
        arguments=tuple(map(word, thing.arguments)),
        returns=word(thing.returns),
    )


def _plain(types: tuple[str, ...]) -> tuple[str, ...]:
    """Types as arguments have them: without modifiers."""
    return tuple(
        "varchar" if type_.startswith("varchar") else "numeric" if type_.startswith("numeric") else type_
        for type_ in types
    )
