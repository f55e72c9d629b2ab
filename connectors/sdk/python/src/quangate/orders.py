"""Placing, and what else knows more than one call. Made by `make sdk-code`: edit nothing here."""

from collections.abc import Mapping, Sequence
from typing import Unpack

from quangate.connection import Content, checked
from quangate.models import Order
from quangate.problem import QuangateError
from quangate.resources import OrdersCalls, StatementsCalls


class Orders(OrdersCalls):
    """`client.orders`."""

    def place(self, *, out_order_no: str, sku: str, **content: Unpack[Content]) -> Order:
        """Place an order, exactly once for its number however often it is tried.

        Raises UnknownOutcomeError when nobody knows: then the same call again is safe. Other
        errors say that there is no order.
        """
        order = {"out_order_no": out_order_no, "sku": sku, **content}
        return self._client.run(self._client.calls.place(order))

    def batch(self, orders: Sequence[Mapping[str, object]]) -> list[Order | QuangateError]:
        """Place up to 500 (members as of `place`): of each its order, or why there is none."""
        return self._client.run(self._client.calls.batch(orders))


class Statements(StatementsCalls):
    """`client.statements`."""

    def download(self, day: str) -> bytes:
        """A day's CSV, checked. Raises InvalidStatementError."""
        statement = self.get(day)
        return checked(self._client.fetch(statement.url), statement.sha256)
