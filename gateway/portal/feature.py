"""The portal: what partners' own people find there, each on what is their partner's alone."""

from typing import Final

from gateway.ground.feature import Feature

FEATURE: Final = Feature(
    name="portal",
    needs=("ledger", "sessions"),
    portal=("portal_desk",),
    wiring="wiring",
)
