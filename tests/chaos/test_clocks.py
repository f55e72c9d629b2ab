"""Whose clock decides: the database's, whatever this machine believes (`found.md` §5)."""

from pathlib import Path

import aiohttp
import pytest

from gateway.ground.config import Config
from tests.chaos.buyers import buyers_of
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import SKU, World, build_world, connected
from tests.world.partner import eventually

pytestmark = pytest.mark.chaos

# Windows by the database's clock, in seconds from now.
WINDOWS = {"over": (-1000, -20), "just-over": (-1000, 0), "open": (-20, 1000), "later": (20, 1000)}


async def with_campaigns(config: Config) -> World:
    """A shop whose SKU has a campaign for each window."""
    world = await build_world(config, codes=100)
    async with connected(config) as connection:
        for name, (opens_s, closes_s) in WINDOWS.items():
            await connection.execute(
                "INSERT INTO campaign (name, sku_id, starts_at, ends_at)"
                " SELECT $1, id, now() + make_interval(secs => $3),"
                " now() + make_interval(secs => $4)"
                " FROM sku WHERE sku = $2",
                name, SKU, opens_s, closes_s,
            )  # fmt: skip
    return world


@pytest.mark.parametrize("clock_s", [-40.0, 0.0, 40.0])
async def test_campaigns_go_by_the_clock_of_the_database(
    fresh: Config, log: Path, clock_s: float
) -> None:
    """A gateway whose clock is 40 s off sells what is open by `created_at`, and nothing else.

    Seen red with windows judged by the gateway's clock ("over" sold at -40, "open" refused), and
    with the commit's own judgement left out ("just-over" sold at 0).
    """
    world = await with_campaigns(fresh)
    async with (
        GatewayProcess(fresh, log, clock_s=clock_s) as gateway,
        buyers_of(world, gateway.url) as buyers,
    ):
        said = {name: await buyers.single(name, campaign=name) for name in WINDOWS}
        assert said == {
            "over": "campaign-closed",
            "just-over": "campaign-closed",
            "open": "accepted",
            "later": "campaign-closed",
        }
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{gateway.url}/metrics") as answer,
        ):
            (shown,) = [
                float(line.split()[-1])
                for line in (await answer.text()).splitlines()
                if line.startswith("quangate_clock_skew_seconds")
            ]
        assert abs(shown + clock_s) < 1.0
        assert ("clock.skewed" in gateway.said()) == bool(clock_s)
    async with connected(fresh) as connection:
        late = await connection.fetchval(
            "SELECT count(*) FROM orders o"
            " JOIN campaign c ON c.name = o.details::json ->> 'campaign'"
            " WHERE o.created_at < c.starts_at OR o.created_at >= c.ends_at"
        )
    assert late == 0


async def test_an_accepted_number_of_a_campaign_that_closed(fresh: Config, log: Path) -> None:
    """Closing is no reason to refuse a replay, also while the commit judges (I5)."""
    world = await with_campaigns(fresh)
    async with (
        GatewayProcess(fresh, log) as gateway,
        buyers_of(world, gateway.url) as buyers,
    ):
        assert await buyers.single("a", campaign="open") == "accepted"
        async with connected(fresh) as connection:
            await connection.execute("UPDATE campaign SET ends_at = now() WHERE name = 'open'")
            await connection.execute("SELECT pg_notify('quangate', 'catalog')")

        async def closed() -> bool:
            number = f"b{len(buyers.ledger.sent)}"
            return await buyers.single(number, campaign="open") == "campaign-closed"

        await eventually(closed)
        await buyers.again("a")
        assert buyers.ledger.wrong == []


@pytest.mark.parametrize(("clock_s", "said"), [(-180.0, "behind"), (7200.0, "ahead of")])
async def test_a_clock_far_off_refuses_the_start(
    fresh: Config, log: Path, clock_s: float, said: str
) -> None:
    """More than a minute: not served, and the reason is a sentence."""
    await build_world(fresh, codes=1)
    gateway = GatewayProcess(fresh, log, clock_s=clock_s)
    gateway.launch()
    assert gateway.wait() == 1
    assert f"clock is {abs(clock_s):.0f} s {said} the database's" in gateway.said()
