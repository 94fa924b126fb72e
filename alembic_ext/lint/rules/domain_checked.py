"""A domain gets a constraint, and all tables that use it are read.

ALTER DOMAIN … ADD CHECK, SET NOT NULL and VALIDATE CONSTRAINT take a SHARE lock on every table that has a column of
the domain, and read all of its rows: writes to these tables wait until that is done, and until the transaction ends.

Instead add the constraint NOT VALID, which reads nothing, and validate it when writes can wait; or put a CHECK on the
tables themselves, NOT VALID, and validate it while others write.

It does not matter for domains that no table uses, nor where these tables have few rows.

https://www.postgresql.org/docs/current/sql-alterdomain.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import execute
from alembic_ext.lint.modes import STOPS_WRITES
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects
from alembic_ext.lint.said import listed, lock, title
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import strings

USED = "CREATE DOMAIN mail AS text; CREATE TABLE account (email mail); CREATE TABLE letter (sender mail)"
_LATER = f"{USED}; ALTER DOMAIN mail ADD CONSTRAINT k CHECK (VALUE <> '') NOT VALID"


class DomainChecked(Rule):
    """ALTER DOMAIN that reads tables under a lock."""

    id, slug, group = "LB136", "domain-checked", "blocking"
    severity = "error"
    sized = True
    aliases = ("ban-alter-domain-with-add-constraint",)
    examples = (
        Example("op.execute(\"ALTER DOMAIN mail ADD CHECK (VALUE <> '')\")  # <-", USED),
        Example('op.execute("ALTER DOMAIN mail SET NOT NULL")  # <-', USED),
        Example("op.execute(\"ALTER DOMAIN mail ADD CHECK (VALUE <> '') NOT VALID\")", USED),
        Example('op.execute("ALTER DOMAIN mail VALIDATE CONSTRAINT k")  # <-', _LATER),
        Example("op.execute(\"ALTER DOMAIN mail ADD CHECK (VALUE <> '')\")", "CREATE DOMAIN mail AS text"),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        tables = [oid for oid in sorted(at.scanned) if at.lock_now(oid) in STOPS_WRITES]
        if at.node != "AlterDomainStmt" or not tables:
            return
        others = [title(at.old[oid]) for oid in tables[1:]]
        also = f", and on {listed(others)}" if others else ""
        adding = at.tree.get("def", {}).get("Constraint", {})
        code = ""
        if at.tree.get("subtype") == "C" and not adding.get("skip_validation"):
            name = ident(*strings(at.tree["typeName"]))
            constraint = ident(adding.get("conname") or f"{strings(at.tree['typeName'])[-1]}_check")
            code = "\n\n".join([
                "# revision 1: new values are checked\n" + execute(f"{at.did.sql.rstrip().rstrip(';')} NOT VALID"),
                "# revision 2: when writes can wait\n"
                + execute(f"ALTER DOMAIN {name} VALIDATE CONSTRAINT {constraint}"),
            ])  # fmt: skip
        yield Hit(
            at,
            f"{lock(at, tables[0], 'while every row is checked')}{also}",
            "add it NOT VALID, or put a CHECK on the tables themselves",
            code,
            title(at.old[tables[0]]),
            tables[0],
            effects(at, "scan", "lock"),
        )


RULE = DomainChecked()
