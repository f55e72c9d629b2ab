"""What somebody may still have, as far as it can be told before he buys."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from gateway.quotas.rules import Buying, Quota, Window, subject_of

Counts = Callable[[Sequence[tuple[int, str]]], Awaitable[Mapping[tuple[int, str], int]]]
"""(quota id, subject) pairs → what was had in the windows of now; missing: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a quota has left for somebody, and until when it has no more; None: for ever."""

    quota: Quota
    left: int
    resets_at: datetime | None


@dataclass(frozen=True, slots=True)
class WhatIsLeft:
    """Tells it; `counts` is what was had."""

    counts: Counts

    async def of(
        self, quotas: Sequence[Quota], buying: Buying, now: datetime, zone: tzinfo
    ) -> Sequence[Left]:
        """Of each quota that `buying` says enough for; not of what a campaign's orders ask.

        `zone`: the partner's.
        """
        asked = [quota for quota in quotas if quota.window is not Window.CAMPAIGN]
        found = {quota: subject_of(quota, buying) for quota in asked}
        subjects = {quota: subject for quota, subject in found.items() if subject is not None}
        used = await self.counts([(quota.id, subject) for quota, subject in subjects.items()])
        return [
            Left(
                quota=quota,
                left=max(0, quota.most - used.get((quota.id, subject), 0)),
                resets_at=quota.resets_at(now, zone),
            )
            for quota, subject in subjects.items()
        ]
