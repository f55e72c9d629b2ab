"""What the ground asks of whoever knows the people: could somebody approve, and what waits.

One feature names such a module (`Feature.second`).
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Protocol, cast

from gateway.ground import house
from gateway.ground.desk.action import Action, Change
from gateway.ground.desk.administration import Transaction
from gateway.ground.desk.given import Given


class SecondPersons(Protocol):
    """Knows who else is there, and keeps requests until somebody decides."""

    async def approvers(self, db: Transaction, action: Action, change: Change) -> Sequence[str]:
        """The enabled operators who are somebody else and could approve it, by name."""

    async def waiting_for(self, db: Transaction, person: str, permissions: frozenset[str]) -> int:
        """How many requests wait that somebody could decide; of more than 100 it is 100."""

    async def waits_to_make(self, db: Transaction, action: str, name: str) -> str | None:
        """The number of a request that waits to make something of that name; None: there is none.

        `action` is what makes it, as `Action.name` says.
        """

    async def keep(
        self, db: Transaction, action: Action, given: Given, change: Change, subject: str
    ) -> tuple[Mapping[str, Any], bool]:
        """Let it wait; the request as faces show it, and whether he has asked for it before.

        Raises DeskRefusedError where too many wait.
        """

    async def redeem(
        self, db: Transaction, approval: str, action: Action, given: Given, change: Change
    ) -> Mapping[str, Any]:
        """Use up an approval of just this, once; what the log tells of it (`Change.how`).

        Raises DeskRefusedError where there is none that is good for it.
        """


@cache
def second_persons() -> SecondPersons:
    """The module that a feature names."""
    (found,) = (f for f in house.features() if f.second is not None)
    return cast("SecondPersons", import_module(f"gateway.{found.name}.{found.second}"))
