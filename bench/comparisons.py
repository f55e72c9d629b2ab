"""The comparisons of the order path: against the echo, the usual design, and our own past."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from bench.figures import Figure
from bench.history import fill_history, settle
from bench.plan import Plan, Teller
from bench.presign import Workload, batches, single_orders
from bench.servers import (
    Server,
    echo_server,
    gateway_server,
    protocol_echo_server,
)
from bench.shop import Shop, open_shop
from bench.spread import ratios, spread
from bench.turns import Contestant, Rounds, in_echoes, rates, run_turns, summary, us_per_line

BATCH_LINES = 100
# 3,200 lines under way. With 256 connections it would be 25,600, half a second of work: a round
# would mostly measure its own ends, where requests are cut off.
BATCH_CONNECTIONS = 32
# Paces that no machine of today exceeds with one worker; they only decide how much is in stock.
SINGLE_CODES_PER_S_MAX = 45_000
BATCH_CODES_PER_S_MAX = 120_000


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The servers that most comparisons share, all up: a gateway that began empty, and the echo."""

    plan: Plan
    teller: Teller
    shop: Shop
    echo_server: Server

    def gateway(self, workload: Workload, counts: str) -> Contestant:
        """Our side."""
        return seller("gateway", self.shop, workload, counts)

    def echo(self, workload: Workload) -> Contestant:
        """The echo, fed with the gateway's bytes."""
        return Contestant(
            name="echo", port=self.echo_server.port, credentials=self.shop.credentials,
            workload=workload, counts="200", pids={"server": self.echo_server.pid},
        )  # fmt: skip


@asynccontextmanager
async def open_house(plan: Plan, teller: Teller) -> AsyncIterator[House]:
    """Start the shared servers; they end with the block."""
    async with AsyncExitStack() as stack:
        echo = await stack.enter_async_context(echo_server(plan.work / "echo.log"))
        shop = await stack.enter_async_context(gateway_shop(plan, "gateway"))
        yield House(plan=plan, teller=teller, shop=shop, echo_server=echo)


async def against_echo(house: House) -> list[Figure]:
    """Single orders in turns with the echo of the same bytes."""
    await house.shop.stock("SINGLE", house.plan.codes_needed(SINGLE_CODES_PER_S_MAX))
    workload = single_orders("SINGLE")
    echo = house.echo(workload)
    async with protocol_echo_server(house.plan.work / "protocol_echo.log") as bare:
        pids = {"server": bare.pid}
        protocol = replace(echo, name="protocol_echo", port=bare.port, pids=pids)
        sides = (house.gateway(workload, "201"), echo, protocol)
        rounds = await run_turns("single orders / echo", sides, house.plan, house.teller)
    ours, echoed = rounds["gateway"], rounds["echo"]
    return [
        ratio_figure("ratio_echo", rounds, "gateway", "echo"),
        ratio_figure("ratio_protocol_echo", rounds, "gateway", "protocol_echo"),
        Figure(key="echo_cpu_us", spread=spread([us_per_line(one) for one in echoed])),
        Figure(key="cpu_order_e", spread=spread(in_echoes(ours, echoed))),
        Figure(key="wal_bytes_per_order", spread=spread([one.wal_per_line for one in ours])),
    ]


async def batch_endpoint(house: House) -> list[Figure]:
    """Batches in turns with the echo, which tells the machine's pace; the figure is absolute."""
    await house.shop.stock("BATCH", house.plan.codes_needed(BATCH_CODES_PER_S_MAX))
    workload = batches("BATCH", BATCH_LINES)
    single = replace(house.echo(single_orders("BATCH")), name="echo_of_one")
    sides = (house.gateway(workload, "200"), house.echo(workload), single)
    plan = replace(house.plan, connections=min(BATCH_CONNECTIONS, house.plan.connections))
    rounds = await run_turns("batches / echo", sides, plan, house.teller)
    return [
        Figure(
            key="batch_codes_per_s",
            spread=spread(rates(rounds["gateway"])),
            detail={
                "lines": BATCH_LINES,
                "connections": plan.connections,
                "ratio_echo": spread(ratios(*_both(rounds, "gateway", "echo"))).as_json(),
                **summary(rounds),
            },
        ),
        Figure(
            key="batch_line_e",
            spread=spread(in_echoes(rounds["gateway"], rounds["echo_of_one"])),
            detail={"echo_cpu_us": spread(list(map(us_per_line, rounds["echo_of_one"]))).as_json()},
        ),
    ]


async def sold_out(house: House) -> list[Figure]:
    """Orders for a pool that has nothing left; the database's transactions are counted too."""
    await house.shop.stock("GONE", 0)
    workload = single_orders("GONE")
    sides = (house.gateway(workload, "409 sold-out"), house.echo(workload))
    before = await house.shop.ledger.transactions()
    rounds = await run_turns("sold-out answers / echo", sides, house.plan, house.teller)
    transactions = await house.shop.ledger.transactions() - before
    answers = sum(one.load.requests for one in rounds["gateway"])
    figure = ratio_figure(
        "sold_out_ratio_echo", rounds, "gateway", "echo",
        database_transactions=transactions, answers=answers,
    )  # fmt: skip
    return [figure]


async def after_history(plan: Plan, teller: Teller) -> list[Figure]:
    """Single orders of two gateways in turns: one with a long history of others, one without."""
    async with AsyncExitStack() as stack:
        empty = await stack.enter_async_context(gateway_shop(plan, "without-history"))
        full = await stack.enter_async_context(gateway_shop(plan, "with-history"))
        teller.say("filling in the history …")
        await fill_history(full, orders=plan.history_orders, codes=plan.history_codes)
        sides = []
        for name, shop in (("with_history", full), ("without", empty)):
            await shop.stock("SINGLE", plan.codes_needed(SINGLE_CODES_PER_S_MAX))
            workload = single_orders("SINGLE")
            sides.append(seller(name, shop, workload, "201"))
        await asyncio.gather(settle(full.ledger.connection), settle(empty.ledger.connection))
        rounds = await run_turns("after a long history / empty", sides, plan, teller)
    past = {"history_orders": plan.history_orders, "history_codes": plan.history_codes}
    return [ratio_figure("growth_ratio", rounds, "with_history", "without", **past)]


def seller(name: str, shop: Shop, workload: Workload, counts: str) -> Contestant:
    """A shop's gateway with its PostgreSQL."""
    return Contestant(
        name=name, port=shop.server.port, credentials=shop.credentials, workload=workload,
        counts=counts, pids=shop.pids, ledger=shop.ledger,
    )  # fmt: skip


def ratio_figure(key: str, rounds: Rounds, ours: str, theirs: str, **detail: Any) -> Figure:
    return Figure(
        key=key,
        spread=spread(ratios(*_both(rounds, ours, theirs))),
        detail={**detail, **summary(rounds)},
    )


def _both(rounds: Rounds, ours: str, theirs: str) -> tuple[list[float], list[float]]:
    return rates(rounds[ours]), rates(rounds[theirs])


@asynccontextmanager
async def gateway_shop(plan: Plan, name: str, *, workers: int = 1) -> AsyncIterator[Shop]:
    """A gateway that began empty, with a partner that may order."""
    data = plan.work / name
    async with gateway_server(data, plan.work / f"{name}.log", workers=workers) as server:
        shop = await open_shop(data, server)
        try:
            yield shop
        finally:
            await shop.ledger.connection.close()
