"""What holding needs of the database; see store.HoldStore."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.holds.record import HoldAnswer, HoldFilter, HoldPage, HoldRecord, NewHold
from gateway.holds.rules import Limits


class Making(Protocol):
    """Makes holds durable, and ends them."""

    async def make(
        self, pool_id: int | None, outlet: int | None, limits: Limits, new: Sequence[NewHold]
    ) -> Sequence[HoldAnswer]: ...
    async def expire_for_units(self) -> int: ...
    async def release(self, partner_id: int, hold_id: int) -> str | None: ...
    async def refuse_late(
        self, partner_id: int, hold_id: int, sku: str, url: str | None
    ) -> bool: ...


class Reading(Protocol):
    """Reads holds back."""

    async def by_ids(
        self, keys: Sequence[tuple[int, int]], *, with_records: bool = False
    ) -> Mapping[tuple[int, int], HoldRecord]: ...
    async def id_of(self, partner_id: int, out_hold_no: str) -> int | None: ...
    async def page(self, partner_id: int, filter_: HoldFilter, limit: int) -> HoldPage: ...
