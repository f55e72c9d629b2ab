"""Sets the gateway up as an operator would, by its command line; asks its database afterwards."""

import asyncio
import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from bench.presign import ORDERS, Credentials, signature_headers
from bench.servers import Server, ServerError, quangate
from gateway.ground.native import open_jwe
from gateway.ground.sql.embedded import EmbeddedServer

PARTNER = "bench"
PRICE_MINOR = 1990
DEPOSIT_MINOR = 10**13
# A limit that is checked and never reached: what is measured is the check.
RATE_PER_S = 1_000_000
# Every order names its own buyer, so the limit is looked up and written each time.
PER_BUYER = 2
PATTERN = "AAAA-9999-####-####"
ORDER_DEADLINE_S = 30.0
APPEAR_DEADLINE_S = 40.0  # a sold-out answer may have to wait for a lease to end (30 s)

DELIVERED = """
SELECT coalesce(sum(delivered_quantity), 0)::bigint AS codes, max(id) AS last
FROM orders WHERE partner_id = $1 AND id > $2 AND state = 'delivered'
"""


async def wal_bytes(connection: Any) -> int:
    """How much log a server ever wrote."""
    found: int = await connection.fetchval(
        "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint"
    )
    return found


@dataclass(slots=True)
class GatewayLedger:
    """What the gateway's database says was delivered to our partner."""

    connection: Any
    partner_id: int
    last_order_id: int = 0

    async def codes_since_last(self) -> int:
        """Codes delivered since the last call, read until two readings agree."""
        seen = await self._read()
        while True:
            await asyncio.sleep(0.05)
            again = await self._read()
            if again == seen:
                break
            seen = again
        codes, last = seen
        self.last_order_id = last
        return codes

    async def transactions(self) -> int:
        """Transactions of the whole database so far, as its statistics count them."""
        await asyncio.sleep(1.1)  # sessions report their counts about once a second
        total: int = await self.connection.fetchval(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database"
            " WHERE datname = current_database()"
        )
        return total

    async def wal_bytes(self) -> int:
        """How much log was ever written."""
        return await wal_bytes(self.connection)

    async def _read(self) -> tuple[int, int]:
        row = await self.connection.fetchrow(DELIVERED, self.partner_id, self.last_order_id)
        return row["codes"], row["last"] or self.last_order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A running gateway with a partner that may order."""

    data: Path
    server: Server
    credentials: Credentials
    ledger: GatewayLedger

    @property
    def pids(self) -> dict[str, int]:
        """The processes whose processor time an order costs."""
        return {"server": self.server.pid, "database": postmaster_pid(self.data)}

    async def stock(self, sku: str, codes: int, *, per_buyer: int | None = PER_BUYER) -> None:
        """Offer a new SKU with that many codes, and wait until it can be ordered."""
        await quangate(self.data, "pool", "create", sku)
        if codes:
            await self.restock(sku, codes)
        await quangate(
            self.data, "sku", "create", sku, "--name", sku, "--kind", "code", "--pool", sku,
            "--price", str(PRICE_MINOR),
            *(() if per_buyer is None else ("--per-buyer", str(per_buyer))),
        )  # fmt: skip
        await self.wait_for(sku, "delivered" if codes else "sold-out")

    async def restock(self, sku: str, codes: int) -> None:
        """So many codes more for what `stock` offered."""
        await quangate(
            self.data, "codes", "generate", str(codes), "--pool", sku, "--pattern", PATTERN
        )
        await self.ledger.connection.execute("CHECKPOINT", timeout=120)

    async def wait_for(self, sku: str, wanted: str) -> None:
        """Order until the answer is the wanted state or problem code; open what is delivered."""
        deadline = time.monotonic() + APPEAR_DEADLINE_S
        attempt = 0
        while True:
            status, answer = await place_order(
                self.server.port, self.credentials, sku=sku, out_order_no=f"probe-{sku}-{attempt}"
            )
            if wanted in (answer.get("state"), answer.get("code")):
                break
            if time.monotonic() > deadline:
                raise ServerError(f"{sku} is not {wanted}: {status} {answer}")
            attempt += 1
            await asyncio.sleep(0.05)
        for code in answer.get("codes", ()):
            plain = json.loads(open_jwe(self.credentials.delivery_key, code["jwe"]))
            if not plain["code"]:
                raise ServerError(f"{sku} delivered an empty code")
        await self.ledger.codes_since_last()

    async def wait_for_topup(self, sku: str) -> None:
        """Order a top-up until one is taken: the gateway has heard of the SKU."""
        deadline = time.monotonic() + APPEAR_DEADLINE_S
        for attempt in itertools.count():
            status, answer = await place_order(
                self.server.port, self.credentials, sku=sku,
                out_order_no=f"probe-{sku}-{attempt}", account="13800000000",
            )  # fmt: skip
            if status == 201:
                return
            if time.monotonic() > deadline:
                raise ServerError(f"{sku} cannot be ordered: {status} {answer}")
            await asyncio.sleep(0.05)

    async def audit(self) -> dict[str, Any]:
        """What `quangate audit` says of all that was sold; a violation is not a ServerError."""
        try:
            return await quangate(self.data, "audit")
        except ServerError as error:
            return {"ok": False, "detail": str(error)}


async def open_shop(data: Path, server: Server) -> Shop:
    """Make a partner with funds and a key on a running gateway: all checks on, none in the way."""
    credentials = await open_account(data, PARTNER)
    connection = await asyncpg.connect(EmbeddedServer(data).dsn)
    partner_id = await connection.fetchval("SELECT id FROM partner WHERE name = $1", PARTNER)
    return Shop(
        data=data,
        server=server,
        credentials=credentials,
        ledger=GatewayLedger(connection, partner_id),
    )


async def open_account(data: Path, partner: str) -> Credentials:
    """A partner with funds that do not end, and a key with a rate limit it does not reach."""
    await quangate(data, "partner", "create", partner)
    await quangate(data, "account", "deposit", partner, str(DEPOSIT_MINOR), "--reference", "bench")
    return await make_key(data, partner, RATE_PER_S)


async def make_key(data: Path, partner: str, rate_per_s: int) -> Credentials:
    """A key of a partner that may order."""
    key = await quangate(
        data, "key", "create", partner, "--rate", str(rate_per_s),
        "--scope", "orders:write", "--scope", "codes:read",
    )  # fmt: skip
    return Credentials(key_id=key["key_id"], secret=key["secret"], delivery_key=key["delivery_key"])


def postmaster_pid(data: Path) -> int:
    """The process id of the embedded PostgreSQL of a data directory."""
    first_line, _ = (data / "postgres" / "postmaster.pid").read_text().split("\n", 1)
    return int(first_line)


async def place_order(
    port: int,
    credentials: Credentials,
    *,
    sku: str,
    out_order_no: str,
    account: str | None = None,
    **more: Any,
) -> tuple[int, dict[str, Any]]:
    """One signed order of one code or, with an account, of one top-up; its status and JSON.

    `more`: further members of the order, or others than the usual ones.
    """
    order: dict[str, Any] = {
        "out_order_no": out_order_no, "sku": sku, "buyer": {"id": out_order_no}
    }  # fmt: skip
    if account is not None:
        order["account"] = account
    return await post(port, credentials, ORDERS, order | more)


async def post(
    port: int, credentials: Credentials, target: str, document: Mapping[str, Any]
) -> tuple[int, dict[str, Any]]:
    """One signed request; its status and JSON."""
    body = json.dumps(document).encode()
    headers = signature_headers(
        credentials, method="POST", target=target, body=body,
        timestamp_s=int(time.time()), nonce=f"nonce-{time.time_ns()}",
    )  # fmt: skip
    async with (
        aiohttp.ClientSession(
            f"http://127.0.0.1:{port}", timeout=aiohttp.ClientTimeout(total=ORDER_DEADLINE_S)
        ) as session,
        session.post(
            target, data=body, headers={**headers, "Content-Type": "application/json"}
        ) as response,
    ):
        return response.status, await response.json(content_type=None)
