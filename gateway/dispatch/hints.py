"""One worker's open breaker is a hint to all others, on every node: over Redis, and it may be lost.

A hint proves nothing here: the lane lets a few calls pass, and what becomes of them decides. Orders
go the same ways as without it, only not all of them to a platform that just failed elsewhere.
"""

from typing import Final

import structlog

from gateway.dispatch.lane import Lane
from gateway.dispatch.topups import TopUps
from gateway.ground.redis.link import Link

log = structlog.get_logger()

BREAKER: Final = "breaker"  # the topic
REASON: Final = "another worker holds calls back"


def hint(link: Link | None, lane: Lane) -> None:
    """Tell the others that a lane's breaker opened."""
    if link is not None:
        link.say(BREAKER, f"{lane.upstream_id}:{lane.product_id}")


def hear_hint(topups: TopUps, told: str) -> None:
    """What `hint` told; what cannot be read is of another release."""
    upstream_id, separator, product_id = told.partition(":")
    if separator and upstream_id.isascii() and upstream_id.isdigit():
        topups.doubt(int(upstream_id), product_id, REASON)
