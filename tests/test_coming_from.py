"""The page for those who come from other tools: each tool writes a history, the project switches, nothing differs."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec

import pytest

from tests.project import ROOT, Project

PAGE = (ROOT / "docs" / "coming-from.md").read_text()
BLOCK = re.compile(r"^<!-- (?:([^\n:]+): )?(models\.py|env\.py) -->\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = {(name, file): text for name, file, text in BLOCK.findall(PAGE)}
HEAD = SHOWN["", "models.py"]
QUIET = "No new upgrade operations detected."
THEIR_IMPORT = "from alembic_utils.replaceable_entity import register_entities\n"


def test_all_code_is_taken() -> None:
    assert len(re.findall(r"^```python$", PAGE, re.MULTILINE)) == len(SHOWN)
    assert HEAD.startswith("import sqlalchemy")


def configure(shop: Project, shown: str) -> None:
    """Put into env.py what a block shows: its head at the head, the keywords into the call."""
    head, _, call = shown.partition("context.configure(\n")
    words = [line.strip() for line in call.removesuffix(")\n").splitlines()]
    words = [word for word in words if word not in ("connection=connection,", "target_metadata=target_metadata,")]
    shop.edit(shop.env, "from alembic import context\n", f"from alembic import context\n{head}")
    shop.edit(shop.env, "context.configure(", f"context.configure({' '.join(words)}")


def written_by(tool: str, project: Callable[..., Project]) -> Project:
    """A project with two revisions, tables first: some tools do not order what is new in one."""
    if find_spec(tool.replace("-", "_")) is None:
        pytest.skip(f"{tool} is not installed")
    shop = project(HEAD)
    shop.revise()
    shop.alembic("upgrade", "head")
    shop.declare(HEAD + SHOWN[f"{tool}/before", "models.py"])
    env = shop.env.read_text()
    configure(shop, SHOWN.get((f"{tool}/before", "env.py"), ""))
    text = shop.revise()
    assert "pass\n" not in text
    assert "# create view" not in text  # none of ours
    shop.alembic("upgrade", "head")
    shop.env.write_text(env)
    return shop


def test_alembic_utils(project: Callable[..., Project]) -> None:
    shop = written_by("alembic-utils", project)
    before = SHOWN["alembic-utils/before", "models.py"]
    entities, call, _ = before.rpartition("register_entities([")
    assert THEIR_IMPORT in before
    assert call
    for models in (
        before.replace(THEIR_IMPORT, SHOWN["alembic-utils/one import", "models.py"]),
        entities + SHOWN["alembic-utils/our register", "models.py"],
        SHOWN["alembic-utils/our classes", "models.py"],
    ):
        shop.declare(HEAD + models)
        assert QUIET in shop.alembic("check").text
    shop.declare(HEAD + before)
    configure(shop, SHOWN["alembic-utils/one option", "env.py"])
    assert QUIET in shop.alembic("check").text
    shop.declare(HEAD + before.replace("WHERE active", "WHERE NOT active"))
    assert "# replace view active_account\n" in shop.revise()


@pytest.mark.parametrize("tool", ["sqlalchemy-declarative-extensions", "alembic-pg-autogen"])
def test_functions_triggers_and_views(project: Callable[..., Project], tool: str) -> None:
    shop = written_by(tool, project)
    before = SHOWN[f"{tool}/before", "models.py"] if tool == "alembic-pg-autogen" else ""
    models = HEAD + before + SHOWN[f"{tool}/after", "models.py"]
    shop.declare(models)
    assert QUIET in shop.alembic("check").text
    shop.declare(models.replace("WHERE active", "WHERE NOT active"))
    assert "# replace view active_account\n" in shop.revise().partition("def downgrade")[0]
    shop.alembic("upgrade", "head")
    shop.alembic("check")

    shop.declare(HEAD + "import alembic_ext\n")
    assert QUIET in shop.alembic("check").text
    configure(shop, SHOWN["manage", "env.py"])
    text = shop.revise().partition("def downgrade")[0]
    for label in ("view active_account", "trigger account_lower on account", "function lower_email()"):
        assert f"# drop {label}\n" in text
    shop.alembic("upgrade", "head")
    shop.alembic("downgrade", "base")


def test_enums(project: Callable[..., Project]) -> None:
    tool = "alembic-postgresql-enum"
    shop = written_by(tool, project)
    models = HEAD + SHOWN[f"{tool}/before", "models.py"]
    after = models + SHOWN[f"{tool}/after", "models.py"]
    shop.declare(after)
    assert QUIET in shop.alembic("check").text
    models = "import alembic_ext\n" + models
    shop.declare(models)
    assert QUIET in shop.alembic("check").text
    shop.declare(models.replace('"open", "closed"', '"open", "held", "closed"'))
    assert "ADD VALUE 'held' AFTER 'open'" in shop.revise()
    shop.alembic("upgrade", "head")
    shop.alembic("check")
