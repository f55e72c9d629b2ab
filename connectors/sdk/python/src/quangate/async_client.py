"""The client that awaits. The one that waits is made from this text, by `make sdk-code`."""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Self, TypeVar

import httpx

from quangate import async_resources
from quangate.async_orders import AsyncOrders, AsyncStatements
from quangate.connection import Common, body_of, failed, options, reply_of, unanswered
from quangate.flow import Flow, Reply, Send, Unanswered

T = TypeVar("T")


class AsyncQuangate(Common):
    """A client that awaits, of one event loop; close it, or use it with `async with`."""

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
        self._http = httpx.AsyncClient(**options(timeout))
        self.sleep = asyncio.sleep
        self.orders = AsyncOrders(self)
        self.products = async_resources.AsyncProductsCalls(self)
        self.account = async_resources.AsyncAccountCalls(self)
        self.statements = AsyncStatements(self)
        self.holds = async_resources.AsyncHoldsCalls(self)
        self.cases = async_resources.AsyncCasesCalls(self)
        self.deliveries = async_resources.AsyncDeliveriesCalls(self)
        self.campaigns = async_resources.AsyncCampaignsCalls(self)

    async def run(self, flow: Flow[T]) -> T:
        """Do what a call says, until it ends. Raises QuangateError."""
        reply: Reply | Unanswered | None = None
        try:
            while True:
                step = flow.send(reply)
                if isinstance(step, Send):
                    reply = await self._send(step)
                else:
                    await self.sleep(step)
                    reply = None
        except StopIteration as end:
            found: T = end.value
            return found

    async def _send(self, send: Send) -> Reply | Unanswered:
        try:
            return reply_of(await self._http.send(self.request(send)))
        except httpx.HTTPError as error:
            return unanswered(error)

    async def fetch(self, url: str) -> bytes:
        """What lies at an address of the gateway that needs no signature."""
        try:
            return body_of(await self._http.get(self.file(url)))
        except httpx.HTTPError as error:
            raise failed(error) from None

    async def close(self) -> None:
        """End its connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
