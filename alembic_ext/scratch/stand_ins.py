"""What stands in, while a sandbox is filled, for parts of tables that cannot be made there any more."""

from __future__ import annotations

from collections.abc import Mapping

from alembic_ext.errors import CannotPlan
from alembic_ext.kinds import kinds, name_of
from alembic_ext.model import Key, Snapshot
from alembic_ext.sandbox import Sandbox
from alembic_ext.scratch import explain
from alembic_ext.scratch.load import Refused, load


class StandIns:
    """What stands in for parts of tables that have a value which goes: a table operation has to drop or change them.

    Raises:
        CannotPlan: none would.
    """

    def __init__(self, sandbox: Sandbox, now: Snapshot, refused: Mapping[Key, Refused[Key]]) -> None:
        self.refused, self.made = refused, Snapshot()
        if not refused:
            return
        texts = [(key, (kinds()[key.kind].stand_in(now[key]),)) for key in refused]
        for key, (text,) in texts:
            if not text:
                raise self._error(key)
        for no in load(sandbox.session, texts):
            raise self._error(no.name)
        self.made = sandbox.read()

    def check(self, read: Snapshot) -> None:
        for key in self.refused:
            if key in read and read[key].create == self.made[key].create:
                raise self._error(key)

    def _error(self, key: Key) -> CannotPlan:
        return CannotPlan(
            f"{name_of(key)} uses a value that is removed, and no model or declaration changes it in this revision",
            server=explain.words(self.refused[key]),
            help="change or drop it in a revision before this one, or let this one do it: Alembic compares defaults "
            "with compare_server_default=True, and constraints and indexes are compared whole with "
            "alembic_ext={'compare': 'all'}",
        )
