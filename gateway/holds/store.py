"""Holds in the database; the rules are in its routines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson

from gateway.codes.outlet import life_of, shelf_of
from gateway.ground.native import array_literals
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements
from gateway.ground.sql.pools import BoundedPool
from gateway.holds.record import (
    HoldAnswer,
    HoldFilter,
    HoldPage,
    HoldRecord,
    HoldSum,
    NewHold,
)
from gateway.holds.rules import HeldContent, HoldState, Limits
from gateway.orders.commit_columns import asked_columns
from gateway.orders.record import ID_MAX

HOLD_COLUMNS: Final = NewHold.__struct_fields__  # in the order of SQL's hold_line
SCAN_MAX: Final = 10_000  # holds looked at for one page


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """A hold as it is read."""

    partner_id: int
    id: int
    out_hold_no: str
    content_hash: bytes
    sku: str
    quantity: int
    account: str | None
    buyer_id: str | None
    buyer_ip: str | None
    details: str | None
    amount: int
    currency: str
    state: str
    is_over: bool
    pool_id: int | None
    seqs: Sequence[int] | None
    order_id: int | None
    expires_at: datetime
    created_at: datetime
    updated_at: datetime
    records: Sequence[bytes] | None


class SQL(Statements, file="holds/queries"):
    """Holds."""

    # Pool, shelf, life; four budgets and the shortest time; as array literals HOLD_COLUMNS and
    # what they ask of quotas (orders.commit.ASKED_COLUMNS).
    make: Statement[
        [
            int | None, int | None, int, int, int, int, int, int,
            str, str, str, str, str, str, str, str, str, str, str, str, str, str, str, str, str,
            str, str, str, str, str,
        ],
        HoldAnswer,
    ]  # fmt: skip
    by_ids: Statement[[Sequence[int], Sequence[int], bool], HoldRow]
    id_of_number: Statement[[int, str], int]
    reach: Statement[[int, int, int], int]
    page: Statement[[int, int, int, str | None, int | None, int], HoldRow]
    sums: Statement[[int, str, int, int | None], HoldSum]
    release: Statement[[int, int], str]
    refuse_late: Statement[[int, int, str, str | None], bool]
    expire_for_units: Statement[[], int]
    expire_due: Statement[[], int]


class HoldStore:
    """Holds, over the connections of whom it is for."""

    def __init__(self, pool: BoundedPool) -> None:
        self._pool = pool

    async def make(
        self, pool_id: int | None, outlet: int | None, limits: Limits, new: Sequence[NewHold]
    ) -> Sequence[HoldAnswer]:
        """Make them durable, all goods of one outlet; what was made of each, in their order.

        Said again it finds what it made before: each is a replay then.
        """
        with unreachable_is_unavailable():
            return await SQL.make.all(
                self._pool,
                pool_id,
                None if outlet is None else shelf_of(outlet),
                0 if outlet is None else life_of(outlet),
                limits.per_buyer,
                limits.per_ip,
                limits.per_partner,
                limits.pool_percent,
                limits.min_ttl_s,
                *array_literals(new, HOLD_COLUMNS),
                *asked_columns([one.quotas for one in new], [one.quantity for one in new]),
            )

    async def release(self, partner_id: int, hold_id: int) -> str | None:
        """Give one back; its state then, None: this partner has none of that number."""
        with unreachable_is_unavailable():
            return await SQL.release.one(self._pool.of(partner_id), partner_id, hold_id)

    async def refuse_late(self, partner_id: int, hold_id: int, sku: str, url: str | None) -> bool:
        """A late confirm found nothing: say so for good. False: it is not expired (any more)."""
        with unreachable_is_unavailable():
            return await SQL.refuse_late.only(self._pool, partner_id, hold_id, sku, url)

    async def expire_for_units(self) -> int:
        """Give back what is over, where somebody waits for its units; how many, 0: not now."""
        with unreachable_is_unavailable():
            return await SQL.expire_for_units.only(self._pool)

    async def expire_due(self) -> int:
        """Give back what is over; how many."""
        with unreachable_is_unavailable():
            return await SQL.expire_due.only(self._pool)

    async def by_ids(
        self, keys: Sequence[tuple[int, int]], *, with_records: bool = False
    ) -> Mapping[tuple[int, int], HoldRecord]:
        """Holds by (partner id, hold id); those not there are missing from the answer."""
        with unreachable_is_unavailable():
            rows = await SQL.by_ids.all(
                self._pool, [key[0] for key in keys], [key[1] for key in keys], with_records
            )
        return {(row.partner_id, row.id): _record(row) for row in rows}

    async def id_of(self, partner_id: int, out_hold_no: str) -> int | None:
        """The id of the partner's hold of that number."""
        with unreachable_is_unavailable():
            return await SQL.id_of_number.one(self._pool.of(partner_id), partner_id, out_hold_no)

    async def page(self, partner_id: int, filter_: HoldFilter, limit: int) -> HoldPage:
        """Newest first, at most `limit`; looks at SCAN_MAX holds at most for them."""
        before = ID_MAX if filter_.before_id is None else filter_.before_id
        state = filter_.state or HoldState.HELD
        with unreachable_is_unavailable():
            async with self._pool.of(partner_id).acquire() as connection:
                reached = await SQL.reach.one(connection, partner_id, before, SCAN_MAX)
                rows = await SQL.page.all(
                    connection, partner_id, before, reached or 0, filter_.state, filter_.sku_id,
                    limit + 1,
                )  # fmt: skip
                newest = await SQL.reach.one(connection, partner_id, ID_MAX, SCAN_MAX)
                sums = await SQL.sums.all(
                    connection, partner_id, state, newest or 0, filter_.sku_id
                )
        records = [_record(row) for row in rows[:limit]]
        return HoldPage(
            records=records,
            next_before_id=records[-1].id if len(rows) > limit else reached,
            sums=sums,
        )


def _record(row: HoldRow) -> HoldRecord:
    details = orjson.loads(row.details) if row.details else {}
    return HoldRecord(
        partner_id=row.partner_id,
        id=row.id,
        out_hold_no=row.out_hold_no,
        content_hash=row.content_hash,
        content=HeldContent(
            sku=row.sku,
            quantity=row.quantity,
            account=row.account,
            buyer_id=row.buyer_id,
            buyer_ip=row.buyer_ip,
            **details,
        ),
        amount=row.amount,
        currency=row.currency,
        state=row.state,
        is_over=row.is_over,
        pool_id=row.pool_id,
        seqs=row.seqs,
        order_id=row.order_id,
        expires_at=row.expires_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        records=row.records or (),
    )
