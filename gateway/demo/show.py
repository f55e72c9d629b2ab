"""The demo from an empty directory to a verdict."""

import asyncio
import contextlib
import os
import random
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from connectors.sdk.client import AsyncQuangate
from gateway.demo import flash_setup, topups
from gateway.demo.flash import CHANNELS, Act
from gateway.demo.flash_book import FlashBook, FlashVerdict, judge_flash
from gateway.demo.receiver import Receiver
from gateway.demo.sale import (
    CONNECTIONS,
    POOR_ORDERS_PAID,
    PRICE_MINOR,
    Sale,
    Scale,
)
from gateway.demo.shops import Listener, Shop
from gateway.demo.steps import Steps
from gateway.demo.tally import Tally
from gateway.demo.verdict import Verdict, judge_codes
from gateway.ground.outside.client import Client, Credentials
from gateway.ground.outside.process import Server, gateway, quangate, simulator

SKU = "VIP-MONTH"
POOL = "vip-month"
RICH_MINOR = 10**12
DUPLICATES_IN_FILE = 500
BUYERS = ("rush", "wholesale", "poor")
AGENT = "agent"  # buys the top-ups, and is told by webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What both acts play on; `codes` are those of the imported file."""

    gateway: Server
    simulators: Mapping[str, Server]
    receiver: Receiver
    listener: Listener
    credentials: Mapping[str, Credentials]
    codes: set[str]
    imported: int


async def run_demo(data: Path, scale: Scale, *, workers: int, steps: Steps) -> Verdict:
    """Run everything in `data`, which must be empty or absent."""
    tally = Tally()
    async with _stage(data, scale, workers=workers, steps=steps) as stage, _session() as session:
        clients = {
            name: Client(session, stage.gateway.url, one) for name, one in stage.credentials.items()
        }
        del clients[AGENT]
        sale = Sale(clients=clients, sku=SKU, scale=scale, tally=tally, steps=steps)
        await sale.run()
        steps.step("reading all orders back")
        lost = await _count_lost(stage, tally)
        flash = await _play_flash(data, stage, clients, scale, steps)
        async with _partner_of(stage, AGENT) as agent:
            top_ups = await topups.TopUpAct(
                client=agent,
                session=session,
                simulators={name: one.url for name, one in stage.simulators.items()},
                receiver=stage.receiver,
                count=scale.top_ups,
                steps=steps,
            ).run()
        steps.step("auditing the books")
        exit_code = await stage.gateway.stop()
    audit, stats, (shelves, flash_stats) = await asyncio.gather(
        quangate(data, "audit"),
        quangate(data, "codes", "stats", "--pool", POOL),
        flash_setup.look(data),
    )
    return Verdict(
        codes=judge_codes(
            tally, stage.codes, imported=stage.imported, lost=lost, seconds=sale.seconds
        ),
        flash=_judge_flash(flash, shelves, flash_stats, scale),
        top_ups=top_ups,
        leased_after_stop=int(stats["leased"]) + int(flash_stats["leased"]) + exit_code,
        audit_ok=bool(audit["ok"]),
    )


async def _play_flash(
    data: Path, stage: Stage, clients: Mapping[str, Client], scale: Scale, steps: Steps
) -> Act:
    act = Act(
        scale=scale.flash,
        client=clients["rush"],
        quiet=clients["wholesale"],
        flooder=stage.credentials["poor"],
        url=stage.gateway.url,
        shops={name: Shop(stage.gateway.url, name, stage.listener.url) for name in CHANNELS},
        book=FlashBook(flash_setup.allowed(scale.flash)),
        steps=steps,
    )
    await act.run(end_campaign=partial(flash_setup.end_campaign, data))
    return act


def _judge_flash(
    act: Act, shelves: list[dict[str, Any]], stats: dict[str, Any], scale: Scale
) -> FlashVerdict:
    return judge_flash(
        act.book,
        act.holds,
        shelves,
        stats,
        stock=scale.flash.stock,
        seconds=act.seconds,
        flood_p99_ratio=act.partner.ratio,
    )


@contextlib.asynccontextmanager
async def _stage(data: Path, scale: Scale, *, workers: int, steps: Steps) -> AsyncIterator[Stage]:
    """A gateway with partners, codes and upstreams; everything is stopped at the end."""
    receiver, listener = Receiver(), Listener()
    # The receiver is on loopback, which webhooks do not reach unless they are allowed to.
    own = gateway(data, workers=workers, settings={"QUANGATE_WEBHOOK_ALLOW": "127.0.0.1/32"})
    south = simulator(data, "kasushou")
    servers = [own, south]
    try:
        steps.step("starting the gateway and two upstreams", lambda: str(data))
        await asyncio.gather(receiver.start(), listener.start(), own.start(), south.start())
        # Requests to this platform name no callback address: it is configured there.
        north = simulator(data, "fulu", "--callback-url", f"{own.url}/callbacks/north")
        servers.append(north)
        await north.start()
        steps.step(f"importing {scale.file_codes:,} codes, making partners")
        (codes, imported), buyers, agent, _ = await asyncio.gather(
            _set_up_codes(data, scale),
            _set_up_buyers(data, scale),
            _set_up_agent(data, receiver),
            topups.set_up(data, north_url=north.url, south_url=south.url),
        )
        yield Stage(
            gateway=own,
            simulators={"north": north, "south": south},
            receiver=receiver,
            listener=listener,
            credentials={**buyers, AGENT: agent},
            codes=codes,
            imported=imported,
        )
    finally:
        await asyncio.gather(*(server.stop() for server in servers))
        await asyncio.gather(receiver.stop(), listener.stop())


async def _set_up_codes(data: Path, scale: Scale) -> tuple[set[str], int]:
    """Pool, codes and SKU, by the command line, while the gateway runs."""
    await quangate(data, "pool", "create", POOL)
    with _codes_file(scale.file_codes) as (path, codes):
        sku = quangate(
            data, "sku", "create", SKU, "--name", "VIP, one month", "--kind", "code",
            "--pool", POOL, "--price", str(PRICE_MINOR), "--per-buyer", "5",
        )  # fmt: skip
        answer: dict[str, Any]
        answer, _ = await asyncio.gather(
            quangate(data, "codes", "import", str(path), "--pool", POOL), sku
        )
    return codes, int(answer["imported"])


async def _set_up_buyers(data: Path, scale: Scale) -> dict[str, Credentials]:
    """Partners, and the campaign that one of them sells in."""
    balances = (RICH_MINOR, RICH_MINOR, POOR_ORDERS_PAID * PRICE_MINOR)
    found = await asyncio.gather(
        *(_partner(data, name, balance) for name, balance in zip(BUYERS, balances, strict=True))
    )
    await flash_setup.set_up(data, scale.flash, partner=BUYERS[0])
    return dict(zip(BUYERS, found, strict=True))


async def _set_up_agent(data: Path, receiver: Receiver) -> Credentials:
    credentials = await _partner(data, AGENT, RICH_MINOR)
    receiver.secret = (await quangate(data, "webhook", "set", AGENT, receiver.url))["secret"]
    return credentials


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


def _partner_of(stage: Stage, name: str) -> AsyncQuangate:
    """A buyer's own program."""
    key = stage.credentials[name]
    return AsyncQuangate(stage.gateway.url, key.key_id, key.secret, key.delivery_key)


async def _count_lost(stage: Stage, tally: Tally) -> int:
    """Accepted orders that the gateway does not list as delivered."""
    listed = set()
    for name in BUYERS:
        async with _partner_of(stage, name) as partner:
            async for order in partner.orders.list(state="delivered", limit=topups.PAGE):
                listed.add((name, order.out_order_no))
    return len(set(tally.accepted) - listed)


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=4 * CONNECTIONS),
        timeout=aiohttp.ClientTimeout(total=60),
    )
