"""The sandbox's orders in PostgreSQL, over the connections for what partners read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements
from gateway.ground.sql.pools import BoundedPool
from gateway.sandbox.place import Message, NewOrder
from gateway.sandbox.record import SandboxOrder

ROWS: Final = 500  # read at a time for a list


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRow:
    """What became of a line."""

    outcome: str
    known: int | None
    messages: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelledRow:
    """That it was."""

    id: int
    messages: int


class SQL(Statements, file="sandbox/queries"):
    """The sandbox's orders."""

    place: Statement[
        [
            int, int, str, bytes, str, int, int, str | None, str | None, str, datetime | None,
            datetime, bool, bool, int, int,
            Sequence[int], Sequence[str], Sequence[bytes], Sequence[datetime], str | None,
        ],
        PlacedRow,
    ]  # fmt: skip
    by_id: Statement[[int, int], SandboxOrder]
    by_number: Statement[[int, str], SandboxOrder]
    before: Statement[[int, int, int, int], SandboxOrder]
    cancel: Statement[[int, int, datetime, bytes], CancelledRow]


class SandboxStore:
    """All of them; of a partner as many statements at a time as it may have connections."""

    def __init__(self, pool: BoundedPool) -> None:
        self._pool = pool

    async def place(self, new: NewOrder, messages: Sequence[Message]) -> PlacedRow:
        """Make it, with what is to be told of it, or say why not."""
        order = new.order
        with unreachable_is_unavailable():
            return await SQL.place.only(
                self._pool.of(order.partner_id),
                order.partner_id, order.id, order.out_order_no, order.content_hash, order.sku,
                order.quantity, order.amount, order.account, order.metadata, order.plan,
                order.held_until, order.created_at, new.is_refused, new.fails_once,
                new.since, new.most,
                [each.id for each in messages],
                [each.type for each in messages],
                [each.body for each in messages],
                [each.due for each in messages],
                new.notify_url,
            )  # fmt: skip

    async def by_id(self, partner_id: int, order_id: int) -> SandboxOrder | None:
        """The partner's order of that id."""
        with unreachable_is_unavailable():
            return await SQL.by_id.one(self._pool.of(partner_id), partner_id, order_id)

    async def by_number(self, partner_id: int, out_order_no: str) -> SandboxOrder | None:
        """The partner's order of its number."""
        with unreachable_is_unavailable():
            return await SQL.by_number.one(self._pool.of(partner_id), partner_id, out_order_no)

    async def before(self, partner_id: int, before: int, lowest: int) -> list[SandboxOrder]:
        """Newest first, from before an id down to another: ROWS at most."""
        with unreachable_is_unavailable():
            return await SQL.before.all(self._pool.of(partner_id), partner_id, before, lowest, ROWS)

    async def cancel(self, partner_id: int, order_id: int, now: datetime, told: bytes) -> bool:
        """Whether it is cancelled now, and the partner to be told so."""
        with unreachable_is_unavailable():
            row = await SQL.cancel.one(self._pool.of(partner_id), partner_id, order_id, now, told)
        return row is not None
