"""The master key: opening the vault, rotating it."""

from typing import Final

from gateway.ground.feature import Feature

FEATURE: Final = Feature(
    name="vault",
    desk=("desk",),
    words="words",
    commands={
        "keys": ("commands", "The key that encrypts keys: create, show, rotate."),
    },
)
