from alembic import context
from sqlalchemy import Connection, MetaData


def run_migrations(connection: Connection, target_metadata: MetaData) -> None:
    context.configure(
        connection=connection,
        target_metadata=target_metadata,
        alembic_ext={"manage": ["view", "trigger"], "lock_timeout": "2s"},
    )
