"""What random worlds are made of beside tables, routines, views and triggers: kinds as data, a few lines for each.

A `Sort` is a list of texts that make the same object otherwise; a walk goes from one to another. A kind that has no
sort here, and that no world makes by itself, fails a test.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Text = str | tuple[int, str]


@dataclass(frozen=True)
class Sort:
    """Objects of one kind, made by any of the ``texts``: statements between ``;``, or such with their first major.

    ``needs`` are what each of them uses, sorts by their names or one of `GROUPS`: ``{0}`` in the texts is the first of
    them, ``{0.column}`` and ``{0.last}`` are columns of it, ``{0.call}`` is a call. ``{name}`` is one of ``names``.
    ``on`` is how it is named after ALTER and COMMENT ON. ``columns`` are those of a relation.
    """

    kind: str
    texts: tuple[Text, ...]
    needs: tuple[str, ...] = ()
    names: tuple[str, ...] = ("one", "two")
    on: str = "{name}"
    title: str = ""
    name: str = ""
    """What others need it by, if not its kind."""

    grant: str = ""
    """The word for it in GRANT, if privileges can be given on it."""

    owner: bool = True
    comment: bool = True
    schemas: bool = False
    """Whether its names may be those of another schema."""

    columns: tuple[tuple[str, str], ...] = field(default=())
    weight: int = 1

    @property
    def called(self) -> str:
        return self.name or self.kind

    def texts_for(self, major: int) -> list[str]:
        """The texts that a major understands."""
        pairs = [(14, text) if isinstance(text, str) else text for text in self.texts]
        return [text for since, text in pairs if since <= major]


GROUPS = {
    "relation": ("table", "view"),
    "stored": ("table", "materialized view"),
    "scalar function": ("function",),
}
"""Kinds of which one is needed; a function that gives one value."""

_STEP = "CREATE FUNCTION {name}(integer, integer) RETURNS integer LANGUAGE"
_PARSER = "(START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype{0})"
_TRUE = "CREATE EVENT TRIGGER {name} ON"
_BTREE = (
    "OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer)"
)

SORTS = (
    # ---------------------------------------------------------------------------------------------- what tables may use
    Sort("schema", ("CREATE SCHEMA {name}",), names=("s1",), grant="SCHEMA", weight=3),
    Sort("enum", tuple(f"CREATE TYPE {{name}} AS ENUM ({values})" for values in (
            "'a', 'b'", "'a', 'b', 'c'", "'a', 'x', 'b'", "'b', 'a'", "'z', 'a', 'b', 'c'", "'b', 'a', 'c'",
        )), names=("e1", "e2"), grant="TYPE", schemas=True, weight=6),
    Sort("domain", (
            "CREATE DOMAIN {name} AS integer", "CREATE DOMAIN {name} AS integer CHECK (VALUE > 0)",
            "CREATE DOMAIN {name} AS integer CONSTRAINT positive CHECK (VALUE > 1) CHECK (VALUE < 100)",
            "CREATE DOMAIN {name} AS bigint", "CREATE DOMAIN {name} AS varchar(10)", "CREATE DOMAIN {name} AS text",
        ), names=("d1", "d2", "d3"), grant="TYPE", schemas=True, weight=3, name="plain domain"),
    Sort("domain", ("CREATE DOMAIN {name} AS {0}", "CREATE DOMAIN {name} AS {0}[]",
                    "CREATE DOMAIN {name} AS {0} CHECK (VALUE <> 'b')"),
         ("enum",), ("d1", "d2", "d3"), grant="TYPE", schemas=True, weight=2, name="plain domain"),
    Sort("domain", (
            "CREATE DOMAIN {name} AS {0} DEFAULT 'a'", "CREATE DOMAIN {name} AS {0} DEFAULT 'b' CHECK (VALUE <> 'a')",
            "CREATE DOMAIN {name} AS integer DEFAULT 7", "CREATE DOMAIN {name} AS integer DEFAULT 7 CHECK (VALUE > 1)",
            "CREATE DOMAIN {name} AS {0} NOT NULL", "CREATE DOMAIN {name} AS bigint NOT NULL DEFAULT 1",
        ), ("enum",), ("d5",), grant="TYPE", name="domain with default"),
    Sort("domain", ("CREATE DOMAIN {name} AS integer CONSTRAINT c CHECK (({0.call}) IS NULL OR VALUE > 0)",
                    "CREATE DOMAIN {name} AS text CHECK (({0.call}) IS NOT NULL)"),
         ("scalar function",), ("d1", "d2", "d3"), grant="TYPE", schemas=True, name="plain domain"),
    Sort("domain", ("CREATE DOMAIN {name} AS {0}", "CREATE DOMAIN {name} AS {0} CHECK (VALUE IS NOT NULL)"),
         ("plain domain",), ("d4",), grant="TYPE"),
    Sort("domain", ("CREATE DOMAIN {name} AS text COLLATE {0}",), ("collation",), ("d1", "d2", "d3"), grant="TYPE",
         name="plain domain"),
    Sort("composite type", tuple(f"CREATE TYPE {{name}} AS ({columns})" for columns in (
            "x integer", "x integer, y text", "x bigint", "y text, x integer", "x varchar(10)",
        )), names=("k1", "k2"), grant="TYPE", schemas=True, weight=3),
    Sort("composite type", ("CREATE TYPE {name} AS (x {0})", "CREATE TYPE {name} AS (x integer, y {0})"),
         ("enum",), ("k1", "k2"), grant="TYPE", weight=2),
    Sort("range type", tuple(f"CREATE TYPE {{name}} AS RANGE ({options})" for options in (
            "SUBTYPE = integer", "SUBTYPE = bigint", "SUBTYPE = numeric", 'SUBTYPE = text, COLLATION = "C"',
            "SUBTYPE = integer, MULTIRANGE_TYPE_NAME = {name}_many", "SUBTYPE = float8, SUBTYPE_DIFF = float8mi",
        )), names=("r1",), grant="TYPE", weight=2),
    Sort("range type", ("CREATE TYPE {name} AS RANGE (SUBTYPE = {0})",), ("enum",), ("r1",), grant="TYPE"),
    Sort("sequence", (
            "CREATE SEQUENCE {name}", "CREATE SEQUENCE {name} AS integer INCREMENT 2 MINVALUE 0 START 10",
            "CREATE SEQUENCE {name} MAXVALUE 100 CYCLE", "CREATE SEQUENCE {name} INCREMENT -1 CACHE 5",
        ), names=("q1", "q2", "q3"), grant="SEQUENCE", schemas=True, weight=3),
    Sort("sequence", ("CREATE SEQUENCE {name} OWNED BY {0}.{0.column}", "CREATE SEQUENCE {name} START 5 OWNED BY {0}.id"),
         ("table",), ("q2", "q3"), grant="SEQUENCE", owner=False, weight=2, name="owned sequence"),
    # ------------------------------------------------------------------------------------------ on tables, and over them
    Sort("policy", (
            "CREATE POLICY {name} ON {0} USING ({0.column} IS NOT NULL)", "CREATE POLICY {name} ON {0} USING (true)",
            "CREATE POLICY {name} ON {0} AS RESTRICTIVE FOR SELECT TO reader USING (true)",
            "CREATE POLICY {name} ON {0} FOR INSERT TO keeper, reader WITH CHECK ({0.column}::text <> 'x')",
            "CREATE POLICY {name} ON {0} USING ({0.last}::text IN ('a', 'b')) WITH CHECK (id > 0)",
        ), ("table",), ("p1", "p2"), "{name} ON {0}", owner=False, weight=4),
    Sort("policy", ("CREATE POLICY {name} ON {0} USING (({1.call}) IS NULL)",
                    "CREATE POLICY {name} ON {0} TO keeper USING ({0.column} IS NULL OR ({1.call}) IS NULL)"),
         ("table", "scalar function"), ("p1", "p2"), "{name} ON {0}", owner=False, weight=2),
    Sort("policy", ("CREATE POLICY {name} ON {0} USING (EXISTS (SELECT FROM {1} x WHERE x.{1.column} IS NOT NULL))",),
         ("table", "relation"), ("p1", "p2"), "{name} ON {0}", owner=False),
    Sort("rule", (
            "CREATE RULE {name} AS ON INSERT TO {0} DO INSTEAD NOTHING",
            "CREATE RULE {name} AS ON UPDATE TO {0} DO ALSO NOTIFY changed",
            "CREATE RULE {name} AS ON DELETE TO {0} WHERE OLD.{0.column} IS NOT NULL DO INSTEAD NOTHING",
            "CREATE RULE {name} AS ON UPDATE TO {0} WHERE NEW.{0.last}::text = 'x' DO ALSO SELECT OLD.{0.column}",
        ), ("relation",), ("u1", "u2"), "{name} ON {0}", owner=False, weight=3),
    Sort("rule", ("CREATE RULE {name} AS ON INSERT TO {0} DO INSTEAD NOTHING; ALTER TABLE {0} DISABLE RULE {name}",
                  "CREATE RULE {name} AS ON UPDATE TO {0} DO ALSO NOTIFY x; ALTER TABLE {0} ENABLE ALWAYS RULE {name}"),
         ("table",), ("u1", "u2"), "{name} ON {0}", owner=False),
    Sort("rule", ("CREATE RULE {name} AS ON UPDATE TO {0} DO ALSO DELETE FROM {1} WHERE id = 1",
                  "CREATE RULE {name} AS ON INSERT TO {0} DO INSTEAD UPDATE {1} SET id = 2 WHERE {1.column} IS NULL"),
         ("relation", "table"), ("u1", "u2"), "{name} ON {0}", owner=False),
    Sort("statistics", (
            "CREATE STATISTICS {name} ON (upper({0.column}::text)), (lower({0.last}::text)) FROM {0}",
            "CREATE STATISTICS {name} (ndistinct) ON ({0.last} IS NULL), ({0.column} IS NOT NULL) FROM {0}",
            "CREATE STATISTICS {name} ON (upper({0.last}::text)) FROM {0}; ALTER STATISTICS {name} SET STATISTICS 7",
        ), ("stored",), ("x1", "x2"), weight=2),
    Sort("statistics", ("CREATE STATISTICS {name} ON ({0.column}::text || ({1.call})::text) FROM {0}",),
         ("stored", "scalar function"), ("x1", "x2")),
    Sort("function", (
            f"{_STEP} sql AS 'SELECT $1 + $2'", f"{_STEP} sql IMMUTABLE STRICT AS 'SELECT $1 * $2'",
            f"{_STEP} plpgsql AS 'BEGIN RETURN $2; END'", f"{_STEP} sql RETURN $1 - $2",
            _STEP.replace("(integer, integer)", "(a integer, b integer)") + " sql RETURN a",
        ), names=("step1", "step2"), on="{name}(integer, integer)", grant="FUNCTION", name="step function", weight=2),
    Sort("aggregate", (
            "CREATE AGGREGATE {name}(integer) (SFUNC = {0}, STYPE = integer)",
            "CREATE AGGREGATE {name}(integer) (SFUNC = {0}, STYPE = integer, INITCOND = '1')",
            "CREATE AGGREGATE {name}(integer) (SFUNC = {0}, STYPE = integer, PARALLEL = safe, COMBINEFUNC = {0})",
            "CREATE AGGREGATE {name}(integer) (SFUNC = int4larger, STYPE = integer)",
        ), ("step function",), ("a1", "a2"), "{name}(integer)", grant="FUNCTION", weight=3),
    Sort("view", ("CREATE VIEW {name} AS SELECT {1}(id) AS a FROM {0}",
                  "CREATE VIEW {name} AS SELECT {1}(id) AS a FROM {0} HAVING {1}(id) > 0"),
         ("table", "aggregate"), ("v7",), columns=(("a", "integer"),), grant="TABLE", name="aggregating view", weight=2),
    Sort("view", ("CREATE VIEW {name} AS SELECT ({0.column})::text COLLATE {1} AS a FROM {0}",),
         ("table", "collation"), ("v8",), columns=(("a", "text"),), grant="TABLE", name="collated view"),
    Sort("view", ("CREATE VIEW {name} AS SELECT id OPERATOR(public.{1}) 2 AS a FROM {0}",),
         ("table", "operator"), ("v9",), columns=(("a", "integer"),), grant="TABLE", name="operating view"),
    Sort("view", ("CREATE VIEW {name} AS SELECT to_tsvector('{1}', {0.column}::text)::text AS a FROM {0}",),
         ("table", "text search configuration"), ("v10",), columns=(("a", "text"),), grant="TABLE", name="searching view"),
    Sort("view", ("CREATE VIEW {name} AS SELECT id FROM {0}",),
         ("foreign table",), ("v11",), columns=(("id", "integer"),), grant="TABLE", name="view from afar"),
    Sort("materialized view", ("CREATE MATERIALIZED VIEW {name} AS SELECT x.c, x.c::text AS t FROM (SELECT NULL::{0}) x (c) WITH NO DATA",),
         ("type",), ("v12",), columns=(("t", "text"),), grant="TABLE", name="typed materialized view"),
    Sort("function", ("CREATE FUNCTION {name}() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                      "CREATE FUNCTION {name}() RETURNS event_trigger LANGUAGE plpgsql STABLE AS 'BEGIN NULL; END'"),
         names=("ef1",), on="{name}()", grant="FUNCTION", owner=False, name="event function"),
    Sort("event trigger", (
            f"{_TRUE} ddl_command_end EXECUTE FUNCTION {{0}}()", f"{_TRUE} sql_drop EXECUTE FUNCTION {{0}}()",
            f"{_TRUE} ddl_command_start WHEN TAG IN ('CREATE TABLE', 'DROP VIEW') EXECUTE FUNCTION {{0}}()",
            f"{_TRUE} ddl_command_end EXECUTE FUNCTION {{0}}(); ALTER EVENT TRIGGER {{name}} DISABLE",
        ), ("event function",), ("et1", "et2"), owner=False, weight=2),
    Sort("publication", (
            "CREATE PUBLICATION {name} FOR TABLE {0}", "CREATE PUBLICATION {name} FOR TABLE {0} WITH (publish = 'insert')",
            "CREATE PUBLICATION {name} FOR TABLE ONLY {0} WITH (publish_via_partition_root)", "CREATE PUBLICATION {name}",
            (15, "CREATE PUBLICATION {name} FOR TABLE {0} (id, {0.last})"),
            (15, "CREATE PUBLICATION {name} FOR TABLE {0} WHERE (id > 1)"),
            (15, "CREATE PUBLICATION {name} FOR TABLES IN SCHEMA public"),
        ), ("table",), ("pub1", "pub2"), owner=False, weight=2),
    # ------------------------------------------------------------------------------------------------- standing alone
    Sort("publication", ("CREATE PUBLICATION {name} FOR ALL TABLES",
                         "CREATE PUBLICATION {name} FOR ALL TABLES WITH (publish = 'delete, insert')"),
         names=("pub1", "pub2"), owner=False),
    Sort("text search parser", tuple(f"CREATE TEXT SEARCH PARSER {{name}} {_PARSER.format(rest)}" for rest in (
            "", ", HEADLINE = prsd_headline")), names=("tp1",), owner=False),
    Sort("text search template", ("CREATE TEXT SEARCH TEMPLATE {name} (INIT = dsimple_init, LEXIZE = dsimple_lexize)",
                                  "CREATE TEXT SEARCH TEMPLATE {name} (LEXIZE = dsimple_lexize)"),
         names=("tt1",), owner=False),
    Sort("text search dictionary", (
            "CREATE TEXT SEARCH DICTIONARY {name} (TEMPLATE = simple)",
            "CREATE TEXT SEARCH DICTIONARY {name} (TEMPLATE = simple, ACCEPT = false)",
            "CREATE TEXT SEARCH DICTIONARY {name} (TEMPLATE = snowball, LANGUAGE = english)",
        ), names=("td1", "td2"), weight=2),
    Sort("text search dictionary", ("CREATE TEXT SEARCH DICTIONARY {name} (TEMPLATE = {0})",),
         ("text search template",), ("td1", "td2")),
    Sort("text search configuration", (
            "CREATE TEXT SEARCH CONFIGURATION {name} (PARSER = default)",
            "CREATE TEXT SEARCH CONFIGURATION {name} (COPY = simple)",
            "CREATE TEXT SEARCH CONFIGURATION {name} (PARSER = default);"
            "ALTER TEXT SEARCH CONFIGURATION {name} ADD MAPPING FOR asciiword, word WITH {0}",
            "CREATE TEXT SEARCH CONFIGURATION {name} (PARSER = default);"
            "ALTER TEXT SEARCH CONFIGURATION {name} ADD MAPPING FOR word WITH {0}, simple",
        ), ("text search dictionary",), ("tc1",), weight=2),
    Sort("text search configuration", ("CREATE TEXT SEARCH CONFIGURATION {name} (PARSER = {0})",),
         ("text search parser",), ("tc1",)),
    Sort("foreign-data wrapper", (
            "CREATE FOREIGN DATA WRAPPER {name}", "CREATE FOREIGN DATA WRAPPER {name} OPTIONS (a 'x', b 'y')",
            "CREATE FOREIGN DATA WRAPPER {name} OPTIONS (b 'z')",
        ), names=("w1",), title="FOREIGN DATA WRAPPER", grant="FOREIGN DATA WRAPPER", owner=False),
    Sort("server", (
            "CREATE SERVER {name} FOREIGN DATA WRAPPER {0}", "CREATE SERVER {name} FOREIGN DATA WRAPPER {0} OPTIONS (host 'x')",
            "CREATE SERVER {name} TYPE 'a' VERSION '2' FOREIGN DATA WRAPPER {0}",
            "CREATE SERVER {name} TYPE 'b' FOREIGN DATA WRAPPER {0} OPTIONS (host 'y', port '1')",
        ), ("foreign-data wrapper",), ("fs1", "fs2"), grant="FOREIGN SERVER", weight=2),
    Sort("user mapping", ("CREATE USER MAPPING FOR {name} SERVER {0}",
                          "CREATE USER MAPPING FOR {name} SERVER {0} OPTIONS (user 'x')"),
         ("server",), ("reader", "keeper"), "FOR {name} SERVER {0}", owner=False, comment=False),
    Sort("foreign table", (
            "CREATE FOREIGN TABLE {name} (id integer, a text) SERVER {0}",
            "CREATE FOREIGN TABLE {name} (id integer NOT NULL, b text OPTIONS (o 'x')) SERVER {0}",
            "CREATE FOREIGN TABLE {name} (id integer CHECK (id > 0)) SERVER {0} OPTIONS (o 'x')",
        ), ("server",), ("ft1", "ft2"), grant="TABLE", weight=2),
    Sort("foreign table", ("CREATE FOREIGN TABLE {name} (id integer, c {1}) SERVER {0}",),
         ("server", "type"), ("ft1", "ft2"), grant="TABLE"),
    Sort("collation", (
            "CREATE COLLATION {name} (LOCALE = 'C')", "CREATE COLLATION {name} (LOCALE = 'POSIX')", 'CREATE COLLATION {name} FROM "C"',
        ), names=("o1", "o2"), weight=2),
    Sort("conversion", (
            "CREATE CONVERSION {name} FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
            "CREATE DEFAULT CONVERSION {name} FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
            "CREATE CONVERSION {name} FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1",
        ), names=("cv1",)),
    Sort("cast", ("CREATE CAST ({0} AS integer) WITH INOUT", "CREATE CAST ({0} AS integer) WITH INOUT AS ASSIGNMENT"),
         ("enum",), ("c1",), "({0} AS integer)", owner=False),
    Sort("operator", ("CREATE OPERATOR {name} (FUNCTION = {0}, LEFTARG = integer, RIGHTARG = integer)",
                      "CREATE OPERATOR {name} (FUNCTION = int4mi, LEFTARG = integer, RIGHTARG = integer)",
                      "CREATE OPERATOR {name} (FUNCTION = int4pl, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = {name})"),
         ("step function",), ("<&&>", "===="), "{name} (integer, integer)", weight=2),
    Sort("operator family", ("CREATE OPERATOR FAMILY {name} USING btree",), names=("of1",), on="{name} USING btree"),
    Sort("operator class", (f"CREATE OPERATOR CLASS {{name}} FOR TYPE integer USING btree FAMILY {{0}} AS {_BTREE}",
                            f"CREATE OPERATOR CLASS {{name}} FOR TYPE integer USING btree AS {_BTREE}"),
         ("operator family",), ("oc1",), "{name} USING btree"),
    Sort("language", ("CREATE LANGUAGE {name} HANDLER plpgsql_call_handler",
                      "CREATE TRUSTED LANGUAGE {name} HANDLER plpgsql_call_handler VALIDATOR plpgsql_validator"),
         names=("l1",), owner=False),
    Sort("extension", ("CREATE EXTENSION {name}", "CREATE EXTENSION {name} SCHEMA public"), names=("citext", "ltree"),
         owner=False),
    Sort("view", ("CREATE VIEW {name} AS SELECT ({0.column})::text::{1} AS a FROM {0}",),
         ("table", "extension"), ("v13",), columns=(("a", "text"),), grant="TABLE", name="extended view"),
    Sort("access method", ("CREATE ACCESS METHOD {name} TYPE TABLE HANDLER heap_tableam_handler",
                           "CREATE ACCESS METHOD {name} TYPE INDEX HANDLER bthandler"),
         names=("am1",), owner=False),
    Sort("transform", ("CREATE TRANSFORM FOR {0} LANGUAGE plpgsql (FROM SQL WITH FUNCTION varchar_support(internal))",),
         ("composite type",), ("tr",), "FOR {0} LANGUAGE plpgsql", owner=False),
)  # fmt: skip

TYPES = ("enum", "domain", "composite type", "range type")
