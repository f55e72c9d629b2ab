"""A real gateway of two workers, scraped: every metric that deploy/ names is there, and counts."""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from gateway.ground.config import Config
from gateway.ground.histogram import BOUNDS_S
from tests.webhook_receiver import receiving
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.partner import eventually
from tests.world.shop import Shop
from tests.world.topup_fixtures import session, topups
from tests.world.topup_shop import TopUpShop, order, until
from tests.world.valkey import running_valkey

__all__ = ["session", "topups"]

DEPLOY = Path(__file__).parents[3] / "deploy"
SUFFIXES = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}
TWO = {"QUANGATE_WORKERS": "2", "QUANGATE_WEBHOOK_ALLOW": "127.0.0.0/8"}


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Two workers, with a Redis; a scrape reaches one of them and has the metrics of both."""
    log = tmp_path_factory.mktemp("gateway") / "log"
    with (
        running_valkey() as valkey,
        running_gateway(config, log, {**TWO, "QUANGATE_REDIS_URL": valkey.url}) as gateway,
    ):
        yield gateway


@pytest.fixture
def shop(topups: TopUpShop) -> Shop:
    """The operator of the gateway."""
    return topups.shop


async def scrape(session: aiohttp.ClientSession, gateway: Gateway) -> list[Any]:
    """All metric families."""
    async with session.get(f"{gateway.url}/metrics") as reply:
        return list(text_string_to_metric_families(await reply.text()))


class Scraped:
    """A gateway as Prometheus sees it."""

    def __init__(self, session: aiohttp.ClientSession, gateway: Gateway) -> None:
        self._session, self._gateway = session, gateway

    async def value(self, name: str, **labels: str) -> float:
        """The sum over the workers of the samples with these labels."""
        return sum(
            sample.value
            for family in await scrape(self._session, self._gateway)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    async def counts(self, name: str, count: int, **labels: str) -> None:
        """Wait until a histogram has counted so many, and see that it adds up."""

        async def counted() -> bool:
            return await self.value(f"{name}_count", **labels) >= count

        await eventually(counted)
        families = {each.name: each for each in await scrape(self._session, self._gateway)}
        bounds: dict[tuple[Any, ...], list[float]] = {}
        for sample in families[name].samples:
            if sample.name == f"{name}_bucket":
                others = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
                bounds.setdefault(others, []).append(float(sample.labels["le"]))
        assert set(map(tuple, bounds.values())) == {(*BOUNDS_S, float("inf"))}
        assert await self.value(f"{name}_bucket", le="+Inf", **labels) >= count
        assert await self.value(f"{name}_sum", **labels) > 0


async def test_what_deploy_names_is_in_a_scrape_and_what_is_scraped_is_described(
    session: aiohttp.ClientSession, gateway: Gateway
) -> None:
    """Alerts and panels name nothing that is not written; metrics.md has each metric, no other.

    Seen red without metrics.md.
    """

    async def complete() -> bool:  # the first count of what waits has been made
        names = {family.name for family in await scrape(session, gateway)}
        return {"quangate_unaudited_since_timestamp_seconds", "quangate_redis_up"} <= names

    await eventually(complete)
    families = await scrape(session, gateway)
    assert all(family.documentation for family in families)
    only_later = {
        "quangate_audit_ok",
        "quangate_audit_last_run_timestamp_seconds",
        "quangate_backup_age_seconds",
    }
    written = {
        f"{family.name}{suffix}" for family in families for suffix in SUFFIXES[family.type]
    } | only_later
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text(encoding="utf-8"))
    board = json.loads((DEPLOY / "grafana/quangate.json").read_text(encoding="utf-8"))
    expressions = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    expressions += [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    used = {name for text in expressions for name in re.findall(r"quangate_\w+", text)}
    assert used <= written
    text = (DEPLOY / "metrics.md").read_text(encoding="utf-8")
    described = re.findall(r"^\| `(quangate_\w+)` \| (\w+) \|", text, re.MULTILINE)
    assert len(described) == len(set(described))
    later = {(name, "gauge") for name in only_later}
    assert set(described) == later | {
        (f"{family.name}_total" if family.type == "counter" else family.name, family.type)
        for family in families
    }


async def test_an_order_is_timed_from_queue_to_commit_and_its_webhook_too(
    shop: Shop, session: aiohttp.ClientSession, gateway: Gateway
) -> None:
    """One order, one commit, one wait, one delivery: each in its histogram, by its outcome."""
    scraped = Scraped(session, gateway)
    async with receiving() as receiver:
        partner = await shop.partner()
        await shop.set_endpoint(await shop.name_of(partner), receiver.url)
        sku = await shop.sku(codes=5)
        placed = await partner.order(out_order_no="told-1", sku=sku)
        assert placed.status == 201
        await receiver.until(1)
        await scraped.counts("quangate_commit_duration_seconds", 1, lines="1", outcome="committed")
        await scraped.counts("quangate_queue_wait_seconds", 1)
        await scraped.counts("quangate_webhook_attempt_duration_seconds", 1, outcome="delivered")
        receiver.answer(500)
        assert (await partner.order(out_order_no="told-2", sku=sku)).status == 201
        await receiver.until(2)
        await scraped.counts("quangate_webhook_attempt_duration_seconds", 1, outcome="failed")

    async def waits() -> bool:  # it is tried again, and nobody is there
        kept = [
            await scraped.value("quangate_webhook_backlog", state=state)
            for state in ("due", "later")
        ]
        return sum(kept) >= 1

    await eventually(waits)


async def test_an_exchange_with_an_upstream_is_timed(
    topups: TopUpShop, session: aiohttp.ClientSession, gateway: Gateway
) -> None:
    """By upstream, by what was asked and by what became of it; the counter says the same."""
    scraped = Scraped(session, gateway)
    async with topups.outlet("fulu") as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        placed = await order(partner, sku, "13800138000")
        assert (await until(partner, placed))["state"] == "delivered"
        name = "quangate_upstream_exchange_duration_seconds"
        await scraped.counts(name, 1, upstream=outlet.name, call="submit")
        sent = await scraped.value(f"{name}_count", upstream=outlet.name, call="submit")
        outcomes = await scraped.value("quangate_upstream_outcomes_total", upstream=outlet.name)
        assert outcomes == sent == 1


async def test_a_worker_started_again_is_the_same_series(
    session: aiohttp.ClientSession, gateway: Gateway
) -> None:
    """It has the number of the one that died: a reset of its counters, and no label more.

    Before, the label was the database's slot, which is another with every start.
    """

    async def started() -> dict[str, float]:
        families = {each.name: each for each in await scrape(session, gateway)}
        samples = families["quangate_process_start_time_seconds"].samples
        return {sample.labels["worker"]: sample.value for sample in samples}

    async def both() -> bool:
        return set(await started()) == {"0", "1"}

    await eventually(both)
    before = await started()
    victim = min(psutil.Process(gateway.pid).children(), key=lambda child: child.pid)
    victim.kill()

    async def again() -> bool:
        with contextlib.suppress(aiohttp.ClientError):  # the scrape may have reached the victim
            now = await started()
            assert set(now) <= {"0", "1"}
            return len(now) == 2 and now != before
        return False

    await eventually(again)


async def test_pools_tell_their_sizes(session: aiohttp.ClientSession, gateway: Gateway) -> None:
    """Each by its name, of each worker; none waits in a gateway at rest."""
    size = {"control": 0.0, "reads": 0.0, "lists": 0.0, "background": 0.0}

    async def both() -> bool:
        families = {each.name: each for each in await scrape(session, gateway)}
        samples = families["quangate_database_pool_size"].samples
        for sample in samples:
            size[sample.labels["pool"]] = sample.value
        return len({sample.labels["worker"] for sample in samples}) == 2

    await eventually(both)
    assert set(size) == {"control", "reads", "lists", "background", "desk"}
    assert all(value >= 1 for value in size.values())
    scraped = Scraped(session, gateway)
    for name in ("deadline_misses_total", "turned_away_total"):
        assert await scraped.value(f"quangate_database_pool_{name}") == 0
