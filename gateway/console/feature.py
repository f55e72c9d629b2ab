"""The console: everything that is declared as pages, and those that are made by hand."""

from typing import Final

from gateway.ground.feature import Feature

FEATURE: Final = Feature(name="console", pages=("pages",), wiring="wiring")
