"""What `check` and `report` look at: models against a database, and revisions against a base.

revisions    revision files as values, read without running them, from the working tree or from a commit
history      what is wrong with the revisions themselves: heads, changed or inserted revisions, empty downgrades
models       models against the database, by Alembic's own autogenerate
differences  its operations as findings, one for each object, with a diff
offline      the SQL of revisions, as `alembic upgrade --sql` renders it
"""
