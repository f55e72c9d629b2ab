"""What is written down outside the database; nothing while that is off."""

from collections.abc import Iterator

from gateway.audit.anchor_store import AnchorWriter
from gateway.ground.metric_family import Family, one


def families(anchors: AnchorWriter) -> Iterator[Family]:
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
