"""CPU per exchange of the two HTTP clients of `connectors`, in turns, the other side in a process.

`python -m bench.transports` prints medians over the rounds: microseconds of this process's CPU for
one POST of 300 bytes, 16 at once, connections kept; and the ratio of the two in each round.
"""

import asyncio
import json
import multiprocessing
import statistics
import sys
import time
from multiprocessing.connection import Connection

from aiohttp import web

from connectors.exchange import HttpRequest
from connectors.http1 import ClientLimits
from connectors.httpx_client import HttpxClient
from connectors.transport import Client, lean_client

ROUNDS = 12
EXCHANGES = 1_500
AT_ONCE = 16
BODY = b"x" * 300


def serve(ready: Connection) -> None:
    """Answer every request with 200 and a few bytes, until killed."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        return web.Response(body=b'{"code":0,"message":"ok","data":{}}')

    async def run() -> None:
        runner = web.ServerRunner(web.Server(answer))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        ready.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


async def cpu_us(client: Client, url: str) -> float:
    """Microseconds of CPU of this process per exchange."""
    loop = asyncio.get_running_loop()
    request = HttpRequest(method="POST", url=url, body=BODY, headers={"X-Sign": "s" * 64})

    async def some() -> None:
        for _ in range(EXCHANGES // AT_ONCE):
            await client.exchange(request, loop.time() + 30)

    await client.exchange(request, loop.time() + 30)
    before = time.process_time()
    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return (time.process_time() - before) / (EXCHANGES // AT_ONCE * AT_ONCE) * 1e6


async def measure(port: int) -> dict[str, float]:
    """Both clients in turns."""
    url = f"http://127.0.0.1:{port}/"
    lean, general = lean_client(ClientLimits(), None), HttpxClient(ClientLimits(exchanges_max=512))
    rounds = [(await cpu_us(lean, url), await cpu_us(general, url)) for _ in range(ROUNDS)]
    await lean.close()
    await general.close()
    ratios = sorted(b / a for a, b in rounds)
    return {
        "lean_us": round(statistics.median(a for a, _ in rounds), 1),
        "httpx_us": round(statistics.median(b for _, b in rounds), 1),
        "ratio": round(statistics.median(ratios), 2),
        "ratio_low": round(ratios[ROUNDS // 4], 2),
        "ratio_high": round(ratios[-ROUNDS // 4], 2),
    }


def main() -> None:
    """Print the figures as JSON."""
    ours, theirs = multiprocessing.Pipe()
    peer = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    peer.start()
    try:
        sys.stdout.write(json.dumps(asyncio.run(measure(ours.recv()))) + "\n")
    finally:
        peer.terminate()


if __name__ == "__main__":
    main()
