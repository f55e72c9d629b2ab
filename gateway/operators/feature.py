"""Operators: the roles the product ships, as data. People and their signing in are to come."""

from typing import Final

from gateway.ground.feature import Feature

FEATURE: Final = Feature(name="operators")
