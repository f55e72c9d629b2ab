"""What an operator reads of an answer that is none: which rule its framing broke, and no more."""

import pytest

from connectors.exchange import FailureKind
from tests.world.http_client_play import HEAD, answering, client_of, failure_of, get
from tests.world.raw_server import raw_server


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"Content-Length: 2\r\nContent-Length: 2\r\n", "Content-Length"),
        (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding"),
        (b"Content-Length: two canary-7261\r\n", "Content-Length"),
        (b"Transfer-Encoding: chunked\r\n", "chunk"),
    ],
)
async def test_why_an_answer_is_none_is_said(head: bytes, words: str) -> None:
    """An operator reads what was wrong with its framing; nothing of the answer is quoted."""
    async with (
        raw_server(answering(HEAD + head + b"\r\ncanary-7261")) as server,
        client_of() as client,
    ):
        failure = await failure_of(get(client, server.url))
    assert failure.kind is FailureKind.LOST
    assert words in str(failure)
    assert "canary" not in str(failure)
