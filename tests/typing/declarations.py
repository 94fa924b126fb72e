"""What a user writes, for the type checker: nothing here is run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, Index, Integer, MetaData, String, Table, func, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from alembic_ext import Function, MaterializedView, Procedure, Trigger, View, register

if TYPE_CHECKING:
    from typing_extensions import assert_type


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    __table_args__ = (
        Trigger("user_touch", timing="before", events=["update"], execute="touch()"),
        Index("user_email", "email"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    active: Mapped[bool]


touch = Function(
    "touch()", returns="trigger", language="plpgsql", body="BEGIN NEW.at := now(); RETURN NEW; END",
    volatility="volatile", security="definer", set={"search_path": "app, pg_temp"}, cost=10, grants={"public": None},
)  # fmt: skip
active = View("active_user", select(User.id, User.email).where(User.active), security_barrier=True)
total = MaterializedView(
    "total", select(func.count().label("n")), indexes=[Index("total_n", "n", unique=True), "CREATE INDEX i ON total (n)"],
    storage={"fillfactor": 70},
)  # fmt: skip
register(
    Base.metadata,
    touch,
    active,
    total,
    Procedure("tidy(before date)", language="sql", body="DELETE FROM log WHERE at < before"),
    Trigger("touch", on=User, timing="after", events=["insert", "update of email"], execute=touch, enabled="always"),
    Trigger("other", on="app.other", timing="instead of", events=["delete"], execute="f()", for_each="row"),
    View("plain", "SELECT 1 AS a", columns=["a"], grants={"reader": ["select"], "writer": "select, insert"}),
    View("typed", text("SELECT 1, 'b'"), columns=[Column("a", Integer), ("b", String), ("c", String(10))]),
    View.from_sql("CREATE VIEW v AS SELECT 1"),
    "CREATE VIEW w AS SELECT 1; COMMENT ON VIEW w IS 'w'",
    Path("db/"),
    [active, total],
)
register(MetaData(), touch)


class ActiveUser(Base):
    __table__ = active.table
    __mapper_args__ = {"primary_key": [active.table.c.id]}


def reflected(connection: Connection) -> Table:
    """A view that is declared as text has its columns from the database."""
    return View("v", "SELECT 1 AS a").reflect(connection)


if TYPE_CHECKING:
    assert_type(active.table, Table)
    assert_type(active.statements(), tuple[str, ...])
    assert_type(active.sql, str)
    assert_type(View.from_sql(""), View)
    View("v")  # type: ignore[call-arg]
    View("v", "SELECT 1", check_option="all")  # type: ignore[arg-type]
    Trigger("t", timing="befor", events=["update"], execute="f()")  # type: ignore[arg-type]
    Function("f()", volatility="never", body="")  # type: ignore[arg-type]
