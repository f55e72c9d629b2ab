"""The front answers as aiohttp does: the same bytes to both, well-formed and hostile.

`STREAMS=100000 pytest --hypothesis-profile=explore` tries as many others.
"""

import asyncio
import itertools
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world.two_fronts import Said, Wire, connect, rest, say

POST = b"POST %b HTTP/1.1\r\nHost: x\r\n%bContent-Length: %d\r\n\r\n%b"


def post(target: bytes = b"/hot", lines: bytes = b"", body: bytes = b"{}") -> bytes:
    """A plain request, but for what is put into it."""
    return POST % (target, lines, len(body), body)


WHOLE = post()
CHUNKED = b"POST /hot HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
RECORDED = {
    "one": WHOLE,
    "many": WHOLE * 50,
    "waiting": post(lines=b"X-Wait: 1\r\n") * 5 + WHOLE,
    "refused for its head": post(lines=b"X-Refuse: head\r\n") * 3 + WHOLE,
    "refused for its head alone": post(lines=b"X-Refuse: head\r\n", body=b"") + WHOLE,
    "in tasks": post(b"/hot/a", b"X-Wait: 1\r\n") * 3 + post(b"/hot/b") + WHOLE,
    "broken task": post(b"/broken/a") * 2 + WHOLE,
    "refused": post(lines=b"X-Refuse: 1\r\n") * 2 + WHOLE,
    "broken": post(b"/broken") + WHOLE,
    "variable": post(b"/hot/a%2Fb") + post(b"/hot/"),
    "query": post(b"/hot?a=b") + post(b"/hot?"),
    "nowhere": post(b"/nowhere") + post(b"*") + WHOLE,
    "mixed": WHOLE + b"GET /hot HTTP/1.1\r\nHost: x\r\n\r\n" + WHOLE + post(b"/cold") + WHOLE,
    "wrong method": b"PUT /hot HTTP/1.1\r\nHost: x\r\n\r\n" + WHOLE,
    "strange method": b"BREW /hot HTTP/1.1\r\nHost: x\r\n\r\n" + WHOLE,
    "head": b"HEAD /hot HTTP/1.1\r\nHost: x\r\n\r\n" + WHOLE,
    "no body": b"POST /hot HTTP/1.1\r\nHost: x\r\n\r\n" + WHOLE,
    "empty body": post(body=b"") + WHOLE,
    "large body": post(body=b"x" * 65_536) + post(body=b"x" * 65_537) + WHOLE,
    "close": post(lines=b"Connection: close\r\n") + WHOLE,
    "keep": post(lines=b"Connection: Keep-Alive\r\n") + WHOLE,
    "old": WHOLE.replace(b"1.1", b"1.0") + WHOLE,
    "absolute": post(b"http://x/hot") + WHOLE,
    "fragment": post(b"/hot#x") + WHOLE,
    "type": post(lines=b"Content-Type: text/plain\r\n") + WHOLE,
    "encoded": post(lines=b"Content-Encoding: gzip\r\n") + WHOLE,
    "expecting": post(lines=b"Expect: 100-continue\r\n") + WHOLE,
    "upgrade": post(lines=b"Connection: upgrade\r\nUpgrade: websocket\r\n") + WHOLE,
    "tunnel": b"CONNECT /hot HTTP/1.1\r\nHost: x\r\n\r\n" + WHOLE,
    "chunked": CHUNKED + WHOLE,
    "both lengths": post(lines=b"Content-Length: 3\r\n") + WHOLE,
    "same lengths": post(lines=b"Content-Length: 2\r\n") + WHOLE,
    "length and chunks": post(lines=b"Transfer-Encoding: chunked\r\n") + WHOLE,
    "chunks misspelt": post(lines=b"Transfer-Encoding : chunked\r\n") + WHOLE,
    "chunks twice": post(lines=b"Transfer-Encoding: chunked, chunked\r\n") + WHOLE,
    "signed length": WHOLE.replace(b": 2", b": +2") + WHOLE,
    "long length": WHOLE.replace(b": 2", b": 0002") + WHOLE,
    "no length": WHOLE.replace(b": 2", b":") + WHOLE,
    "endless length": WHOLE.replace(b": 2", b": 99999999999999999999999") + WHOLE,
    "length in hexadecimal": WHOLE.replace(b": 2", b": 0x2") + WHOLE,
    "line feeds": WHOLE.replace(b"\r\n", b"\n") + WHOLE,
    "one line feed": WHOLE.replace(b"Host: x\r\n", b"Host: x\n") + WHOLE,
    "carriage returns": WHOLE.replace(b"Host: x\r\n", b"Host: x\r") + WHOLE,
    "folded": post(lines=b"A: b\r\n c\r\n") + WHOLE,
    "nul": post(lines=b"A: b\0c\r\n") + WHOLE,
    "not ascii": post(lines="A: ä\r\n".encode()) + WHOLE,
    "blank lines": b"\r\n\r\n" + WHOLE,
    "blank behind": WHOLE + b"\r\n" + WHOLE,
    "no host": b"POST /hot HTTP/1.1\r\nContent-Length: 0\r\n\r\n" + WHOLE,
    "two hosts": post(lines=b"Host: y\r\n") + WHOLE,
    "two faults": b"POST / HTTP/1.1\r\nHost: x\r\nHost: y\r\nC\r\nontent-Length: 0\r\n\r\n",
    "same name twice": post(lines=b"X-Wait: \r\nX-Wait: 1\r\n") + WHOLE,
    "forwarded": post(lines=b"X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\n") + WHOLE,
    "long head": post(lines=b"A: %b\r\n" % (b"x" * 9_000)) + WHOLE,
    "long target": post(b"/hot?" + b"x" * 9_000) + WHOLE,
    "many lines": post(lines=b"".join(b"A%d: b\r\n" % n for n in range(100))) + WHOLE,
    "too many lines": post(lines=b"".join(b"A%d: b\r\n" % n for n in range(200))) + WHOLE,
    "unfinished head": WHOLE + WHOLE[:20],
    "unfinished body": WHOLE + WHOLE[:-1],
    "no http": b"hello\r\n\r\n" + WHOLE,
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + WHOLE,
}


async def both(pieces: list[bytes], *, at_once: bool = False) -> tuple[Said, Said]:
    """The same to a connection with a front (which takes some at once), and to one without."""
    with_front = await say(pieces, with_front=True, at_once=at_once)
    return with_front, await say(pieces, with_front=False)


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("piece_bytes", [None, 7, 1_000])
@pytest.mark.parametrize("at_once", [False, True])
async def test_recorded_streams_are_answered_alike(
    name: str, piece_bytes: int | None, *, at_once: bool
) -> None:
    """What is known to have been read in two ways somewhere, at once and in pieces.

    Seen red with lone line feeds taken for the end of a line, with a head of which a body is
    missing taken for whole, and with what comes while a request is under way answered first.
    """
    stream = RECORDED[name]
    size = piece_bytes or len(stream)
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    with_front, without = await both(pieces, at_once=at_once)
    assert with_front.says_no_less(without), (with_front, without)


class Quick(Wire):
    """A client that asks again before the loop's next turn."""

    def __init__(self, requests: list[bytes]) -> None:
        super().__init__()
        self.requests = requests

    def write(self, data: Any) -> None:
        super().write(data)
        if self.requests:
            asyncio.get_running_loop().call_soon(self.feed, self.requests.pop(0))


async def test_who_asks_at_once_is_answered_by_the_front() -> None:
    """Aiohttp knows later than its client that it has nothing to do.

    Seen red with the front waiting for aiohttp to wait.
    """
    wire, connection = connect(Quick([WHOLE] * 5), with_front=True)
    wire.feed(post(b"/cold"))
    await rest(wire)
    assert wire.written.count(b"HTTP/1.1 200 OK") == 6
    assert connection._manager.requests_count == 1


async def test_the_first_request_is_the_front_s_too() -> None:
    """Data comes with the connection; seen red as above."""
    wire, connection = connect(with_front=True)
    wire.feed(WHOLE)
    await rest(wire)
    assert wire.written.count(b"HTTP/1.1 200 OK") == 1
    assert connection._manager.requests_count == 0


async def test_nothing_is_answered_after_a_last_answer() -> None:
    """Of aiohttp's, which closes the connection in its next turn.

    Seen red with the front not knowing whether aiohttp goes on.
    """

    class SentAway(Quick):
        def write(self, data: Any) -> None:
            super().write(data)
            self.protocol.leaving = False  # it was chosen, and is not any more

    wire, connection = connect(SentAway([WHOLE]), with_front=True)
    connection.leaving = True
    wire.feed(post(b"/cold"))
    await rest(wire)
    assert wire.written.count(b"HTTP/1.") == 1
    assert wire.is_closing()


LINES = st.sampled_from(
    [
        b"X-Wait: 1", b"X-Refuse: 1", b"X-Refuse: head", b"X-A:  b ",
        b"Connection: close", b"Connection: keep-alive",
        b"Content-Type: application/json", b"Content-Type: text/plain", b"Expect: 100-continue",
        b"Transfer-Encoding: chunked", b"transfer-encoding:identity", b"Content-Length: 2",
        b"Content-Length: 0", b"content-length:00", b"Host: y", b"Upgrade: h2c", b"A: \xc3\xa4",
        b"A : b", b" folded", b"", b"A", b":", b"Content-Encoding: identity", b"Trailer: A",
        b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ]
)  # fmt: skip
REQUESTS = st.builds(
    lambda method, target, version, lines, end, body: (
        method + b" " + target + b" " + version + end + b"Host: x" + end
        + b"".join(line + end for line in lines)
        + b"Content-Length: %d" % len(body) + end + end + body
    ),
    st.sampled_from([b"POST", b"POST", b"POST", b"GET", b"HEAD", b"PUT", b"post", b"CONNECT"]),
    st.sampled_from([b"/hot", b"/hot", b"/hot/a", b"/cold", b"/hot?a", b"/", b"*", b"http://x/hot"]),
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"http/1.1"]),
    st.lists(LINES, max_size=3),
    st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n"]),
    st.sampled_from([b"", b"{}", b"0\r\n\r\n", WHOLE, b"x" * 100]),
)  # fmt: skip


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    """Some requests, perhaps with a few bytes wrong, in pieces."""
    stream = bytearray(b"".join(draw(st.lists(st.one_of(REQUESTS, st.just(WHOLE)), max_size=5))))
    for _ in range(draw(st.integers(0, 2))):
        if stream:
            stream[draw(st.integers(0, len(stream) - 1))] = draw(
                st.sampled_from(b"\r\n :/a0\0\xff")
            )
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=4)))
    edges = [0, *cuts, len(stream)]
    return [bytes(stream[a:b]) for a, b in itertools.pairwise(edges) if a < b]


@settings(max_examples=int(os.environ.get("STREAMS", "1000")))
@given(streams(), st.booleans())
def test_any_streams_are_answered_alike(pieces: list[bytes], at_once: bool) -> None:
    """Status, headers, body and whether the connection goes on.

    Seen red as the recorded ones.
    """
    with_front, without = asyncio.run(both(pieces, at_once=at_once))
    assert with_front.says_no_less(without), (with_front, without)
