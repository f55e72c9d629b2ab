"""What the resources of a client stand on."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol, TypeVar

from quangate.flow import Calls, Flow
from quangate.signing import part

T = TypeVar("T")


class AsyncRuns(Protocol):
    """A client."""

    calls: Calls

    async def run(self, flow: Flow[T]) -> T: ...
    async def fetch(self, url: str) -> bytes: ...


class AsyncResource:
    """Methods of one kind."""

    part = staticmethod(part)

    def __init__(self, client: AsyncRuns) -> None:
        self._client = client

    async def call(self, method: str, path: str, kind: type[T], **more: Any) -> T:
        """One call. Raises QuangateError."""
        return await self._client.run(self._client.calls.call(method, path, kind, **more))

    async def pages(
        self, path: str, kind: type[T], query: Mapping[str, object]
    ) -> AsyncIterator[T]:
        """All of a list, page by page as it is looked at."""
        cursor: str | None = None
        while True:
            flow = self._client.calls.pages(path, kind, {**query, "cursor": cursor})
            page = await self._client.run(flow)
            for one in page.data:
                yield one
            cursor = page.next_cursor
            if cursor is None:
                return
