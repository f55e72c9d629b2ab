"""Two gateways on one PostgreSQL share a key's rate: with Redis, without, and while it goes."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from gateway.ground.config import Config
from tests.conftest import Cli
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.partner import IssuedKey, Partner, eventually, signed_headers
from tests.world.valkey import running_valkey

RATE = 40
NODES = 2
CALLERS = 3  # at each gateway, one request after the other
SHOWN = "/v1/products?limit=1"


@pytest.fixture(scope="module")
def partner_name(cli: Cli) -> str:
    """Somebody who has keys."""
    assert cli("partner", "create", "acme").returncode == 0
    return "acme"


@pytest.fixture
def key(cli: Cli, partner_name: str) -> IssuedKey:
    """A key of RATE requests a second, that nobody used."""
    made = cli("key", "create", partner_name, "--rate", str(RATE), "--json").json
    return IssuedKey(**{name: made[name] for name in ("key_id", "secret", "delivery_key")})


@contextmanager
def two_gateways(
    config: Config, directory: Path, redis_url: str | None
) -> Iterator[Sequence[Gateway]]:
    """Two nodes: each has its data directory, both the same key file."""
    settings = {} if redis_url is None else {"QUANGATE_REDIS_URL": redis_url}
    with ExitStack() as running:
        gateways = []
        for node in ("a", "b"):
            data = directory / node
            data.mkdir()
            shutil.copy(config.data / "kek", data / "kek")
            its = replace(config, data=data)
            gateways.append(
                running.enter_context(running_gateway(its, directory / f"{node}.log", settings))
            )
        yield gateways


async def metric(session: aiohttp.ClientSession, gateway: Gateway, name: str) -> float | None:
    """A metric of a gateway without labels; None: it has none."""
    async with session.get(f"{gateway.url}/metrics") as response:
        lines = (await response.text()).splitlines()
    values = [line.rsplit(" ", 1)[1] for line in lines if line.split("{")[0].split(" ")[0] == name]
    return float(values[0]) if values else None


async def all_say(gateways: Sequence[Gateway], name: str, value: float) -> None:
    """Wait until every gateway has a metric like this."""
    async with aiohttp.ClientSession() as session:

        async def they_do() -> bool:
            return all([await metric(session, each, name) == value for each in gateways])

        await eventually(they_do)


async def hammer(
    gateways: Sequence[Gateway], key: IssuedKey, meanwhile: Callable[[], Awaitable[None]]
) -> tuple[int, int, float]:
    """As fast as callers can while something happens: served, refused, how long it took."""
    answers: list[int] = []
    ended = asyncio.Event()

    async def call(partner: Partner) -> None:
        while not ended.is_set():
            answers.append((await partner.get(SHOWN)).status)

    async with aiohttp.ClientSession() as session:
        callers = [
            Partner(gateway.url, session, key) for gateway in gateways for _ in range(CALLERS)
        ]
        began = time.monotonic()
        calling = [asyncio.create_task(call(partner)) for partner in callers]
        await meanwhile()
        ended.set()
        await asyncio.gather(*calling)
        took_s = time.monotonic() - began
    assert set(answers) <= {200, 429}, set(answers)
    return answers.count(200), answers.count(429), took_s


def most(took_s: float) -> float:
    """What the contract allows in this time, with one worker on each node."""
    return RATE * took_s + RATE + 0.1 * RATE * NODES


async def for_a_while() -> None:
    """Longer than any burst lasts."""
    await asyncio.sleep(2.5)


@pytest.mark.slow
async def test_without_redis(config: Config, key: IssuedKey, tmp_path: Path) -> None:
    """Each node serves its part: red with each node's rate its own (80 a second)."""
    with two_gateways(config, tmp_path, None) as gateways:
        await all_say(gateways, "quangate_nodes", 2)
        served, refused, took_s = await hammer(gateways, key, for_a_while)
    assert refused
    assert served <= most(took_s), (served, took_s)


@pytest.mark.slow
async def test_whatever_becomes_of_redis(config: Config, key: IssuedKey, tmp_path: Path) -> None:
    """Here, flushed, frozen, killed, back: what both serve together stays within the rate, and
    every answer is 200 or 429. Red with `SharedRates.answered` that charges nothing, and with one
    that keeps the price when a beat fails."""
    with running_valkey() as valkey, two_gateways(config, tmp_path, valkey.url) as gateways:

        async def it_goes() -> None:
            await for_a_while()
            valkey.client().flushall()
            await for_a_while()
            valkey.freeze()
            await all_say(gateways, "quangate_redis_up", 0)
            await for_a_while()
            valkey.thaw()
            await all_say(gateways, "quangate_redis_up", 1)
            valkey.kill()
            await all_say(gateways, "quangate_redis_up", 0)
            await for_a_while()
            valkey.start()
            await all_say(gateways, "quangate_redis_up", 1)
            await for_a_while()

        await all_say(gateways, "quangate_nodes", 2)
        await all_say(gateways, "quangate_redis_up", 1)
        served, refused, took_s = await hammer(gateways, key, it_goes)
        assert refused
        assert served <= most(took_s), (served, took_s)
        assert served >= 0.5 * RATE * took_s, (served, took_s)
        async with aiohttp.ClientSession() as session:
            leased = [
                await metric(session, each, "quangate_tokens_leased_total") for each in gateways
            ]
        assert all(leased), leased
        log = (tmp_path / "a.log").read_text(encoding="utf-8")
        assert log.count("redis.lost") == log.count("redis.here") - 1 == 2, log


@pytest.mark.slow
async def test_one_node_may_have_it_all(config: Config, key: IssuedKey, tmp_path: Path) -> None:
    """With Redis a partner who speaks to one node evenly is served the whole rate there, though
    there are two. Red without Redis: about half."""
    with running_valkey() as valkey, two_gateways(config, tmp_path, valkey.url) as gateways:
        await all_say(gateways, "quangate_nodes", 2)
        await all_say(gateways, "quangate_redis_up", 1)
        answers = []
        async with aiohttp.ClientSession() as session:
            partner = Partner(gateways[0].url, session, key)
            await partner.get(SHOWN)
            for _ in range(4 * RATE):
                began = time.monotonic()
                answers.append((await partner.get(SHOWN)).status)
                await asyncio.sleep(max(0.0, began + 1 / RATE - time.monotonic()))
    assert answers.count(200) >= 0.85 * len(answers), answers


@pytest.mark.slow
async def test_a_used_nonce_is_a_row(config: Config, key: IssuedKey, tmp_path: Path) -> None:
    """A nonce used at one node is refused at the other, by Redis, and by its row when Redis forgot
    it. Red with `RememberedNonces` that asks Redis alone."""
    target = "/v1/orders/none/cancel"

    async def use(gateway: Gateway, headers: dict[str, str]) -> tuple[int, str]:
        """Until its bucket lets it: that of a Redis that has just forgotten it begins empty."""
        while True:
            async with (
                aiohttp.ClientSession() as session,
                session.post(gateway.url + target, headers=headers) as response,
            ):
                said = response.status, (await response.json(content_type=None))["code"]
            if said != (429, "rate-limited"):
                return said
            await asyncio.sleep(1 / RATE)

    with running_valkey() as valkey, two_gateways(config, tmp_path, valkey.url) as gateways:
        await all_say(gateways, "quangate_redis_up", 1)
        headers = signed_headers(key, "POST", target, b"")
        first = await use(gateways[0], headers)
        assert first == (404, "not-found")
        again = [await use(gateway, headers) for gateway in gateways]
        valkey.client().flushall()
        again.append(await use(gateways[1], headers))
        valkey.kill()
        again.append(await use(gateways[1], headers))
    assert again == [(401, "replayed-nonce")] * 4
