"""The driver's connection under one of env.py's: what is asked over it makes no event, and nothing else sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_ext.deploy.work import Failure, is_lost
from alembic_ext.errors import in_words
from alembic_ext.session import sqlstate

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class Raw:
    """A connection of SQLAlchemy's, and cursors of its driver."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.failure: Failure | None = None

    @property
    def autocommit(self) -> bool:
        """Whether each statement is a transaction of its own.

        It is so too after a COMMIT that was sent as text through psycopg2, which does not know of it (status 2: it
        has begun a transaction; the server's 0: there is none). psycopg begins another one.
        """
        raw: Any = self.connection.connection.dbapi_connection
        if getattr(raw, "autocommit", False):
            return True
        asked = getattr(raw, "get_transaction_status", None)
        return asked is not None and raw.status == 2 and asked() == 0

    def ask(self, sql: str) -> Any:
        """The row of a SELECT of ours, or None for what is none, over a cursor of the driver: no event sees it."""
        raw: Any = self.connection.connection.dbapi_connection
        cursor = raw.cursor()
        try:
            cursor.execute(sql)
            return cursor.fetchone() if cursor.description else None
        except Exception as error:
            lost = is_lost(error) or self.connection.dialect.is_disconnect(error, raw, cursor)  # type: ignore[arg-type]
            self.failure = Failure(in_words(error), sqlstate(error), lost, [])
            raise
        finally:
            cursor.close()

    def rows(self, sql: str) -> Any:
        """At most one row, as a list."""
        row = self.ask(sql)
        return [] if row is None else [tuple(row)]
