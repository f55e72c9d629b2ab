"""A partner's process: sends signed orders as fast as its window allows, and takes the webhooks.

The window is what makes a steady state: so many orders are under way, from the moment they
are sent until their end was told. wrk cannot do that, it knows nothing of webhooks. Requests
are made and signed before (bench.presign) and sent as they are over kept connections.

    python -m bench.partner GATEWAY_PORT WEBHOOK_PORT

Commands are JSON lines on stdin (the members of `Sending`, or `{"drain_s": 10}`), each is
answered by one JSON line on stdout. Webhooks are taken all the time. Nothing is verified: a
receiver that checks signatures is the demo's, this one must not cost what is measured.
"""

import asyncio
import gc
import json
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from bench.partner_bytes import member, milliseconds, requests, split

NUMBER = b'"out_order_no":"'
DELIVERED = b"order.delivered"
ENDED = {DELIVERED, b"order.partial", b"order.failed"}
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
PACE_S = 0.002  # how often a paced sending looks whether it may send more
ANSWERS_S_MAX = 30.0  # answers that are still missing then count as broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What is to be sent. It ends after `seconds`, or when all of the file was answered."""

    requests: str  # a file of bench.presign
    connections: int = 32
    seconds: float | None = None
    window: int | None = None  # orders under way at most; None: as many as connections allow
    per_s: float | None = None  # sent at this pace; None: as fast as the window allows
    ramp_s: float = 0.0  # not counted at the beginning
    slice_s: float = 1.0  # ends are counted in slices of this length, after the ramp


@dataclass(slots=True)
class Book:
    """Orders under way by their number, and the ends that were told. Moments are monotonic."""

    under_way: dict[bytes, float] = field(default_factory=dict)
    ends: list[tuple[float, float]] = field(default_factory=list)  # moment, seconds it took
    kinds: Counter[str] = field(default_factory=Counter)  # distinct messages by type
    repeated: int = 0
    _seen: set[bytes] = field(default_factory=set)

    def told(self, message_id: bytes, body: bytes) -> bool:
        """Note a message; whether it ended an order that was under way."""
        if message_id in self._seen:
            self.repeated += 1
            return False
        self._seen.add(message_id)
        kind = member(body, b'"type":"') or b""
        self.kinds[kind.decode()] += 1
        if kind not in ENDED:
            return False
        sent_at = self.under_way.pop(member(body, NUMBER) or b"", None)
        if sent_at is None:
            return False
        if kind == DELIVERED:
            now = time.monotonic()
            self.ends.append((now, now - sent_at))
        return True


class Sender:
    """One sending: hands requests to idle connections while window and pace allow it."""

    def __init__(self, sending: Sending, book: Book) -> None:
        self.sending = sending
        self.book = book
        self.answers: Counter[str] = Counter()
        self.answer_s: list[float] = []
        self.broken = 0
        self.sent = 0
        self.began = time.monotonic()
        self.over = asyncio.Event()
        self._idle: deque[Connection] = deque()
        self._open = 0
        self._requests = requests(Path(sending.requests))
        self._next = next(self._requests, None)
        self.dry = False

    @property
    def unanswered(self) -> int:
        """Requests sent and not answered."""
        return self._open - len(self._idle)

    def pump(self) -> None:
        """Send what may be sent now."""
        while self._idle and self._may_send():
            request, self._next = self._next, next(self._requests, None)
            assert request is not None
            number = member(request, NUMBER)
            if number is not None:
                self.book.under_way[number] = time.monotonic()
            self.sent += 1
            self._idle.popleft().send(request, number)
        if self._next is None:
            self.dry = True
            if self.unanswered == 0:
                self.over.set()

    def _may_send(self) -> bool:
        sending = self.sending
        if self.over.is_set() or self._next is None:
            return False
        if sending.window is not None and len(self.book.under_way) >= sending.window:
            return False
        if sending.per_s is None:
            return True
        return self.sent < (time.monotonic() - self.began) * sending.per_s

    def opened(self, connection: "Connection") -> None:
        """A connection may be used."""
        self._open += 1
        self._idle.append(connection)

    def answered(self, connection: "Connection", key: str, seconds: float) -> None:
        """A request was answered; an order that was not accepted is not under way."""
        self.answers[key] += 1
        self.answer_s.append(seconds)
        if not key.startswith("2") and connection.number is not None:
            self.book.under_way.pop(connection.number, None)
        self._idle.append(connection)
        self.pump()

    def lost(self, connection: "Connection") -> None:
        """A connection broke while a request was on it, or idle."""
        self._open -= 1
        if connection in self._idle:
            self._idle.remove(connection)
            return
        self.broken += 1
        self.pump()


class Connection(asyncio.Protocol):
    """One kept connection with at most one request on it."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._transport: Any = None
        self._buffer = b""
        self._sent_at = 0.0
        self.number: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        self._transport = transport
        self._sender.opened(self)

    def send(self, request: bytes, number: bytes | None) -> None:
        """Write a whole request."""
        self.number = number
        self._sent_at = time.monotonic()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Read one answer to its end."""
        self._buffer = self._buffer + data if self._buffer else data
        message = split(self._buffer)
        if message is None:
            return
        head, body, self._buffer = message
        key = head[9:12].decode()
        if key >= "400":
            key += " " + (member(body, b'"code":"') or b"?").decode()
        self._sender.answered(self, key, time.monotonic() - self._sent_at)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  counted alike
        """Gone."""
        self._sender.lost(self)

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


class Receiver(asyncio.Protocol):
    """One connection of the gateway that brings webhooks."""

    def __init__(self, office: "Office") -> None:
        self._office = office
        self._transport: Any = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take every message that is complete."""
        self._buffer = self._buffer + data if self._buffer else data
        while (message := split(self._buffer)) is not None:
            head, body, self._buffer = message
            at = head.index(b"webhook-id: ") + 12
            self._office.told(head[at : head.index(b"\r\n", at)], body)
            self._transport.write(NO_CONTENT)


class Office:
    """The process: carries out commands, takes webhooks meanwhile."""

    def __init__(self, gateway_port: int) -> None:
        self._gateway_port = gateway_port
        self.book = Book()
        self._sender: Sender | None = None

    def told(self, message_id: bytes, body: bytes) -> None:
        """A webhook came."""
        if self.book.told(message_id, body) and self._sender is not None:
            self._sender.pump()

    async def carry_out(self, command: dict[str, Any]) -> dict[str, Any]:
        """Do one thing and report."""
        if "drain_s" in command:
            return await self._drain(command["drain_s"])
        return await self._send(Sending(**command))

    async def _drain(self, seconds: float) -> dict[str, Any]:
        """Wait until nothing is under way; what is left then."""
        deadline = time.monotonic() + seconds
        while self.book.under_way and time.monotonic() < deadline:  # noqa: ASYNC110  an end
            await asyncio.sleep(0.02)
        left = len(self.book.under_way)
        self.book.under_way.clear()
        return {"left": left, "kinds": dict(self.book.kinds), "repeated": self.book.repeated}

    async def _send(self, sending: Sending) -> dict[str, Any]:
        self.book.ends.clear()
        sender = self._sender = Sender(sending, self.book)
        loop = asyncio.get_running_loop()
        connections = []
        for _ in range(sending.connections):
            _, connection = await loop.create_connection(
                lambda: Connection(sender), "127.0.0.1", self._gateway_port
            )
            connections.append(connection)
        sender.began = time.monotonic()
        pacing = asyncio.create_task(_keep_pace(sender))
        try:
            async with asyncio.timeout(sending.seconds):
                sender.pump()
                await sender.over.wait()
        except TimeoutError:
            sender.over.set()
        ended = time.monotonic()
        pacing.cancel()
        deadline = ended + ANSWERS_S_MAX
        while sender.unanswered and time.monotonic() < deadline:  # noqa: ASYNC110  an end
            await asyncio.sleep(0.005)
        report = _report(sender, ended)
        for connection in connections:
            connection.close()
        return report


async def _keep_pace(sender: Sender) -> None:
    while True:
        await asyncio.sleep(PACE_S)
        sender.pump()


def _report(sender: Sender, ended: float) -> dict[str, Any]:
    sending = sender.sending
    counted_from = sender.began + sending.ramp_s
    slices = [0] * max(1, int((ended - counted_from) / sending.slice_s + 0.01))
    took = []
    for moment, seconds in sender.book.ends:
        index = int((moment - counted_from) / sending.slice_s)
        if moment >= counted_from and index < len(slices):
            slices[index] += 1
            took.append(seconds)
    return {
        "duration_s": ended - sender.began,
        "sent": sender.sent,
        "answers": dict(sender.answers),
        "broken": sender.broken + sender.unanswered,
        "dry": sender.dry,
        "slices": slices,
        "answer_ms": milliseconds(sender.answer_s),
        "delivered_ms": milliseconds(took),
        "under_way": len(sender.book.under_way),
        "kinds": dict(sender.book.kinds),
        "repeated": sender.book.repeated,
    }


async def serve(gateway_port: int, webhook_port: int) -> None:
    """Listen for webhooks; carry out commands until stdin ends."""
    office = Office(gateway_port)
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Receiver(office), "127.0.0.1", webhook_port, backlog=1024)
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    sys.stderr.write("listening\n")
    sys.stderr.flush()
    while line := await commands.readline():
        answer = await office.carry_out(json.loads(line))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    gc.freeze()
    gc.disable()  # it makes no cycles, and lives as long as a measurement
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
