"""Placing, and what else knows more than one call."""

from collections.abc import Mapping, Sequence
from typing import Unpack

from quangate.async_resources import AsyncOrdersCalls, AsyncStatementsCalls
from quangate.connection import Content, checked
from quangate.models import Order
from quangate.problem import QuangateError


class AsyncOrders(AsyncOrdersCalls):
    """`client.orders`."""

    async def place(self, *, out_order_no: str, sku: str, **content: Unpack[Content]) -> Order:
        """Place an order, exactly once for its number however often it is tried.

        Raises UnknownOutcomeError when nobody knows: then the same call again is safe. Other
        errors say that there is no order.
        """
        order = {"out_order_no": out_order_no, "sku": sku, **content}
        return await self._client.run(self._client.calls.place(order))

    async def batch(self, orders: Sequence[Mapping[str, object]]) -> list[Order | QuangateError]:
        """Place up to 500 (members as of `place`): of each its order, or why there is none."""
        return await self._client.run(self._client.calls.batch(orders))


class AsyncStatements(AsyncStatementsCalls):
    """`client.statements`."""

    async def download(self, day: str) -> bytes:
        """A day's CSV, checked. Raises InvalidStatementError."""
        statement = await self.get(day)
        return checked(await self._client.fetch(statement.url), statement.sha256)
