"""Top-ups from order to told partner: how many a second, beside a dead platform, how soon sent."""

import asyncio
import itertools
import statistics
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.cpu import tree_cpu_s, yardsticks
from bench.figures import Figure
from bench.load import run_load
from bench.servers import (
    Server,
    ServerError,
    echo_server,
    free_port,
    partner_server,
    quangate,
)
from bench.shop import open_account
from bench.spread import spread
from bench.topup_house import (
    CONNECTOR,
    TOPUPS_PER_S_MAX,
    WINDOW,
    TopUpHouse,
    add_topup_sku,
    add_upstream,
)

ECHO_REQUESTS = 10_000  # repeated: an echo does not mind
RAMP_S = 2.0  # until a window is full and the first ends are told
QUICK_S = 4.0  # a look at the pace, for those who need it and measure something else
DEAD_PARTNER = "bench-dead"
DEAD_SHARE = 0.05  # so many orders for the dead platforms, of those for the healthy one
DEAD_SKUS: Mapping[str, str] = {"REFUSES": "refusing", "HANGS": "hanging"}  # SKU → upstream
BUY = b"POST /api/v1/order/buy"

SENDS = """
SELECT u.name, count(*) FILTER (WHERE a.sends > 0) AS sent,
       coalesce(sum(a.sends), 0)::bigint AS sends
FROM attempt a JOIN upstream u ON u.id = a.upstream_id
WHERE u.name = ANY ($1::text[]) GROUP BY u.name
"""
ACCEPTED = """
SELECT account, extract(epoch FROM created_at)::float8 AS at_s FROM orders
WHERE partner_id = $1 AND id > $2
"""


async def topups_per_s(house: TopUpHouse) -> list[Figure]:
    """Orders whose `order.delivered` reached the partner, a second, a window of them under way."""
    plan = house.plan
    async with echo_server(plan.work / "topups-echo.log") as echo:
        echoed = [await _echoed(house, echo)]
        before = house.cpu_s()
        async with yardsticks() as yardstick_us:
            report = await _sell(house, seconds=plan.rounds * plan.seconds, slice_s=plan.seconds)
            drained = await house.drain()
        used = {name: seconds - before[name] for name, seconds in house.cpu_s().items()}
        echoed.append(await _echoed(house, echo))
    rates = [count / plan.seconds for count in report["slices"]]
    house.pace_per_s = statistics.median(rates)
    detail = {
        "connector": CONNECTOR,
        "end_told_by": "signed callback",
        "window": WINDOW,
        "echo_per_s": [one.per_s for one in echoed],  # before and after: the machine's pace
        "echo_cpu_us": [round(one.cpu_us, 1) for one in echoed],
        "cpu_us_per_topup": {
            name: round(seconds * 1e6 / max(1, report["sent"]), 1) for name, seconds in used.items()
        },
        "yardstick_us": round(statistics.median(yardstick_us)),
        **_summary(report),
        "left": drained["left"],
        "repeated_webhooks": drained["repeated"],
    }
    cpu_us = sum(used[name] for name in house.shop.pids) * 1e6 / max(1, report["sent"])
    return [
        Figure(key="topups_per_s", spread=spread(rates), detail=detail),
        Figure(key="topup_e", spread=spread([cpu_us / one.cpu_us for one in echoed])),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Echoed:
    """What the bare echo of the comparisons made of an order's bytes at a moment."""

    per_s: int
    cpu_us: float  # for each


async def _echoed(house: TopUpHouse, echo: Server) -> _Echoed:
    plan, before_s = house.plan, tree_cpu_s(echo.pid)
    requests = Path(house.write_orders(ECHO_REQUESTS)).with_suffix("")
    load = await run_load(
        port=echo.port, requests=requests, seconds=plan.seconds,
        connections=plan.connections, threads=plan.threads,
    )  # fmt: skip
    used_s = tree_cpu_s(echo.pid) - before_s
    return _Echoed(
        per_s=round(load.requests / load.duration_s),
        cpu_us=max(0.001, used_s * 1e6 / max(1, load.requests)),
    )


async def order_to_upstream(house: TopUpHouse) -> list[Figure]:
    """From an order's commit to its arrival upstream, at half the pace that can be kept up."""
    plan, rounds_wanted = house.plan, _half(house.plan.rounds)
    pace = await _pace_per_s(house)
    last_order_id = await _last_order_id(house)
    report = await _sell(house, seconds=rounds_wanted * plan.seconds, per_s=pace / 2)
    await house.drain()
    received = {each.account: each.at_s for each in await house.executions()}
    rows = await house.shop.ledger.connection.fetch(
        ACCEPTED, house.shop.ledger.partner_id, last_order_id
    )
    if missing := [row["account"] for row in rows if row["account"] not in received]:
        raise ServerError(f"{len(missing)} orders never came to the upstream: {missing[:3]}")
    began_s = min(row["at_s"] for row in rows) + RAMP_S
    rounds: dict[int, list[float]] = {}
    for row in rows:
        taken_ms = (received[row["account"]] - row["at_s"]) * 1000
        rounds.setdefault(int((row["at_s"] - began_s) // plan.seconds), []).append(taken_ms)
    counted = [sorted(taken) for index, taken in rounds.items() if 0 <= index < rounds_wanted]
    whole = sorted(itertools.chain.from_iterable(counted))
    detail = {
        "offered_per_s": round(pace / 2),
        "p50_ms": round(_percentile(whole, 0.5), 2),
        "p99_ms_of_all": round(_percentile(whole, 0.99), 2),
        "max_ms": round(whole[-1], 2),
        **_summary(report),
    }
    tails = [_percentile(taken, 0.99) for taken in counted]
    return [Figure(key="order_to_upstream_p99_ms", spread=spread(tails), detail=detail)]


async def _pace_per_s(house: TopUpHouse) -> float:
    """What can be kept up, as it was measured, or at a quick look."""
    if house.pace_per_s is None:
        quick = await _sell(house, seconds=QUICK_S, slice_s=1.0)
        await house.drain()
        house.pace_per_s = statistics.median(quick["slices"])
    return house.pace_per_s


async def beside_dead_upstream(house: TopUpHouse) -> list[Figure]:
    """The healthy platform's pace with and without orders for two dead ones.

    Both are slices of one long sending, in turns: nobody fills and empties a window for each.
    """
    seconds, turns = house.plan.seconds, _half(house.plan.rounds)
    per_s = DEAD_SHARE * await _pace_per_s(house)
    async with _dead_upstreams(house, per_s) as dead:
        selling = asyncio.create_task(_sell(house, seconds=2 * turns * seconds, slice_s=seconds))
        used_s = await _order_in_turns(house, dead, turns)
        slices = (await selling)["slices"]
        await house.drain()
        alone, beside = slices[0 : 2 * turns : 2], slices[1 : 2 * turns : 2]
        detail = {
            "alone_per_s": [round(count / seconds) for count in alone],
            "beside_per_s": [round(count / seconds) for count in beside],
            "alone_cpu_us": _cpu_us(used_s[0::2], alone),
            "beside_cpu_us": _cpu_us(used_s[1::2], beside),
            "dead_orders_per_s": round(per_s, 1),
            "dead_answers": dead.answers,
            **await dead.judge(),
        }
    costs = [100 * (1 - b / a) for a, b in zip(alone, beside, strict=True)]
    return [Figure(key="dead_upstream_cost", spread=spread(costs), detail=detail)]


async def _order_in_turns(house: TopUpHouse, dead: "_Dead", turns: int) -> list[float]:
    """Order from the dead in every second slice; what gateway and database used in each."""
    seconds = house.plan.seconds
    begins = time.monotonic() + RAMP_S
    marks = []
    with house.teller.steps("beside dead upstreams", turns) as steps:
        for turn in range(turns):
            for slice_no in (2 * turn, 2 * turn + 1):
                await asyncio.sleep(begins + slice_no * seconds - time.monotonic())
                marks.append(house.cpu_s())
            await dead.order_on(seconds)
            steps.done("")
        await asyncio.sleep(begins + 2 * turns * seconds - time.monotonic())
        marks.append(house.cpu_s())
    return [
        sum(after[name] - before[name] for name in house.shop.pids)
        for before, after in itertools.pairwise(marks)
    ]


def _cpu_us(used_s: Sequence[float], counts: Sequence[int]) -> list[int]:
    return [round(used * 1e6 / max(1, count)) for used, count in zip(used_s, counts, strict=True)]


@dataclass(slots=True)
class _Dead:
    """A partner that orders from two platforms: one refuses connections, one never answers."""

    house: TopUpHouse
    per_s: float
    partner: Any
    credentials: Any
    reached: list[bytes]  # how requests began that the hanging one read
    answers: dict[str, int] = field(default_factory=dict)

    async def order_on(self, seconds: float) -> None:
        """Order at a steady pace for so long."""
        requests = self.house.write_orders(
            int(self.per_s * seconds) + 1, skus=tuple(DEAD_SKUS), credentials=self.credentials
        )
        report = await self.partner.ask(
            seconds + 60, requests=requests, seconds=seconds, per_s=self.per_s, connections=8
        )
        for key, count in report["answers"].items():
            self.answers[key] = self.answers.get(key, 0) + count

    async def judge(self) -> dict[str, Any]:
        """What was sent to the dead ones, and how much of it again."""
        rows = await self.house.shop.ledger.connection.fetch(SENDS, list(DEAD_SKUS.values()))
        return {
            "dead_sends": {
                row["name"]: {"attempts": row["sent"], "again": row["sends"] - row["sent"]}
                for row in rows
            },
            "purchases_read_by_hanging": self.reached.count(BUY),
        }


@asynccontextmanager
async def _dead_upstreams(house: TopUpHouse, per_s: float) -> AsyncIterator[_Dead]:
    """Two platforms that do not work, two SKUs that only they sell, a partner who orders them."""
    reached: list[bytes] = []
    data = house.shop.data

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while read := await reader.read(65_536):
            reached.append(read[: len(BUY)])
        writer.close()

    hanging = await asyncio.start_server(hang, "127.0.0.1", 0)
    ports = {"refusing": free_port(), "hanging": hanging.sockets[0].getsockname()[1]}
    log = house.plan.work / "dead-partner.log"
    try:
        async with partner_server(house.shop.server.port, log) as partner:
            credentials = await open_account(data, DEAD_PARTNER)
            await quangate(data, "webhook", "set", DEAD_PARTNER, partner.webhook_url)
            for sku, upstream in DEAD_SKUS.items():
                await add_upstream(data, upstream, ports[upstream])
                await add_topup_sku(data, sku, upstream)
            yield _Dead(house, per_s, partner, credentials, reached)
    finally:
        hanging.close()


async def _sell(
    house: TopUpHouse, *, seconds: float, requests: str | None = None, **sending: Any
) -> dict[str, Any]:
    """Sell top-ups for so long after a ramp; refusals and broken connections are failures."""
    report = await house.send(
        requests=requests or _make_requests(house, seconds, sending.get("per_s")),
        seconds=RAMP_S + seconds, window=WINDOW, ramp_s=RAMP_S, **sending,
    )  # fmt: skip
    if report["dry"] or report["broken"] or set(report["answers"]) - {"201"}:
        raise ServerError(f"top-ups were not simply accepted: {report}")
    return report


def _make_requests(house: TopUpHouse, seconds: float, per_s: float | None = None) -> str:
    """Enough for a sending of so long and its ramp."""
    return house.write_orders(int((per_s or TOPUPS_PER_S_MAX) * (RAMP_S + seconds)) + WINDOW)


def _summary(report: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("answers", "broken", "answer_ms", "delivered_ms", "slices", "under_way")
    return {key: report[key] for key in kept}


async def _last_order_id(house: TopUpHouse) -> int:
    last: int | None = await house.shop.ledger.connection.fetchval(
        "SELECT max(id) FROM orders WHERE partner_id = $1", house.shop.ledger.partner_id
    )
    return last or 0


def _half(rounds: int) -> int:
    """For measurements that are steady enough: the whole run has ten minutes."""
    return max(1, rounds // 2)


def _percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest rank of sorted values."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
