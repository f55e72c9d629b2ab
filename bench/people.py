"""People at a shop of their own: a gateway, a simulated platform, and locust with its page."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.plan import Teller
from bench.presign import Credentials
from bench.record import RESULTS, ROOT, commit
from bench.servers import Server, ServerError, gateway_server, quangate, simulator_server
from bench.shop import PARTNER, RATE_PER_S, open_shop
from bench.topup_house import CONNECTOR, SKU, UPSTREAM, add_topup_sku, add_upstream

CODES: Final = "CARD"
STOCK: Final = 200_000  # more than people buy in an afternoon
FILE: Final = RESULTS / "people.json"
REPORT: Final = "people.json"
HOST: Final = "127.0.0.1"


async def receive_people(
    work: Path, teller: Teller, arguments: Sequence[str]
) -> tuple[int, Mapping[str, Any] | None]:
    """Open a shop, let locust bring people as its arguments say, and audit what was sold.

    Locust's exit code, and its figures; None: nobody came. Raises ServerError.
    """
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(
            simulator_server(CONNECTOR, work / "simulator.log")
        )
        data = work / "people"
        gateway = await stack.enter_async_context(gateway_server(data, work / "gateway.log"))
        teller.say("opening a shop …")
        shop = await open_shop(data, gateway)
        stack.push_async_callback(shop.ledger.connection.close)
        await shop.stock(CODES, STOCK)
        await add_upstream(data, UPSTREAM, simulator.port)
        await add_topup_sku(data, SKU, UPSTREAM)
        await shop.wait_for_topup(SKU)
        key = await _key(data)
        if "--headless" not in arguments:
            teller.say(f"people come when you say so: http://{HOST}:{_web_port(arguments)}")
        code = await _locust(work, gateway, key, arguments)
        audit = await shop.audit()
    if not audit.get("ok"):
        raise ServerError(f"the database does not add up after the people: {audit}")
    report = work / REPORT
    if not report.exists():
        return code, None
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return code, {
        "commit": commit(), "date": datetime.now(UTC).isoformat(timespec="seconds"), **found
    }  # fmt: skip


def keep(people: Mapping[str, Any], path: Path = FILE) -> None:
    """For the report."""
    path.write_text(json.dumps(people, indent=1) + "\n", encoding="utf-8")


def kept(path: Path = FILE) -> Mapping[str, Any] | None:
    """What was kept; None: nothing."""
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


async def _key(data: Path) -> Credentials:
    """What a shop has: it orders, and looks its orders up."""
    made = await quangate(
        data, "key", "create", PARTNER, "--rate", str(RATE_PER_S), "--scope", "orders:write",
        "--scope", "orders:read", "--scope", "codes:read",
    )  # fmt: skip
    return Credentials(key_id=made["key_id"], secret=made["secret"], delivery_key="")


def _web_port(arguments: Sequence[str]) -> str:
    for name in ("--web-port", "-P"):
        if name in arguments[:-1]:
            return arguments[list(arguments).index(name) + 1]
    return "8089"


async def _locust(work: Path, gateway: Server, key: Credentials, arguments: Sequence[str]) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "locust", "-f", str(ROOT / "bench" / "locustfile.py"),
        "--host", f"http://{HOST}:{gateway.port}", "--web-host", HOST, *arguments,
        cwd=ROOT,
        env={
            **os.environ, "PYTHONPATH": str(ROOT), "QUANGATE_KEY": key.key_id,
            "QUANGATE_SECRET": key.secret, "QUANGATE_SKU": CODES, "QUANGATE_TOPUP_SKU": SKU,
            "QUANGATE_PEOPLE": str(work / REPORT),
        },
    )  # fmt: skip
    try:
        return await process.wait()
    finally:
        if process.returncode is None:  # Ctrl-C reached locust, too: it ends by itself
            process.terminate()
            await process.wait()
