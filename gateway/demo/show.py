"""The demo from an empty directory to a verdict."""

import asyncio
import contextlib
import os
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp

from gateway.demo.client import Client, Credentials
from gateway.demo.process import Gateway, quangate
from gateway.demo.sale import (
    CONNECTIONS,
    POOR_ORDERS_PAID,
    PRICE_MINOR,
    Sale,
    Scale,
    listed_orders,
)
from gateway.demo.tally import Tally

SKU = "VIP-MONTH"
POOL = "vip-month"
RICH_MINOR = 10**12
DUPLICATES_IN_FILE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the demo reports; the names are those of its JSON."""

    orders_accepted: int
    codes_delivered: int
    distinct_codes: int
    oversold: int  # delivered beyond the stock, or not from the file
    duplicates: int  # codes that two orders got, and numbers created twice
    lost: int  # accepted orders the gateway does not list as delivered afterwards
    sold_out_answers: int
    replays: int
    replays_agree: bool
    conflicts: int
    insufficient_balance: int
    unexpected: int  # refusals nobody asked for
    refusals: dict[str, int]  # all of them, by problem code
    goodput_per_s: float  # accepted orders
    codes_per_s: float
    p50_ms: float
    p99_ms: float
    imported: int
    leased_after_stop: int
    audit_ok: bool

    @property
    def ok(self) -> bool:
        """Whether every promise was kept."""
        broken = self.oversold or self.duplicates or self.lost or self.unexpected
        return bool(
            not broken
            and self.replays_agree
            and self.audit_ok
            and self.leased_after_stop == 0
            and self.codes_delivered == self.imported
        )

    def document(self) -> dict[str, object]:
        """The verdict as JSON members."""
        return {**asdict(self), "ok": self.ok}


async def run_demo(
    data: Path, scale: Scale, *, workers: int, progress: Callable[[str], None]
) -> Verdict:
    """Run everything in `data`, which must be empty or absent."""
    progress("starting PostgreSQL and the gateway in " + str(data))
    gateway = Gateway(data, workers=workers)
    await gateway.start()
    tally = Tally()
    try:
        progress(f"importing a file of {scale.file_codes:,} codes, creating partners")
        codes, credentials, imported = await _set_up(data, scale)
        async with _session() as session:
            clients = {name: Client(session, gateway.url, one) for name, one in credentials.items()}
            sale = Sale(clients=clients, sku=SKU, scale=scale, tally=tally, progress=progress)
            await sale.run()
            progress("reading all orders back")
            lost = await _count_lost(clients, tally)
    finally:
        exit_code = await gateway.stop()
    progress("auditing the books")
    audit = await quangate(data, "audit")
    stats = await quangate(data, "codes", "stats", "--pool", POOL)
    return _judge(
        tally, codes, imported, lost, sale.seconds,
        leased=int(stats["leased"]) + exit_code, audit_ok=bool(audit["ok"]),
    )  # fmt: skip


def _judge(
    tally: Tally, codes: set[str], imported: int, lost: int, seconds: float, *,
    leased: int, audit_ok: bool,
) -> Verdict:  # fmt: skip
    delivered = {code for got in tally.accepted.values() for code in got}
    expected = {"sold-out", "order-conflict", "insufficient-balance", "busy"}
    return Verdict(
        orders_accepted=len(tally.accepted),
        codes_delivered=tally.codes_delivered,
        distinct_codes=tally.distinct_codes,
        oversold=max(0, tally.codes_delivered - imported) + len(delivered - codes),
        duplicates=tally.codes_delivered - tally.distinct_codes + tally.second_creations,
        lost=lost,
        sold_out_answers=tally.refused["sold-out"],
        replays=tally.replays,
        replays_agree=tally.replays_that_differ == 0,
        conflicts=tally.refused["order-conflict"],
        insufficient_balance=tally.refused["insufficient-balance"],
        unexpected=sum(n for code, n in tally.refused.items() if code not in expected),
        refusals=dict(tally.refused),
        goodput_per_s=round(len(tally.accepted) / seconds, 1),
        codes_per_s=round(tally.codes_delivered / seconds, 1),
        p50_ms=tally.percentile_ms(50),
        p99_ms=tally.percentile_ms(99),
        imported=imported,
        leased_after_stop=leased,
        audit_ok=audit_ok,
    )


async def _set_up(data: Path, scale: Scale) -> tuple[set[str], dict[str, Credentials], int]:
    """Pool, SKU, partners and keys, by the command line, while the gateway runs."""
    await quangate(data, "pool", "create", POOL)
    with _codes_file(scale.file_codes) as (path, codes):
        imported, *credentials = await asyncio.gather(
            quangate(data, "codes", "import", str(path), "--pool", POOL),
            _partner(data, "rush", RICH_MINOR),
            _partner(data, "wholesale", RICH_MINOR),
            _partner(data, "poor", POOR_ORDERS_PAID * PRICE_MINOR),
        )
    await quangate(
        data, "sku", "create", SKU, "--name", "VIP, one month", "--kind", "code",
        "--pool", POOL, "--price", str(PRICE_MINOR), "--per-buyer", "5",
    )  # fmt: skip
    names = ("rush", "wholesale", "poor")
    return codes, dict(zip(names, credentials, strict=True)), int(imported["imported"])


async def _partner(data: Path, name: str, balance_minor: int) -> Credentials:
    await quangate(data, "partner", "create", name)
    await quangate(data, "account", "deposit", name, str(balance_minor), "--reference", "demo")
    key = await quangate(data, "key", "create", name, "--rate", "1000000")
    return Credentials(key_id=key["key_id"], secret=key["secret"], delivery_key=key["delivery_key"])


@contextlib.contextmanager
def _codes_file(count: int) -> Iterator[tuple[Path, set[str]]]:
    """A supplier's file: a header, codes with PINs, duplicates, a blank and a spoiled line."""
    chance = random.Random(7)  # noqa: S311 - made-up codes
    codes = [f"VIP{n:07d}{chance.randrange(10**8):08d}" for n in range(count)]
    duplicates = min(DUPLICATES_IN_FILE, count // 10)
    lines = ["卡号,密码", *(f"{code},{chance.randrange(10**6):06d}" for code in codes)]
    lines += [f"{code},000000" for code in codes[:duplicates]]
    lines += ["", "3.465E+15,1"]
    descriptor, name = tempfile.mkstemp(prefix="quangate-demo-", suffix=".csv")
    try:
        with os.fdopen(descriptor, "w", encoding="gb18030", newline="") as file:
            file.write("\r\n".join(lines))
        yield Path(name), set(codes)
    finally:
        Path(name).unlink()


async def _count_lost(clients: dict[str, Client], tally: Tally) -> int:
    """Accepted orders that the gateway does not list as delivered."""
    listed = set()
    for partner, client in clients.items():
        async for order in listed_orders(client):
            if order["state"] == "delivered":
                listed.add((partner, order["out_order_no"]))
    return len(set(tally.accepted) - listed)


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=4 * CONNECTIONS),
        timeout=aiohttp.ClientTimeout(total=60),
    )
