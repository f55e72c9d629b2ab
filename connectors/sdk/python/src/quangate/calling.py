"""What the resources of a client stand on. Made by `make sdk-code`: edit nothing here."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar

from quangate.flow import Calls, Flow
from quangate.signing import part

T = TypeVar("T")


class Runs(Protocol):
    """A client."""

    calls: Calls

    def run(self, flow: Flow[T]) -> T: ...
    def fetch(self, url: str) -> bytes: ...


class Resource:
    """Methods of one kind."""

    part = staticmethod(part)

    def __init__(self, client: Runs) -> None:
        self._client = client

    def call(self, method: str, path: str, kind: type[T], **more: Any) -> T:
        """One call. Raises QuangateError."""
        return self._client.run(self._client.calls.call(method, path, kind, **more))

    def pages(self, path: str, kind: type[T], query: Mapping[str, object]) -> Iterator[T]:
        """All of a list, page by page as it is looked at."""
        cursor: str | None = None
        while True:
            flow = self._client.calls.pages(path, kind, {**query, "cursor": cursor})
            page = self._client.run(flow)
            yield from page.data
            cursor = page.next_cursor
            if cursor is None:
                return
