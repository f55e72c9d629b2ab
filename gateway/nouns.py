"""What operators can do and see: the declarations of all features, in the order of the features."""

from collections.abc import Sequence
from typing import Final

from gateway.ground.desk.action import Action
from gateway.ground.desk.all_declared import all_declared
from gateway.ground.desk.view import Page, View

DECLARED: Final[Sequence[Action | View | Page]] = all_declared()
ACTIONS: Final = tuple(one for one in DECLARED if isinstance(one, Action))
VIEWS: Final = tuple(one for one in DECLARED if isinstance(one, View))
