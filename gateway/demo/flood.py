"""One partner floods, and another orders quietly: what that costs the quiet one.

The flood comes from a process of its own, `python -m gateway.demo.flood`: it must not take the
time of whoever measures. It is told what to do on stdin, line by line, and never on its command
line, which everybody on the machine could read.
"""

import asyncio
import contextlib
import itertools
import sys
import time
from collections.abc import AsyncIterator, Callable
from statistics import quantiles
from typing import Any, Final

import aiohttp
import orjson

from gateway.ground.outside.client import Answer, Client, Credentials
from gateway.ground.outside.process import PYTHON

TIMES: Final = 20  # the flood's pace, against the quiet partner's
UNANSWERED_MAX: Final = 256  # of the flood's, at a time


async def at_a_pace(
    send: Callable[[], Any], per_s: float, seconds: float, *, at_most: int = 10**9
) -> None:
    """Send so many a second, whoever still waits; `at_most` are on their way."""
    began, tasks = time.perf_counter(), set[asyncio.Task[Any]]()
    for number in range(int(per_s * seconds)):
        late_s = time.perf_counter() - began - number / per_s
        if late_s > seconds:
            break
        if late_s < 0:
            await asyncio.sleep(-late_s)
        if len(tasks) < at_most:
            task = asyncio.create_task(send())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    if tasks:
        await asyncio.wait(tasks)


class QuietPartner:
    """Orders at its own pace, beside a flood and without, in turns."""

    def __init__(
        self, order: Callable[[], Any], *, per_s: float, seconds: float, rounds: int
    ) -> None:
        self._order = order
        self._per_s = per_s
        self._seconds = seconds
        self._rounds = rounds
        self.alone_s: list[float] = []
        self.beside_s: list[float] = []

    async def measure(self, url: str, flooder: Credentials, sku: str) -> None:
        """All rounds."""
        async with _flooder(url, flooder, sku, self._per_s * TIMES) as flood:
            for _ in range(self._rounds):
                await self._turn(self.alone_s)
                await flood(self._seconds)
                await self._turn(self.beside_s)

    @property
    def ratio(self) -> float:
        """The p99 beside the flood against that without."""
        if min(len(self.alone_s), len(self.beside_s)) < 2:
            return 0.0
        alone_s, beside_s = (
            quantiles(took_s, n=100, method="inclusive")[98]
            for took_s in (self.alone_s, self.beside_s)
        )
        return round(beside_s / alone_s, 2)

    async def _turn(self, took_s: list[float]) -> None:
        async def order() -> None:
            answer: Answer = await self._order()
            took_s.append(answer.seconds)

        await at_a_pace(order, self._per_s, self._seconds)


@contextlib.asynccontextmanager
async def _flooder(
    url: str, key: Credentials, sku: str, per_s: float
) -> AsyncIterator[Callable[[float], Any]]:
    """The other process; call what it gives to have it flood for some seconds."""
    process = await asyncio.create_subprocess_exec(
        *PYTHON, "-m", "gateway.demo.flood",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    async def flood(seconds: float) -> None:
        stdin.write(b"%f\n" % seconds)
        await stdin.drain()
        await stdout.readline()  # it has begun

    told = {
        "url": url, "sku": sku, "per_s": per_s,
        "key_id": key.key_id, "secret": key.secret, "delivery_key": key.delivery_key,
    }  # fmt: skip
    stdin.write(orjson.dumps(told) + b"\n")
    try:
        await stdin.drain()
        await stdout.readline()  # it is there
        yield flood
    finally:
        stdin.close()
        await process.wait()


async def _be_the_flood() -> None:
    """Orders without money, as fast as told, each time for as long as told; until stdin ends."""
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    told = orjson.loads(await lines.readline())
    key = Credentials(**{name: told[name] for name in ("key_id", "secret", "delivery_key")})
    numbers = itertools.count()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        client = Client(session, told["url"], key)

        async def order() -> None:
            document = {"out_order_no": f"F{next(numbers)}", "sku": told["sku"]}
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                await client.post("/v1/orders", document)

        _say("here")
        while line := await lines.readline():
            _say("begun")
            await at_a_pace(order, told["per_s"], float(line), at_most=UNANSWERED_MAX)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_be_the_flood())
