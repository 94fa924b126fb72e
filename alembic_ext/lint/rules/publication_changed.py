"""A publication changes, and writes fail or subscribers get less.

To be published with its UPDATEs and DELETEs, a table needs a replica identity, as a rule its primary key. A table that
has none can be added all the same, and from then on every UPDATE and DELETE on it fails, in the code that is deployed.
And what a publication no longer has, subscribers no longer get: their rows grow old with no error, and to add it again
means to copy the table anew.

Instead give the table a primary key first, or publish its INSERTs alone (``publish = 'insert'``); take tables out once
no subscriber needs them.

It does not matter for tables that the same revision creates, as far as nobody writes to them yet.

https://www.postgresql.org/docs/current/logical-replication-publication.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alembic_ext.lint.made import made_after, made_before
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed, title
from alembic_ext.sqltext.parsetree import Node, strings

TABLES = "CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE bare (a int)"
# The examples drop what they make: a publication is in no schema, and the next example would find it.
AGAIN = 'op.execute("DROP PUBLICATION IF EXISTS pub")\nop.execute("CREATE PUBLICATION pub{}")'


class PublicationChanged(Rule):
    """CREATE, ALTER and DROP PUBLICATION."""

    id, slug, group = "LC214", "publication-changed", "compatibility"
    worded = True
    examples = (
        Example(f"{AGAIN.format(' FOR TABLE t, bare')}  # <-", TABLES),
        Example(f"{AGAIN.format(' FOR ALL TABLES')}  # <-", TABLES),
        Example(f"{AGAIN.format(' FOR TABLE t')}\nop.execute('ALTER PUBLICATION pub ADD TABLE bare')  # <-", TABLES),
        Example('op.execute("ALTER PUBLICATION pub DROP TABLE t")  # <-\nop.execute("DROP PUBLICATION pub")  # <-',
                f"{TABLES}; DROP PUBLICATION IF EXISTS pub; CREATE PUBLICATION pub FOR TABLE t"),
        Example(AGAIN.format(" FOR TABLE t"), TABLES),
        Example(AGAIN.format(" FOR TABLE bare WITH (publish = 'insert')"), TABLES),
        Example(f"op.execute('ALTER TABLE bare ADD PRIMARY KEY (a)')\n{AGAIN.format(' FOR TABLE bare')}", TABLES,
                also=("primary-key-not-concurrent", "unique-may-fail", "constraint-unnamed")),
        Example(f"op.execute('CREATE TABLE fresh2 (a int)')\n{AGAIN.format(' FOR TABLE fresh2')}", TABLES,
                also=("primary-key-missing",)),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.did.error:
            return
        name = at.tree.get("pubname", "")
        if at.node == "DropStmt" and at.tree.get("removeType") == "OBJECT_PUBLICATION":
            gone = {*strings(at.tree["objects"])} - made_before(at) - made_after(at)
            dropped = {one.identity for one in at.did.dropped if one.type == "publication"}
            if gone and (dropped or not at.tree.get("missing_ok")):
                yield _less(at, f"publication {listed(sorted(gone))} is dropped")
        elif at.node == "AlterPublicationStmt" and at.tree.get("action") in ("AP_DropObjects", "AP_SetObjects"):
            objects = listed([one for each in at.tree.get("pubobjects", ()) if (one := _named(each))])
            if objects and at.tree["action"] == "AP_DropObjects":
                yield _less(at, f"publication {name} no longer has {objects}")
            elif objects and name not in made_before(at):
                yield _less(at, f"publication {name} has nothing but {objects} from here on")
        if at.node in ("CreatePublicationStmt", "AlterPublicationStmt") and at.tree.get("action") != "AP_DropObjects":
            if not _publishes_changes(at.tree):
                return
            if bare := [one for one in _tables(at) if not _has_identity(one)]:
                yield Hit(
                    at,
                    f"UPDATE and DELETE on {listed(sorted(map(title, bare)))} fail from here on: published without a "
                    "replica identity",
                    "give it a primary key first, or publish its INSERTs alone",
                    object=title(bare[0]),
                    table=bare[0].oid,
                    severity="error",
                )


def _less(at: Moment, said: str) -> Hit:
    return Hit(at, f"{said}: subscribers go on with old rows", "take it out once no subscriber needs it",
               verdict="static")  # fmt: skip


def _named(node: Node) -> str:
    one = node["PublicationObjSpec"]
    return str(one["pubtable"]["relation"]["relname"] if "pubtable" in one else one.get("name", ""))


def _tables(at: Moment) -> Iterator[Relation]:
    """The old tables that are published by a statement."""
    if at.tree.get("for_all_tables"):
        yield from (one for one in at.after.values() if one.is_table and one.oid in at.old)
    for each in at.tree.get("pubobjects", ()):
        one = each["PublicationObjSpec"]
        if "pubtable" in one:
            found = at.named(one["pubtable"]["relation"])
            yield from [found] if found is not None and at.is_old(found) else []
        elif schema := one.get("name"):
            yield from (each for each in at.after.values()
                        if each.is_table and each.oid in at.old and each.schema == schema)  # fmt: skip


def _publishes_changes(tree: Node) -> bool:
    words = [
        str(one["DefElem"].get("arg", {}).get("String", {}).get("sval", "")) for one in tree.get("options", ())
        if one["DefElem"]["defname"] == "publish"
    ]  # fmt: skip
    return not words or any("update" in one or "delete" in one for one in words)


def _has_identity(table: Relation) -> bool:
    if table.name == "alembic_version" or table.replica in "fi":
        return True
    return table.replica == "d" and any(one.type == "p" for one in table.constraints.values())


RULE = PublicationChanged()
