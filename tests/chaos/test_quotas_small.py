"""Limits under attack, small: tests/chaos/quotas.py runs it larger."""

import asyncio
from pathlib import Path

import pytest

from gateway.ground.config import Config
from gateway.ground.desk.transaction import administration
from gateway.quotas import administer as quotas
from gateway.quotas.rules import Per
from tests.chaos.processes import GatewayProcess
from tests.chaos.quotas import Attack, Size, run
from tests.chaos.world import SKU, build_world, opened

pytestmark = pytest.mark.chaos

PACKETS, IN_A_PACKET = 4, 50


async def test_nobody_has_too_much_and_nobody_is_refused_what_is_left(
    fresh: Config, tmp_path: Path
) -> None:
    """Buyers, devices and a total at once over pipelined connections, workers killed.

    Seen red with counts read without a lock, and with totals refused by the own block's units.
    """
    size = Size(orders=3_000, connections=16, workers=2)
    result = await run(size, tmp_path, fresh)
    assert result["ok"], result


async def test_a_single_packet_buys_once(fresh: Config, log: Path) -> None:
    """Fifty orders of one buyer in one packet, on several connections at once: one is made."""
    world = await build_world(fresh, codes=1_000)
    async with opened(fresh) as database, administration(database) as db:
        await quotas.create_quota(db, "once", on=f"sku:{SKU}", per=Per.BUYER, most=1)
    async with GatewayProcess(fresh, log, workers=2) as gateway:
        attack = Attack(url=gateway.url, credentials=[world.credentials])
        packets = [
            [
                {"out_order_no": f"P{n}-{k}", "sku": SKU, "buyer": {"id": "mallory"}}
                for k in range(IN_A_PACKET)
            ]
            for n in range(PACKETS)
        ]
        await asyncio.gather(*(attack.send(packet, 0) for packet in packets))
    statuses = sorted(word.status for word in attack.words.values())
    assert statuses == [201] + [422] * (PACKETS * IN_A_PACKET - 1)
    assert {"", "once"} == {word.quota for word in attack.words.values()}
