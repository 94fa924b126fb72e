"""Schemas of published packages, fetched when a test asks for them; none of their text is kept here.

Two of the packages write their SQL in Python: it is taken from the one module that does so, in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from textwrap import dedent

PACKAGES = {"procrastinate": "3.10.0", "pgmq": "1.1.4", "pgqueuer": "1.6.0", "dbos": "3.4.0"}
FILES = {"procrastinate": "procrastinate/sql/schema.sql", "pgmq": "pgmq/sql/pgmq.sql"}

# Importing the packages whole would need all that they need: stand-ins for what is around the module.
_STAND_IN = """
    import importlib, sys, types

    def package(name, **attributes):
        sys.modules[name] = module = types.ModuleType(name)
        module.__path__ = [f"{sys.path[0]}/{name.replace('.', '/')}"]
        vars(module).update(attributes)
"""
_DBOS = """
    package("dbos")
    package("dbos._logger", dbos_logger=None)
    package("dbos._utils", quote_identifier=lambda name: '"' + name.replace('"', '""') + '"')
    migrations = importlib.import_module("dbos._migration").get_dbos_migrations("dbos", True)
    print('CREATE SCHEMA "dbos";')
    for number, text in enumerate(migrations, 1):
        if number != 10:  # adds the primary key that the first has made already, as its own runner knows
            print(text.replace("CONCURRENTLY", ""), ";")
"""
_PGQUEUER = """
    for name in ("pgqueuer", "pgqueuer.adapters", "pgqueuer.adapters.persistence", "pgqueuer.domain"):
        package(name)
    settings = importlib.import_module("pgqueuer.domain.settings").DBSettings()
    print(importlib.import_module("pgqueuer.adapters.persistence.schema_ddl").render_install(settings))
"""


class Unavailable(Exception):
    """The package index cannot be reached."""


def schema(name: str, cache: Path) -> str:
    """The SQL of a package's schema.

    Raises:
        Unavailable: the package is not in the cache and cannot be fetched.
    """
    site = cache / f"{name}-{PACKAGES[name]}"
    if not site.exists():
        _fetch(name, cache, site)
    if name in FILES:
        return (site / FILES[name]).read_text("utf-8")
    script = dedent(_STAND_IN) + dedent({"dbos": _DBOS, "pgqueuer": _PGQUEUER}[name])
    return _run([sys.executable, "-c", f"import sys; sys.path.insert(0, {str(site)!r})\n{script}"])


def _fetch(name: str, cache: Path, site: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheels = cache / "wheels"
    _run([*pip, "download", "--no-deps", "--only-binary=:all:", f"--dest={wheels}", f"{name}=={PACKAGES[name]}"])
    making = site.with_suffix(".part")
    with zipfile.ZipFile(next(wheels.glob(f"{name}-*.whl"))) as wheel:
        wheel.extractall(making)
    if name == "pgqueuer":
        _run([*pip, "install", f"--target={making}", "--upgrade", "pydantic-settings>=2.6"])
    making.rename(site)


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(done.stderr.strip()[-500:])
    return done.stdout
