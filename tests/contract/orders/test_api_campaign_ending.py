"""A campaign whose window is moved, or ended, while it sells."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway.campaigns import administer as campaigns
from tests.world.partner import Partner, eventually
from tests.world.shop import Shop, unique

HOUR = timedelta(hours=1)
CODES = 600
BATCHES, LINES = 15, 20


async def ends(shop: Shop, name: str) -> None:
    """By an operator's hand."""
    async with shop.desk() as (db, _):
        await campaigns.end_campaign(db, name)


async def is_moved(shop: Shop, name: str) -> None:
    """To an end that comes at once."""
    async with shop.desk() as (db, _):
        (row,) = await db.fetch("SELECT clock_timestamp() AS now")
        soon = row["now"] + timedelta(milliseconds=50)
        await campaigns.change_campaign(db, name, starts_at=None, ends_at=soon)


async def in_batches(partner: Partner, lines: list[dict[str, Any]]) -> dict[str, int]:
    """The statuses of these, by number; all at once."""
    pieces = [lines[n : n + LINES] for n in range(0, len(lines), LINES)]
    replies = await asyncio.gather(
        *(partner.send("POST", "/v1/orders/batch", {"orders": piece}) for piece in pieces)
    )
    told = [result["status"] for reply in replies for result in reply.json["results"]]
    return dict(zip((line["out_order_no"] for line in lines), told, strict=True))


@pytest.mark.parametrize("closing", [ends, is_moved])
async def test_what_is_under_way_is_sold_or_told(shop: Shop, connection: Any, closing: Any) -> None:
    """Orders under way when it closes are made, or told that it is closed, and stay so: a number
    that was accepted is answered for ever, and no code of its shelf is lost, whoever had it.

    Seen red with a commit that asks for the window before it looks for the number.
    """
    partner = await shop.partner()
    sku = await shop.sku(codes=CODES)
    name = await shop.campaign(sku, opens_in=-HOUR, lasts=2 * HOUR, codes=CODES)
    line = {"sku": sku, "campaign": name}

    async def open_() -> bool:
        return (await partner.order(out_order_no=unique("W"), **line)).status == 201

    await eventually(open_)
    lines = [{"out_order_no": unique("F"), **line} for _ in range(BATCHES * LINES)]
    told, _ = await asyncio.gather(in_batches(partner, lines), closing(shop, name))
    assert set(told.values()) <= {201, 409}

    async def closed() -> bool:
        reply = await partner.order(out_order_no=unique("C"), **line)
        return reply.status == 409 and reply.problem == (409, "campaign-closed")

    await eventually(closed)
    again = await in_batches(partner, lines)
    assert again == {number: 200 if status == 201 else 409 for number, status in told.items()}
    sold = await connection.fetchval(
        "SELECT count(*) FROM orders o JOIN sku s ON s.id = o.sku_id WHERE s.sku = $1", sku
    )
    rest = CODES - sold
    assert (await partner.order(out_order_no=unique("R"), sku=sku)).status == 201 or rest == 0

    async def all_else() -> bool:
        """What a lease still had comes back."""
        reply = await partner.order(out_order_no="ALL", sku=sku, quantity=min(rest - 1, 500))
        return reply.status in {200, 201}

    await eventually(all_else)
