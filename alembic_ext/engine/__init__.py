"""One autogenerate: what Alembic knows and what the database holds become a plan, and the plan operations."""
