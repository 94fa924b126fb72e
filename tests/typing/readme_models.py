from datetime import datetime
from pathlib import Path

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from alembic_ext import Function, Trigger, View, register


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    active: Mapped[bool]


active_user = View("active_user", select(User.id, User.email).where(User.active))
register(Base.metadata, active_user)


touch = Function(
    "touch()",
    returns="trigger",
    language="plpgsql",
    body="BEGIN NEW.changed := now(); RETURN NEW; END",
    comment="Trigger: notes when a row was changed.",
)
register(Base.metadata, touch)


class ActiveUser(Base):
    id: Mapped[int]
    email: Mapped[str]

    __table__ = active_user.table
    __mapper_args__ = {"primary_key": [active_user.table.c.id]}


class Post(Base):
    __tablename__ = "post"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    title: Mapped[str]
    changed: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Trigger("touch", timing="before", events=["update"], execute=touch),)


register(
    Base.metadata,
    Path("sql"),
    "CREATE VIEW latest AS SELECT title FROM post ORDER BY changed DESC LIMIT 10; COMMENT ON VIEW latest IS 'The front page.'",
)
