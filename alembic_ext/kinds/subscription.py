"""Subscriptions.

https://www.postgresql.org/docs/current/sql-createsubscription.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, field, replace
from types import MappingProxyType
from typing import Any

from alembic_ext.entity import Entity, comment_on, entity, owned_by
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import own
from alembic_ext.kinds._foreign import constant
from alembic_ext.model import Address, Key, Stored
from alembic_ext.sqltext import ident, literal, split
from alembic_ext.sqltext.parsetree import Node, strings
from alembic_ext.sqltext.secret import SIGN, Secret, is_mark

_PASSWORD = re.compile(r"password\s*=|://[^/@]*:[^/@]*@", re.IGNORECASE)
_HERE = "(SELECT oid FROM pg_database WHERE datname = current_database())"
_VARIABLE = "upper(regexp_replace(s.subname || '_CONNECTION', '^(?=[0-9])|[^A-Za-z0-9]+', '_', 'g'))"
_ALTERS = frozenset({"ALTER_SUBSCRIPTION_OPTIONS", "ALTER_SUBSCRIPTION_ENABLED"})
_ONCE = frozenset({"connect", "create_slot", "copy_data", "enabled"})
"""Options of CREATE SUBSCRIPTION that say what it does, not what it is."""


def _options(version: int) -> str:
    """Rows of name, value, and default of the options; '' is no default: what is not said stays as it is."""
    on = "WHEN 't' THEN 'on' WHEN 'p' THEN 'parallel'" if version >= 160000 else "WHEN 'true' THEN 'on'"
    rows = [
        "('binary', s.subbinary::text, 'false')",
        f"('streaming', CASE s.substream::text {on} ELSE 'off' END, '{'parallel' if version >= 180000 else 'off'}')",
        "('synchronous_commit', s.subsynccommit, 'off')",
    ]
    if version >= 150000:
        rows += ["('two_phase', (s.subtwophasestate <> 'd')::text, 'false')",
                 "('disable_on_error', s.subdisableonerr::text, 'false')"]  # fmt: skip
    if version >= 160000:
        rows += ["('password_required', s.subpasswordrequired::text, 'true')",
                 "('run_as_owner', s.subrunasowner::text, 'false')", "('origin', s.suborigin, 'any')"]  # fmt: skip
    if version >= 170000:
        rows.append("('failover', s.subfailover::text, 'false')")
    rows += ["('slot_name', coalesce(s.subslotname, 'none'), '')", "('enabled', s.subenabled::text, '')"]
    return f"(VALUES {', '.join(rows)}) o (name, value, usual)"


class SubscriptionKind(Kind):
    """How it connects is never read. Its slot, and whether it is enabled, are compared only where they are named."""

    name, catalog, rank, managed = "subscription", "pg_subscription", 95, True
    in_schema = False
    remote = "a subscription is never made in a throw-away database"
    sign = f"subdbid = {_HERE}"
    object_type = "OBJECT_SUBSCRIPTION"
    owner = "subowner"
    nodes = MappingProxyType({"CreateSubscriptionStmt": ""})

    def query(self, version: int) -> str:
        return f"""
        SELECT s.oid, '', s.subname, '',
               format('CREATE SUBSCRIPTION %I CONNECTION %L PUBLICATION %s WITH (connect = false, slot_name = %s%s)',
                      s.subname, '{SIGN}' || {_VARIABLE} || '}}',
                      (SELECT string_agg(quote_ident(p), ', ') FROM unnest(s.subpublications) p),
                      coalesce(quote_literal(s.subslotname), 'NONE'),
                      (SELECT string_agg(format(', %s = %L', o.name, o.value), '') FROM {_options(version)}
                       WHERE o.value <> o.usual AND o.usual <> '')),
               CASE WHEN s.subenabled THEN ARRAY['enabled', format('ALTER SUBSCRIPTION %I ENABLE', s.subname),
                                                 format('ALTER SUBSCRIPTION %I DISABLE', s.subname)]
                    ELSE '{{}}' END, '',
               s.subpublications,
               ARRAY(SELECT unnest(ARRAY[o.name, o.value, o.usual]) FROM {_options(version)}), ''
        FROM pg_subscription s
        WHERE s.subdbid = {_HERE} AND {own("pg_subscription", "s.oid")}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (tree["subname"],))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        return self.spelled(tree) if node == "AlterSubscriptionStmt" else super().altered_by(node, tree)

    def objection(self, tree: Node) -> tuple[str, str] | None:
        if "kind" in tree:
            if tree["kind"] in _ALTERS:
                return None
            return "it acts on the subscription that is there", "say in CREATE SUBSCRIPTION what it shall be"
        if dict(_said(tree)).get("connect") != "false":
            return "it would connect to the publisher while it is made", "say WITH (connect = false, slot_name = NONE)"
        if not is_mark(tree["conninfo"]) and _PASSWORD.search(tree["conninfo"]):
            return (
                "its connection has a password, and every revision would hold it",
                f'give Secret("VARIABLE"), in SQL {Secret("VARIABLE").sql}: revisions read the environment variable',
            )
        return None

    def drops(self, stored: Stored) -> tuple[str, ...]:
        """Without its slot it can be dropped in a transaction; the slot stays at the publisher."""
        key = stored.key
        name = self.identity(key)
        return (
            f"ALTER SUBSCRIPTION {name} DISABLE",
            f"ALTER SUBSCRIPTION {name} SET (slot_name = NONE)",
            f"DROP SUBSCRIPTION {name}",
        )

    def rename(self, key: Key, name: str) -> str | None:
        """Never: it could not be tried."""
        return None

    def imagined(self, key: Key, texts: Sequence[str], said: Sequence[str], now: Stored | None) -> Stored:
        trees = [statement.tree for text in texts for statement in split(text)]
        if now is None:
            return Stored(key, (0, 0), texts[0])
        publications, options, _ = now.facts
        wanted = dict(pair for tree in trees for pair in _said(tree))
        names, values, usual = options[::3], options[1::3], options[2::3]
        will = [wanted.get(name, default or value) for name, value, default in zip(names, values, usual, strict=True)]
        listed = [name for tree in trees for name in strings(tree.get("publication", ()))]
        listed = list(publications) if set(listed) == set(publications) else listed
        connection, before = _connection(texts), _connection(said)
        moved = "moved" if before and before != connection else ""
        if (listed, will, moved) == (list(publications), list(values), ""):
            return now
        facts = [part for triple in zip(names, will, usual, strict=True) for part in triple]
        return replace(now, create=texts[0], facts=(listed, facts, moved))

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        (before, was, _), (after, will, _) = old.facts, new.facts
        changed = {
            name: value for name, then, value in zip(will[::3], was[1::3], will[1::3], strict=True) if then != value
        }
        switch = {"true": "ENABLE", "false": "DISABLE"}.get(changed.pop("enabled", ""), "")
        options = ", ".join(f"{name} = {_value(name, value)}" for name, value in changed.items())
        clauses = [
            f"SET PUBLICATION {', '.join(map(ident, after))} WITH (refresh = false)"
            if list(before) != list(after)
            else "",
            f"CONNECTION '{SIGN}CONNECTION}}'" if old.facts[2] != new.facts[2] else "",
            f"SET ({options})" if options else "",
            switch,
        ]
        return [f"ALTER SUBSCRIPTION {self.identity(new.key)} {clause}" for clause in clauses if clause] or None


def _value(name: str, value: str) -> str:
    return "NONE" if (name, value) == ("slot_name", "none") else literal(value)


def _connection(texts: Sequence[str]) -> str:
    """The last connection of which the statements speak."""
    found = [statement.tree.get("conninfo", "") for text in texts for statement in split(text)]
    return next(filter(None, reversed(found)), "")


def _said(tree: Node) -> Iterator[tuple[str, str]]:
    """The options of a statement, in the catalog's words; what CREATE says only for the time being is left out."""
    for node in tree.get("options", ()):
        option = node["DefElem"]
        text = _word(option["arg"]) if option.get("arg") else "true"
        value = {"on": "true", "1": "true", "off": "false", "0": "false"}.get(text.lower(), text)
        name = option["defname"]
        if name == "streaming":
            value = {"true": "on", "false": "off"}.get(value.lower(), value)
        elif name != "slot_name":
            value = value.lower()
        if name == "connect" or "kind" in tree or (name not in _ONCE and (name, value) != ("slot_name", "none")):
            yield name, value


def _word(value: Node) -> str:
    """The value of an option: a constant, or a word, which the parser takes for a type."""
    ((what, inner),) = value.items()
    return strings(inner["names"])[-1] if what == "TypeName" else str(next(iter(inner.values()), "false"))


KIND = SubscriptionKind()


@entity
class Subscription(Entity):
    """A subscription, with the terms of CREATE SUBSCRIPTION. It is made disabled, and without connecting.

    >>> from alembic_ext import Secret
    >>> print(Subscription("sales", connection=Secret("SALES_CONNECTION"), publications=["sales"],
    ...                    options={"binary": True}).sql, end="")
    CREATE SUBSCRIPTION sales CONNECTION '${env:SALES_CONNECTION}'
    PUBLICATION sales
    WITH (connect = false, enabled = false, slot_name = NONE, "binary" = 'true');

    To begin with it, create a slot at the publisher, and then ``ALTER SUBSCRIPTION … SET (slot_name = 'sales')``,
    ``ENABLE`` and ``REFRESH PUBLICATION``: that is work on two databases, and not a migration's. A slot that is set so,
    and that it is enabled, stays as it is. What is written of it in a revision is never proved. Where it is dropped
    its slot stays at the publisher.

    Args:
        name: its name.
        connection: the connection to the publisher, as libpq has it, mostly as `Secret`; a change is written when the
            declaration is not what the last revision wrote, since what is there is never read.
        publications: names of publications at the publisher.
        slot_name: the name of a slot that is there.
        options: further options: ``{"binary": True, "streaming": "parallel", "origin": "none"}``.
        comment: text of COMMENT ON SUBSCRIPTION.
        owner: a role.

    https://www.postgresql.org/docs/current/sql-createsubscription.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    connection: str | Secret
    publications: Sequence[str]
    slot_name: str | None = None
    options: Mapping[str, str | bool] = field(default_factory=dict, hash=False)
    comment: str | None = None
    owner: str | None = None

    @classmethod
    def _read(cls, tree: Node) -> dict[str, Any]:
        return {"name": tree["subname"], "publications": strings(tree["publication"])}

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.name)
        slot = "NONE" if self.slot_name is None else literal(self.slot_name)
        options = [f"{ident(option)} = {constant(value)}" for option, value in self.options.items()]
        options = ["connect = false", "enabled = false", f"slot_name = {slot}", *options]
        return (
            f"CREATE SUBSCRIPTION {name} CONNECTION {constant(self.connection)}\n"
            f"PUBLICATION {', '.join(map(ident, self.publications))}\nWITH ({', '.join(options)})",
            *comment_on("SUBSCRIPTION", name, self.comment),
            *owned_by("SUBSCRIPTION", name, self.owner),
        )
