"""The page of the rules: ``python -m alembic_ext.lint > docs/lint-rules.md``."""

from alembic_ext.lint.manual import document

print(document(), end="")
