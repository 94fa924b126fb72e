"""A made-up schema of about N objects: functions with overloads, chains of views, materialized views with an index, triggers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy import make_url


@dataclass(frozen=True)
class Workload:
    """SQL in an order that PostgreSQL accepts."""

    tables: tuple[str, ...]
    entities: tuple[str, ...]

    def changed(self) -> Workload:
        """The same with another body in one function."""
        return Workload(self.tables, tuple(text.replace("-- body 0", "-- another body") for text in self.entities))


def workload(size: int) -> Workload:
    """``size`` objects on ``size / 20`` tables: 40 % functions, 30 % views, 20 % triggers, 5 % materialized views with
    an index each.
    """
    count = max(5, size // 20)
    tables = tuple(
        f"CREATE TABLE ware_{n} (id bigint PRIMARY KEY, shop integer NOT NULL, name varchar(80), price numeric(12,2), "
        f"state text DEFAULT 'new', changed timestamptz DEFAULT now())"
        for n in range(count)
    )
    functions = [text for n in range(size // 5) for text in _functions(n, n % count)]
    views = [_view(n, n % count) for n in range(size * 3 // 10)]
    stored = [text for n in range(size // 20) for text in _stored(n)]
    triggers = [
        f"CREATE TRIGGER stamp_{n} BEFORE INSERT OR UPDATE OF price ON ware_{n % count}\n"
        f"FOR EACH ROW WHEN (NEW.price > {n}) EXECUTE FUNCTION stamp_{n % (size // 5)}()"
        for n in range(size // 5)
    ]
    return Workload(tables, (*functions, *views, *stored, *triggers))


def _functions(n: int, table: int) -> tuple[str, str]:
    return (
        f"CREATE FUNCTION stamp_{n}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  -- body {n}\n"
        "  NEW.changed := now();\n  RETURN NEW;\nEND $$",
        f"CREATE FUNCTION gross_{n}(price numeric, rate numeric DEFAULT 0.19) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$\n"
        f"  SELECT round(price * (1 + rate), 2)  -- of ware_{table}\n$$",
    )


def _view(n: int, table: int) -> str:
    if n % 4 == 3:
        return f"CREATE VIEW offer_{n} AS\nSELECT o.id, o.name, w.state FROM offer_{n - 1} o JOIN ware_{table} w USING (id)"
    return f"CREATE VIEW offer_{n} AS\nSELECT id, name, price * 2 AS double, state FROM ware_{table} WHERE state IN ('new', 'used')"


def _stored(n: int) -> tuple[str, str]:
    return (
        f"CREATE MATERIALIZED VIEW turnover_{n} AS\nSELECT name, count(*) AS n FROM offer_{n} GROUP BY name",
        f"CREATE UNIQUE INDEX turnover_{n}_name ON turnover_{n} (name)",
    )


@contextmanager
def database(url: str, name: str, tables: tuple[str, ...]) -> Iterator[str]:
    """A database with the tables, dropped at the end; its URL."""
    place = make_url(url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as boss:
        boss.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        try:
            with psycopg.connect(place, autocommit=True) as connection:
                if tables:
                    connection.execute(";\n".join(tables).encode())
            yield place
        finally:
            boss.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
