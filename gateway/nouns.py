"""What operators can do and see: the declarations of all features, in the order of the features."""

from collections.abc import Sequence
from importlib import import_module
from typing import Final

from gateway.ground import house
from gateway.ground.desk.action import Action
from gateway.ground.desk.view import Page, View

DECLARED: Final[Sequence[Action | View | Page]] = tuple(
    one
    for feature in house.features()
    for desk in feature.desk
    for one in import_module(f"gateway.{feature.name}.{desk}").DECLARED
)
ACTIONS: Final = tuple(one for one in DECLARED if isinstance(one, Action))
VIEWS: Final = tuple(one for one in DECLARED if isinstance(one, View))
