"""Flask-Migrate, as its manual has it: `flask db init`, `flask db migrate`, `flask db upgrade`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.project import ROOT

pytest.importorskip("flask_migrate")

APP = """
import os
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from alembic_ext import register

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE"]
db = SQLAlchemy(app)
migrate = Migrate(app, db)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(128))


register(
    db.metadata,
    "CREATE VIEW named AS SELECT id, name FROM \\"user\\" WHERE name IS NOT NULL",
    "CREATE FUNCTION greet(name text) RETURNS text LANGUAGE sql RETURN 'hello ' || name",
)
"""


def test_flask_db_migrate(tmp_path: Path, database: str) -> None:
    """Its environment is unchanged; its own hook leaves a revision out where nothing has changed."""
    versions = tmp_path / "migrations" / "versions"

    def flask(*words: str, code: int = 0) -> str:
        environment = {"DATABASE": database.replace("postgresql:", "postgresql+psycopg:"), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app.py", "db", *words],
            cwd=tmp_path, env=os.environ | environment, capture_output=True, check=False,
        )  # fmt: skip
        text = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == code, text
        return text

    (tmp_path / "app.py").write_text(APP)
    flask("init")
    flask("migrate", "-m", "first")
    (script,) = versions.glob("*.py")
    assert "# create function greet(text)" in script.read_text()
    assert script.read_text().index("create_table('user'") < script.read_text().index("# create view named")
    flask("upgrade")
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT greet('you')").fetchone() == ("hello you",)
    assert "No changes in schema detected" in flask("migrate", "-m", "nothing")
    flask("check")

    (tmp_path / "app.py").write_text(APP.replace("'hello '", "'bye '").replace('"CREATE VIEW', '"" #'))
    assert "'greet')" in flask("check", code=1)
    flask("migrate", "-m", "second")
    (text,) = (path.read_text() for path in versions.glob("*second.py"))
    assert "# drop view named" in text
    assert "# replace function greet(text)" in text
    flask("upgrade")
    flask("downgrade", "base")
