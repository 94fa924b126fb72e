"""What the kinds of aspects have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from alembic_ext.model import Address, Aspect
from alembic_ext.sqltext import Statement, split
from alembic_ext.sqltext.parsetree import placeless


class AspectKind:
    """One kind of aspect that objects of many kinds have: comment, owner, grant.

    ``select`` gives rows of classid, objid, column name or '', then two words for what is a part of another object (an
    index behind a constraint: ``INDEX`` and ``public.x``), or '' twice, and then the values that `read` takes. System
    objects are left out, and rows of what is no object of ours do no harm.
    """

    name: ClassVar[str]
    rank: ClassVar[int]
    select: ClassVar[str]
    leads: ClassVar[bool] = False
    """Whether it is changed before anything else, which may need it."""
    several: ClassVar[bool] = False
    """Whether several statements that set it add up, as grants do; else there may be one."""
    whole: ClassVar[bool] = False
    """Whether ``manage`` may name it: what is declared is then all that may be set, on every object."""

    of_one: ClassVar[bool] = False
    """Whether objects of one kind alone have it."""
    rights: ClassVar[bool] = False
    """Whether it says who may do what with an object: what reads that when it is made may need it."""

    def owns(self, aspect: str) -> bool:
        """Whether an aspect of this name is one of this kind."""
        return aspect == self.name or aspect.startswith(f"{self.name} ")

    def query(self, version: int) -> str:
        """The SELECT for a server of this version (``server_version_num``); `select` where one serves all."""
        return self.select

    def said_by(self, statement: Statement) -> Sequence[tuple[Address, str, str]]:
        """What a statement sets: the object, the aspect's name, and a statement that sets that alone."""
        return ()

    def undone(self, text: str) -> str:
        """What takes back a statement of this kind; '' where that cannot be told from its text."""
        return ""

    def imagined(self, name: str, texts: Sequence[str], said: Sequence[str], there: Aspect | None) -> Aspect | None:
        """What ``texts`` set on what is ``remote``; ``there`` itself where that, or what was ``said``, is the same."""
        if there is None:
            same = tuple(said[-len(texts) :]) == tuple(texts)
        else:
            same = placeless([one.tree for text in there.set for one in split(text)]) == placeless(
                [one.tree for text in texts for one in split(text)]
            )
        return there if same else Aspect(name, tuple(texts), tuple(map(self.undone, texts)))

    def within(self, create: str) -> bool:
        """Whether a statement that makes an object sets it too."""
        return False

    def read(self, word: str, identity: str, column: str, values: Sequence[Any]) -> Aspect | None:
        """The aspect of one row, if it is one; ``word`` and ``identity`` name the object: ``ALTER word identity``."""
        raise NotImplementedError
