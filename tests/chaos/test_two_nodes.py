"""Two nodes on one PostgreSQL, each with a data directory of its own and the same key file."""

import asyncio
import random
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import pytest

from connectors.simulation import running
from gateway.ground import native
from gateway.ground.config import Config
from gateway.ground.desk.port import Secrecy
from gateway.ground.desk.transaction import administration
from gateway.ground.outside.client import Client
from gateway.ground.vault import open_vault
from gateway.quotas import administer as quotas
from gateway.quotas.rules import Per
from gateway.webhooks import administer as webhooks
from tests.chaos.books import differences, stats_of
from tests.chaos.buyers import Buyers, buyers_of, in_parallel
from tests.chaos.processes import GatewayProcess
from tests.chaos.test_topups_failpoints import sell_top_ups
from tests.chaos.world import SKU, World, build_world, opened
from tests.conftest import run_cli
from tests.webhook_receiver import Receiver, receiving
from tests.world.partner import eventually

pytestmark = pytest.mark.chaos

WEBHOOKS_HERE = {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.1/32"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two nodes, and one partner's buyers at each; the buyers share what they remember."""

    nodes: tuple[GatewayProcess, GatewayProcess]
    buyers: tuple[Buyers, Buyers]

    @property
    def either(self) -> Buyers:
        """Buyers at one of them."""
        return random.choice(self.buyers)


def another_directory(config: Config, directory: Path) -> Config:
    """Settings of a second node: its own directory, the same key file in it."""
    directory.mkdir(mode=0o700)
    shutil.copy(config.data / "kek", directory / "kek")
    return replace(config, data=directory)


@asynccontextmanager
async def pair_of(
    world: World, tmp_path: Path, settings: dict[str, str] | None = None
) -> AsyncIterator[Pair]:
    """Both of them, ended in order."""
    other = another_directory(world.config, tmp_path / "other")
    async with (
        GatewayProcess(world.config, tmp_path / "one.log", settings=settings) as one,
        GatewayProcess(other, tmp_path / "other.log", settings=settings) as two,
        buyers_of(world, one.url) as here,
        buyers_of(world, two.url, here.ledger) as there,
    ):
        yield Pair((one, two), (here, there))
        for node in (one, two):
            assert await node.terminate() == 0, node.said()
    assert here.ledger.wrong == []


async def test_a_number_is_one_order_at_both(fresh: Config, tmp_path: Path) -> None:
    """The same order at both at once, and again at the other: one order, one answer, one charge.

    Seen red with a number looked up in the memory of its node alone.
    """
    world = await build_world(fresh, codes=2_000)
    async with pair_of(world, tmp_path) as pair:
        numbers = [f"n-{n}" for n in range(200)]
        await in_parallel(
            20, [lambda b=b, n=n: b.single(n, 2) for n in numbers for b in pair.buyers]
        )
        for buyers in pair.buyers:
            await buyers.ask_again_for_all()
        ledger = pair.buyers[0].ledger
    assert set(ledger.last_word.values()) == {"accepted"}
    assert set(ledger.created) == set(numbers)
    assert await differences(world, ledger) == []


async def test_the_tail_of_a_pool_at_both(fresh: Config, tmp_path: Path) -> None:
    """A hundred codes, 300 buyers at either: exactly a hundred are sold, "sold out" is true.

    Seen red with a lease of one node sold out for the other (`recall` left out).
    """
    world = await build_world(fresh, codes=100)
    async with pair_of(world, tmp_path) as pair:

        async def buy(number: str) -> None:
            while (word := await pair.either.single(number)) != "accepted":
                if word == "sold-out":
                    assert pair.buyers[0].ledger.codes_accepted <= 100
                    return

        await in_parallel(40, [lambda n=n: buy(f"b-{n}") for n in range(300)])
        ledger = pair.buyers[0].ledger
    assert ledger.codes_accepted == 100
    assert await differences(world, ledger) == []
    assert (await stats_of(world))["free"] == 0


async def test_limits_are_exact_over_both(fresh: Config, tmp_path: Path) -> None:
    """A buyer's limit and a total, asked for at both at once: never more, and all that is left.

    Seen red with counts taken from the memory of the node.
    """
    world = await build_world(fresh, codes=1_000)
    async with opened(fresh) as database, administration(database) as db:
        await quotas.create_quota(db, "each", on=f"sku:{SKU}", per=Per.BUYER, most=3)
        await quotas.create_quota(db, "all", on=f"sku:{SKU}", per=Per.TOTAL, most=100)
    async with pair_of(world, tmp_path) as pair:

        async def buy(buyer: int, number: int) -> None:
            word = ""
            while word not in {"accepted", "purchase-limit"}:
                buyers = pair.either
                word = await buyers.single(f"{buyer}-{number}", 1, buyer={"id": f"b{buyer}"})

        await in_parallel(40, [lambda b=b, n=n: buy(b, n) for n in range(6) for b in range(50)])
        accepted = pair.buyers[0].ledger.accepted
    assert len(accepted) == 100
    for buyer in range(50):
        assert sum(number.startswith(f"{buyer}-") for number in accepted) <= 3


async def test_a_webhook_is_told_once(fresh: Config, tmp_path: Path) -> None:
    """Orders at both: each message comes once, whichever node sends it.

    Seen red with messages of the other node's making sent before their time.
    """
    world = await build_world(fresh, codes=500)
    async with receiving() as receiver:
        await tell(world, receiver)
        async with pair_of(world, tmp_path, WEBHOOKS_HERE) as pair:
            await in_parallel(
                10, [lambda n=n: pair.buyers[n % 2].single(f"w-{n}") for n in range(100)]
            )
            await receiver.until(100)
        received = receiver.received
    assert len({message.id for message in received}) == len(received) == 100
    told = {message.json["data"]["out_order_no"] for message in received}
    assert told == {f"w-{n}" for n in range(100)}


async def test_a_platform_calls_back_at_the_other(fresh: Config, tmp_path: Path) -> None:
    """Sent by one node, called back at the other: delivered, executed once.

    Seen red with callbacks taken only by the worker that sent the attempt.
    """
    world = await build_world(fresh, codes=0)
    other = another_directory(fresh, tmp_path / "other")
    async with (
        running("kasushou", settings={"time_scale": "0.05"}) as platform,
        GatewayProcess(other, tmp_path / "other.log") as hears,
    ):
        await sell_top_ups(world, platform.url)
        settings = {"QUANGATE_PUBLIC_URL": hears.url}
        async with (
            GatewayProcess(fresh, tmp_path / "one.log", settings=settings) as sends,
            aiohttp.ClientSession() as session,
        ):
            client = Client(session, sends.url, world.credentials)
            orders = [
                {"out_order_no": f"c-{n}", "sku": world.sku, "account": f"139{n:06d}99"}
                for n in range(20)
            ]
            for order in orders:

                async def is_taken(order: dict[str, str] = order) -> bool:
                    return (await client.post("/v1/orders", order)).status in {200, 201}

                await eventually(is_taken)

            async def all_delivered() -> bool:
                answers = [
                    await client.get(f"/v1/orders/by-out-no/{order['out_order_no']}")
                    for order in orders
                ]
                return {answer.body["state"] for answer in answers} == {"delivered"}

            await eventually(all_delivered)
            assert await called_back(hears) > 0
            assert await called_back(sends) == 0
            assert len(platform.market.ledger.executions()) == len(orders)


@pytest.mark.parametrize("what", ["another's", "none"])
async def test_a_node_without_the_key_file_does_not_start(
    fresh: Config, tmp_path: Path, what: str
) -> None:
    """It says which key is missing and where it looked; the node that runs goes on.

    Seen red without `_check_opens`, and without the look at what the database holds.
    """
    world = await build_world(fresh, codes=10)
    directory = tmp_path / "other"
    directory.mkdir(mode=0o700)
    if what == "another's":
        native.Vault.open(str(directory / "kek"))
    async with (
        GatewayProcess(fresh, tmp_path / "one.log") as runs,
        buyers_of(world, runs.url) as buyers,
    ):
        done = await asyncio.to_thread(
            run_cli, "serve", "--port", "0",
            environment={
                "QUANGATE_DATA": str(directory),
                "QUANGATE_DATABASE_URL": str(fresh.database_url),
            },
        )  # fmt: skip
        assert done.returncode == 1
        assert str(directory / "kek") in done.stderr
        assert "key file" in done.stderr
        assert await buyers.single("one") == "accepted"


async def tell(world: World, receiver: Receiver) -> None:
    """Where the partner is told."""
    async with opened(world.config) as database, administration(database) as db:
        vault = await open_vault(world.config.data, db)
        secrecy = Secrecy(
            wrap=vault.wrap_secret,
            open=vault.open_secret,
            new_partner_secrets=lambda _key_id: ("", "", b"", b""),
            new_webhook_secret=native.new_webhook_secret,
        )
        await webhooks.set_endpoint(db, secrecy, world.partner, receiver.url)


async def called_back(node: GatewayProcess) -> float:
    """How many callbacks a node answered."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{node.url}/metrics") as answer,
    ):
        lines = (await answer.text()).splitlines()
    return sum(
        float(line.rsplit(" ", 1)[1])
        for line in lines
        if line.startswith("quangate_http_requests_total") and "/callbacks/" in line
    )
