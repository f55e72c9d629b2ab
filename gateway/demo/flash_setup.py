"""The shop of the campaign, made by command while the gateway runs."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.demo.flash import CAMPAIGN, CHANNELS, HOLD_TTL_S, POOL, SKU, FlashScale
from gateway.demo.flash_book import BUYER, DEVICE, TOTAL
from gateway.demo.shops import SETTINGS
from gateway.ground.outside.process import quangate

PRICE_MINOR = 2990
PRICE_IN_CAMPAIGN_MINOR = 990
OPEN_FOR = timedelta(hours=1)


def allowed(scale: FlashScale) -> Mapping[str, int]:
    """What the campaign's quotas allow."""
    return {BUYER: 1, DEVICE: 3, TOTAL: scale.total}


async def set_up(data: Path, scale: FlashScale, *, partner: str) -> None:
    """A pool on four shelves, two channels of a partner, a campaign that is open."""
    settings = [word for each in SETTINGS.items() for word in ("--set", "=".join(each))]
    await asyncio.gather(
        quangate(data, "pool", "create", POOL),
        quangate(data, "setting", "set", "holds.min_ttl_s", str(HOLD_TTL_S)),
        *(
            quangate(
                data, "channel", "add", name, "--adapter", "goofish", "--partner", partner,
                *settings,
            )
            for name in CHANNELS
        ),
    )  # fmt: skip
    await asyncio.gather(
        quangate(data, "codes", "generate", str(scale.stock), "--pool", POOL,
                 "--pattern", "AAAA-AAAA-AAAA-9999"),
        quangate(data, "sku", "create", SKU, "--name", "Flash sale", "--kind", "code",
                 "--pool", POOL, "--price", str(PRICE_MINOR)),
    )  # fmt: skip
    now = datetime.now(UTC)
    shelf = ("shelf", "create", POOL)
    await asyncio.gather(
        quangate(
            data, "campaign", "create", CAMPAIGN, "--sku", SKU, "--from", now.isoformat(),
            "--to", (now + OPEN_FOR).isoformat(), "--codes", str(scale.campaign),
            "--price", str(PRICE_IN_CAMPAIGN_MINOR), "--partner", partner,
            "--per-buyer", str(allowed(scale)[BUYER]),
        ),
        quangate(data, *shelf, "live", "--codes", str(scale.live), "--channel", "live", "--borrow"),
        quangate(data, *shelf, "mini", "--codes", str(scale.mini), "--channel", "mini", "--borrow",
                 "--reserve", str(scale.mini // 4)),
    )  # fmt: skip
    per = {DEVICE: "device", TOTAL: "total"}
    await asyncio.gather(
        *(
            quangate(data, "quota", "create", name, "--on", f"campaign:{CAMPAIGN}",
                     "--per", each, "--max", str(allowed(scale)[name]))
            for name, each in per.items()
        )
    )  # fmt: skip


async def end_campaign(data: Path) -> None:
    """Now; what is left goes back to the pool."""
    await quangate(data, "campaign", "end", CAMPAIGN)


async def look(data: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The shelves at the end, and the pool."""
    shelves, stats = await asyncio.gather(
        quangate(data, "shelf", "list", POOL), quangate(data, "codes", "stats", "--pool", POOL)
    )
    return shelves["shelves"], stats
