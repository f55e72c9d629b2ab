"""The client that waits. Made by `make sdk-code`: edit nothing here."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self, TypeVar

import httpx

from quangate import resources
from quangate.connection import Common, body_of, failed, options, reply_of, unanswered
from quangate.flow import Flow, Reply, Send, Unanswered
from quangate.orders import Orders, Statements

T = TypeVar("T")


class Quangate(Common):
    """A client that waits, for any threads; close it, or use it with `with`."""

    def __init__(
        self,
        base_url: str,
        key_id: str,
        secret: str,
        delivery_key: str | None = None,
        *,
        delivery_keys: Mapping[str, str] | None = None,
        timeout: float = 30.0,
        max_retries: int = 2,
    ) -> None:
        keys = {**({key_id: delivery_key} if delivery_key else {}), **(delivery_keys or {})}
        super().__init__(base_url, key_id, secret, keys=keys, max_retries=max_retries)
        self._http = httpx.Client(**options(timeout))
        self.sleep = time.sleep
        self.orders = Orders(self)
        self.products = resources.ProductsCalls(self)
        self.account = resources.AccountCalls(self)
        self.statements = Statements(self)
        self.holds = resources.HoldsCalls(self)
        self.cases = resources.CasesCalls(self)
        self.deliveries = resources.DeliveriesCalls(self)
        self.campaigns = resources.CampaignsCalls(self)

    def run(self, flow: Flow[T]) -> T:
        """Do what a call says, until it ends. Raises QuangateError."""
        reply: Reply | Unanswered | None = None
        try:
            while True:
                step = flow.send(reply)
                if isinstance(step, Send):
                    reply = self._send(step)
                else:
                    self.sleep(step)
                    reply = None
        except StopIteration as end:
            found: T = end.value
            return found

    def _send(self, send: Send) -> Reply | Unanswered:
        try:
            return reply_of(self._http.send(self.request(send)))
        except httpx.HTTPError as error:
            return unanswered(error)

    def fetch(self, url: str) -> bytes:
        """What lies at an address of the gateway that needs no signature."""
        try:
            return body_of(self._http.get(self.file(url)))
        except httpx.HTTPError as error:
            raise failed(error) from None

    def close(self) -> None:
        """End its connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
