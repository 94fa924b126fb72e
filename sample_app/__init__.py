"""A small shop: the models of a real project, with the database objects that go with them.

Run from the folder above, with the database in ``$DATABASE_URL``::

    alembic -c sample_app/alembic.ini upgrade head
"""
