"""What is written down outside the database; nothing while that is off."""

from collections.abc import Iterator
from typing import Protocol

from gateway.ground.metric_family import Family, one


class Anchors(Protocol):
    """Whoever writes them; see anchor_store.AnchorWriter."""

    off: bool
    failing: bool
    last_at: float


def families(anchors: Anchors) -> Iterator[Family]:
    """All of this worker's, now."""
    if anchors.off:
        return
    yield one(
        "gauge",
        "quangate_anchors_failing",
        "1 while anchors cannot be written (a full disk, or its rights); orders go on.",
        int(anchors.failing),
    )
    yield one(
        "gauge",
        "quangate_anchors_last_timestamp_seconds",
        "When the newest line this worker knows was written, in Unix seconds; an idle shop has old"
        " ones.",
        anchors.last_at,
    )
