"""What is told of a quota that does not allow an order. Pure."""

from datetime import datetime, tzinfo
from math import ceil

from gateway.ground.moment import rfc3339
from gateway.orders.line import Answered
from gateway.orders.refusal import Reason, Refusal
from gateway.quotas.rules import Quota


def over_quota(
    answered: Answered, quota: Quota | None, quantity: int, now: datetime, zone: tzinfo
) -> Refusal:
    """Why a quota allows a line of `quantity` not, and when it will; None: it was just deleted.
    `zone`: the partner's.

    Of a limit that was lowered below what was had by then none is left, not less.
    """
    left = max(0, answered.amount)
    if quota is None or answered.refused_at is None:
        return Refusal(Reason.QUOTA, most=left)
    resets_at = quota.resets_at(answered.refused_at, zone)
    if resets_at is None or quantity > quota.most:
        return Refusal(Reason.QUOTA, most=left, quota=quota.name)
    return Refusal(
        Reason.QUOTA,
        most=left,
        quota=quota.name,
        resets_at=rfc3339(resets_at),
        retry_after_s=max(1, ceil((resets_at - now).total_seconds())),
    )
