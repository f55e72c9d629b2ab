"""The listener: a burst of connections does not wait for turns of a busy loop."""

import asyncio
import errno
import socket
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
import uvloop

from gateway.ground.http import listener as room
from gateway.ground.http.listener import Listener
from tests.clock import PATIENCE_S

CLIENTS = 100
TURNS = 10


class Greetings:
    """Makes protocols that say a word to whoever connects."""

    def __init__(self) -> None:
        self.transports: list[asyncio.Transport] = []

    def __call__(self) -> asyncio.Protocol:
        """A protocol for one connection."""
        return _Greeting(self.transports)

    async def hang_up(self) -> None:
        """Close all connections."""
        for transport in self.transports:
            transport.abort()
        for _ in range(3):
            await asyncio.sleep(0)


class _Greeting(asyncio.Protocol):
    def __init__(self, transports: list[asyncio.Transport]) -> None:
        self._transports = transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no asyncio.Transport by inheritance.
        writing = cast("asyncio.Transport", transport)
        self._transports.append(writing)
        writing.write(b"hello")


def bound() -> socket.socket:
    """A loopback socket as the worker binds it."""
    each = socket.socket()
    each.bind(("127.0.0.1", 0))
    each.setblocking(False)
    return each


async def received(client: socket.socket) -> bytes:
    """What a client is told; the loop runs meanwhile."""
    client.setblocking(False)
    async with asyncio.timeout(PATIENCE_S):
        return await asyncio.get_running_loop().sock_recv(client, 5)


def connect(to: socket.socket) -> list[socket.socket]:
    """Clients that the kernel connects, whether anybody accepts them or not."""
    return [socket.create_connection(to.getsockname(), timeout=PATIENCE_S) for _ in range(CLIENTS)]


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_a_burst_is_accepted_within_a_few_turns(
    run: Callable[[Coroutine[Any, Any, None]], None],
) -> None:
    """A hundred waiting clients are served in ten turns of the loop, not in a hundred."""

    async def main() -> None:
        greetings = Greetings()
        listening = bound()
        listener = Listener(listening, greetings)
        listener.start()
        clients = connect(listening)
        try:
            for _ in range(TURNS):
                await asyncio.sleep(0)
            assert len(greetings.transports) == CLIENTS
            assert [await received(client) for client in clients] == [b"hello"] * CLIENTS
        finally:
            listener.close()
            await greetings.hang_up()
            for client in clients:
                client.close()

    run(main())


async def test_a_closed_listener_takes_nobody() -> None:
    """After close nobody connects any more."""
    listening = bound()
    address = listening.getsockname()
    listener = Listener(listening, Greetings())
    listener.start()
    listener.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=PATIENCE_S)


async def test_whoever_waits_at_the_end_is_taken() -> None:
    """A client that the kernel has connected is not reset by the end of the listening.

    Seen red with the socket closed at once.
    """
    greetings = Greetings()
    listening = bound()
    listener = Listener(listening, greetings)
    listener.start()
    with socket.create_connection(listening.getsockname(), timeout=PATIENCE_S) as client:
        listener.close()
        assert await received(client) == b"hello"
    await greetings.hang_up()


async def test_a_successor_has_the_same_socket() -> None:
    """Of two that listen on one socket the first ends: whoever waits is the other's, and so is
    whoever comes. Seen red with `listen` taken from the socket by a shutdown.
    """
    greetings = Greetings()
    listening = bound()
    successor = Listener(listening.dup(), greetings)
    first = Listener(listening, Greetings())
    first.start()
    with socket.create_connection(listening.getsockname(), timeout=PATIENCE_S) as waiting:
        address = listening.getsockname()
        first.close(last=False)
        successor.start()
        assert await received(waiting) == b"hello"
        with socket.create_connection(address, timeout=PATIENCE_S) as coming:
            assert await received(coming) == b"hello"
    successor.close()
    await greetings.hang_up()


async def test_whoever_waits_for_another_worker_is_helped() -> None:
    """Its socket is ours too: it was killed, or it stands still. A third does not even listen.

    Seen red without `_help`.
    """
    greetings = Greetings()
    anothers, thirds = bound(), bound()
    anothers.listen()
    listener = Listener(bound(), greetings, others=(thirds, anothers))
    listener.start()
    with socket.create_connection(anothers.getsockname(), timeout=PATIENCE_S) as client:
        assert await received(client) == b"hello"
    listener.close()
    assert anothers.fileno() == -1
    await greetings.hang_up()


async def test_without_descriptors_it_pauses_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the process may open no more, clients wait a little instead of spinning the loop."""
    monkeypatch.setattr(room, "PAUSE_S", 0.01)

    class Exhausted:
        """A listening socket that fails once."""

        def __init__(self, real: socket.socket) -> None:
            self.real = real
            self.tries = 0

        def accept(self) -> tuple[socket.socket, Any]:
            """No descriptor the first time."""
            self.tries += 1
            if self.tries == 1:
                raise OSError(errno.EMFILE, "Too many open files")
            return self.real.accept()

        def __getattr__(self, name: str) -> Any:
            return getattr(self.real, name)

    greetings = Greetings()
    listening = bound()
    exhausted = Exhausted(listening)
    listener = Listener(exhausted, greetings)  # type: ignore[arg-type]
    listener.start()
    with socket.create_connection(listening.getsockname(), timeout=PATIENCE_S) as client:
        assert await received(client) == b"hello"
        assert exhausted.tries >= 2
    listener.close()
    await greetings.hang_up()


async def test_the_kernel_keeps_little_of_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes before a handler runs is bounded: a crowd's bodies are counted only then."""
    monkeypatch.setattr(
        room, "RECEIVE_BYTES", 20_000
    )  # the usual is the kernel's own, to begin with
    greetings = Greetings()
    listening = bound()
    listener = Listener(listening, greetings)
    listener.start()
    client = socket.create_connection(listening.getsockname())
    assert await received(client) == b"hello"
    accepted = greetings.transports[0].get_extra_info("socket")
    kept = accepted.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    assert kept in {20_000, 40_000}  # Linux doubles what is asked for
    client.close()
    await greetings.hang_up()
    listener.close()
