"""The wirings of all features, in their order; imported where a worker is made or described."""

from collections.abc import Sequence
from importlib import import_module
from typing import Final

from gateway.ground import house
from gateway.ground.wiring import Wiring

WIRINGS: Final[Sequence[Wiring]] = tuple(
    import_module(f"gateway.{feature.name}.{feature.wiring}").WIRING
    for feature in house.features()
    if feature.wiring is not None
)
