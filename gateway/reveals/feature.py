"""Reveals: seeing a code, and the log of everybody who saw one."""

from typing import Final

from gateway.ground.feature import Feature

FEATURE: Final = Feature(
    name="reveals",
    needs=("codes", "orders", "cases", "operators"),
    desk=("desk",),
    words="words",
    commands={
        "reveals": ("commands", "Who saw which code: list, export, verify."),
    },
)
