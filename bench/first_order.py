"""From an empty directory to the first order: how long an operator waits for it to work.

In the clock: starting `quangate serve` (interpreter, imports), initialising and starting
PostgreSQL, the migrations, the key file, and meanwhile, in this process, the commands that
make a partner, money, a key, a pool, 1,000 codes and a SKU; then a signed order until it is
answered 201. Not in the clock: importing the command line here, once. So six commands cost
what they do, not six starts of an interpreter.
"""

import asyncio
import contextlib
import io
import json
import shutil
import time
from pathlib import Path
from typing import Any

import aiohttp

from bench.figures import Figure
from bench.plan import Plan, Teller
from bench.presign import Credentials
from bench.servers import ServerError, gateway_server
from bench.shop import PATTERN, place_order
from bench.spread import spread
from gateway import command_line as root
from gateway.ground.sql.embedded import EmbeddedServer

RUNS = 5
DEADLINE_S = 60.0
SKU = "FIRST"
CODES = "1000"


async def measure_first_order(plan: Plan, teller: Teller) -> list[Figure]:
    """A few starts, each in a new directory."""
    for room in root.rooms():
        with contextlib.suppress(ImportError):  # a room that is not built yet is not needed here
            root.load_room(room)
    seconds = []
    with teller.steps("first order", RUNS) as steps:
        for i in range(RUNS):
            directory = plan.work / f"first-order-{i}"
            seconds.append(await _one_start(directory, plan.work / "first-order.log"))
            shutil.rmtree(directory)
            steps.done(f"{seconds[-1]:.2f} s")
    return [Figure(key="first_order_s", spread=spread(seconds))]


async def _one_start(data: Path, log: Path) -> float:
    began = time.perf_counter()
    async with gateway_server(data, log, wait=False) as server_process:
        server = EmbeddedServer(data)
        try:
            credentials = await asyncio.to_thread(_set_up, data, server)
            await _first_order(server_process.port, credentials, log)
            return time.perf_counter() - began
        finally:
            await asyncio.to_thread(server.release)


def _set_up(data: Path, server: EmbeddedServer) -> Credentials:
    """Run the commands; the server is held so that no command is the last user that stops it."""
    server.start()
    partner = "first"
    _run(data, "partner", "create", partner)
    _run(data, "account", "deposit", partner, "1000000", "--reference", "first")
    key = _run(data, "key", "create", partner)
    _run(data, "pool", "create", SKU)
    _run(data, "codes", "generate", CODES, "--pool", SKU, "--pattern", PATTERN)
    _run(
        data, "sku", "create", SKU, "--name", SKU, "--kind", "code", "--pool", SKU,
        "--price", "1990",
    )  # fmt: skip
    return Credentials(key_id=key["key_id"], secret=key["secret"], delivery_key=key["delivery_key"])


def _run(data: Path, *arguments: str) -> dict[str, Any]:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exit_code = root.run([*arguments, "--data", str(data), "--json"])
    lines = output.getvalue().strip().splitlines()
    if exit_code != 0 or not lines:
        raise ServerError(f"quangate {' '.join(arguments)}: {lines[-1:]}")
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


async def _first_order(port: int, credentials: Credentials, log: Path) -> None:
    deadline = time.perf_counter() + DEADLINE_S
    status = 0
    answer: dict[str, Any] = {}
    while status != 201:
        if time.perf_counter() > deadline:
            raise ServerError(f"the first order was not taken: {status} {answer}; see {log}")
        try:
            status, answer = await place_order(port, credentials, sku=SKU, out_order_no="first")
        except aiohttp.ClientConnectionError:
            status = 0  # it does not listen yet
        if status != 201:
            await asyncio.sleep(0.005)
