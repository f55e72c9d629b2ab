"""The one list of nouns that are declared, in the order of the command line's help."""

from collections.abc import Sequence
from typing import Final

from gateway.desks import change, partner, pool
from gateway.ground.desk.action import Action
from gateway.ground.desk.view import Page, View

DECLARED: Final[Sequence[Action | View | Page]] = (
    *partner.DECLARED,
    *pool.DECLARED,
    *change.DECLARED,
)
ACTIONS: Final = tuple(one for one in DECLARED if isinstance(one, Action))
VIEWS: Final = tuple(one for one in DECLARED if isinstance(one, View))
