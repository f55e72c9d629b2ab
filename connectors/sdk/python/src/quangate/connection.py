"""What both clients are made of: the address, the key, how httpx is set up and read."""

import hashlib
from collections.abc import Mapping
from importlib import metadata
from typing import Any, TypedDict
from urllib.parse import urljoin, urlsplit

import httpx

from quangate.codes import KeyRing
from quangate.flow import Calls, Reply, Send, Unanswered
from quangate.models import BuyerIn
from quangate.problem import InvalidStatementError, QuangateError, unexpected
from quangate.signing import Signer, check_base_url

CONNECT_S = 5.0
# Nothing was sent: there was no connection.
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class Common:
    """What both are made of. Neither shows its secrets."""

    def __init__(
        self,
        base_url: str,
        key_id: str,
        secret: str,
        *,
        keys: Mapping[str, str],
        max_retries: int,
    ) -> None:
        if max_retries < 0:
            raise ValueError("max_retries is less than 0")
        self.base_url = check_base_url(base_url)
        path = urlsplit(self.base_url).path
        self.calls = Calls(path, Signer(key_id, secret), KeyRing(keys), max_retries)
        self._key_id = key_id
        self._url = httpx.URL(self.base_url)
        self._headers = options(1.0)["headers"]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url!r}, {self._key_id!r})"

    def __reduce__(self) -> str:
        raise TypeError("a client holds secrets: it is not written anywhere")

    def request(self, send: Send) -> httpx.Request:
        """The request, with its target to the letter: it is what was signed."""
        url = self._url.copy_with(raw_path=send.target.encode())
        headers = {**self._headers, **send.headers}
        return httpx.Request(send.method, url, headers=headers, content=send.body or None)

    def file(self, url: str) -> str:
        """Where a statement's file is. Raises QuangateError where that is not the gateway."""
        found = urljoin(f"{self.base_url}/", url)
        if urlsplit(found)[:2] != urlsplit(self.base_url)[:2]:
            raise QuangateError("unexpected-answer", "a statement is at another address")
        return found


def options(timeout: float) -> dict[str, Any]:
    """How httpx is set up; no redirect is followed."""
    try:
        version = metadata.version("quangate")
    except metadata.PackageNotFoundError:
        version = "0"
    return {
        "timeout": httpx.Timeout(timeout, connect=min(CONNECT_S, timeout)),
        "follow_redirects": False,
        "headers": {"User-Agent": f"quangate-python/{version}", "Accept": "application/json"},
    }


def reply_of(answer: httpx.Response) -> Reply:
    """An answer of httpx as the flow knows it."""
    return Reply(answer.status_code, answer.content, answer.headers.get("Retry-After"))


def body_of(answer: httpx.Response) -> bytes:
    """A file's bytes. Raises QuangateError."""
    if answer.status_code != httpx.codes.OK:
        raise unexpected(answer.status_code)
    return answer.content


def failed(error: httpx.HTTPError) -> QuangateError:
    """A download that has no answer."""
    return QuangateError("connection-failed", type(error).__name__, retryable=True)


def unanswered(error: httpx.HTTPError) -> Unanswered:
    """What is known of a request that has no answer."""
    return Unanswered(is_sent=not isinstance(error, UNSENT))


class Content(TypedDict, total=False):
    """What an order may say, beside its number and SKU. Equal content: the same order again."""

    quantity: int | None
    account: str | None
    max_amount: int | None
    buyer: BuyerIn | None
    metadata: dict[str, str] | None
    notify_url: str | None
    campaign: str | None


def checked(file: bytes, sha256: str) -> bytes:
    """The file, if it is the one that was said. Raises InvalidStatementError."""
    if hashlib.sha256(file).hexdigest() != sha256:
        raise InvalidStatementError
    return file
