"""How long one order takes: alone, among those of an open loop; and what a second worker brings."""

import random
import time
from array import array
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Final

from bench.comparisons import SINGLE_CODES_PER_S_MAX, House, gateway_shop, ratio_figure, seller
from bench.figures import Figure
from bench.histogram import Histogram
from bench.plan import Plan, Teller
from bench.presign import single_orders, write_requests
from bench.servers import ServerError, Talk, talking
from bench.shape import STEADY, even, moments
from bench.spread import spread
from bench.turns import Contestant, Round, run_round, run_turns, summary, write_cycle

ALONE_PER_S_MAX: Final = 5_000  # paces that one connection does not exceed
WORKERS: Final = 2
PROBE_S: Final = 0.5
WARMER: Final = 3.0  # no round is faster than the first by more than that
WINDOW: Final = 256  # orders at a time that bring the peak
RAMP_S: Final = 0.5
SPARE: Final = 1.3  # requests and stock over what is expected
SEED: Final = 13
GRACE_S: Final = 60.0
FIRST_GUESS_PER_S: Final = 5_000.0


async def unloaded(house: House) -> list[Figure]:
    """One connection: an order's p50 over the echo's, in turns."""
    rounds = await _alone(house, "ALONE")
    pairs = zip(rounds["gateway"], rounds["echo"], strict=True)
    ratios = [_p50(ours) / _p50(echo) for ours, echo in pairs]
    return [Figure(key="unloaded_p50_echo", spread=spread(ratios), detail=summary(rounds))]


async def open_loop(house: House) -> list[Figure]:
    """Orders due by chance at 70 % of the peak: p99 from then on, over an echo's p50 alone."""
    plan, shop = house.plan, house.shop
    alone = await _alone(house, "OPEN")
    echo_ms = spread([_p50(one) for one in alone["echo"]]).median / 1e3
    log = plan.work / "open_p99.log"
    chance = random.Random(SEED)
    found, p50s, peaks = [], [], []
    async with talking(["bench.open_loop", str(shop.server.port)], "the loader", log) as loader:
        guess = FIRST_GUESS_PER_S
        with house.teller.steps("open loop at 70 %", plan.rounds + 1) as steps:
            for n in range(plan.rounds + 1):
                seconds = max(1.0, plan.seconds)
                await shop.restock("OPEN", int(guess * SPARE * 3 * (seconds + RAMP_S)))
                guess = peak = await _peak_per_s(house, loader, guess, seconds)
                took = await _sent(house, loader, peak, seconds, chance)
                if n:  # the first warms up
                    found.append(took.quantile_ms(0.99) / echo_ms)
                    p50s.append(took.quantile_ms(0.5))
                    peaks.append(peak)
                steps.done(f"p99 {took.quantile_ms(0.99):.1f} ms at {STEADY * peak:,.0f}/s")
    detail = {"echo_p50_ms": echo_ms, "p50_ms": p50s, "peak_per_s": peaks}
    return [Figure(key="open_p99_echo", spread=spread(found), detail=detail)]


async def _alone(house: House, sku: str) -> dict[str, list[Round]]:
    await house.shop.stock(sku, house.plan.codes_needed(ALONE_PER_S_MAX))
    workload = single_orders(sku)
    plan = replace(house.plan, connections=1, threads=1)
    sides = (house.gateway(workload, "201"), house.echo(workload))
    return await run_turns("one connection / echo", sides, plan, house.teller)


def _p50(one: Round) -> float:
    """In microseconds; the loader counts whole ones."""
    return max(1.0, float(one.load.p50_us))


async def _peak_per_s(house: House, loader: Talk, guess: float, seconds: float) -> float:
    """Orders a second of a closed loop."""
    path = _sign(house, int(guess * SPARE * (seconds + RAMP_S)) + WINDOW)
    command = {"requests": path, "window": WINDOW, "ramp_s": RAMP_S, "seconds": seconds}
    report = await loader.ask(seconds + GRACE_S, command)
    sold: int = report["answers"].get("201", 0)
    if not sold:
        raise ServerError(f"nothing is sold in a closed loop: {report}")
    return sold / seconds


async def _sent(
    house: House, loader: Talk, peak: float, seconds: float, chance: random.Random
) -> Histogram:
    """How long those took that were accepted."""
    due = array("d", moments([even(2 * seconds, STEADY)], peak, chance))
    path = house.plan.requests / "open-due"
    path.write_bytes(due.tobytes())
    streams = {"one": (_sign(house, len(due)), str(path))}
    command = {"streams": streams, "phases": [("all", 2 * seconds)], "slice_s": seconds}
    await loader.ask(GRACE_S, command)
    report = await loader.hear(2 * seconds + GRACE_S)
    return Histogram(report["phases"]["all"]["one"]["took"])


def _sign(house: House, count: int) -> str:
    path = house.plan.requests / "open"
    prefix = f"o{time.time_ns() // 1_000_000:x}"
    write_requests(
        path, house.shop.credentials, single_orders("OPEN"), prefix=prefix, count=count, slices=1
    )
    return f"{path}.0"


async def two_workers(plan: Plan, teller: Teller) -> list[Figure]:
    """Single orders of one partner at a gateway of two workers, over one of one, in turns.

    A short round first says how many codes the others need: those for any pace, of two shops, took
    longer to make than all else.
    """
    async with AsyncExitStack() as stack:
        sides: list[Contestant] = []
        shops = []
        for name, workers in (("two", WORKERS), ("one", 1)):
            shop = await stack.enter_async_context(
                gateway_shop(plan, f"{name}-worker", workers=workers)
            )
            await shop.stock("WORKERS", int(PROBE_S * SINGLE_CODES_PER_S_MAX))
            shops.append(shop)
            sides.append(seller(name, shop, single_orders("WORKERS"), "201"))
        probe = replace(plan, seconds=PROBE_S)
        write_cycle(sides, probe, count=int(PROBE_S * SINGLE_CODES_PER_S_MAX))
        pace = max([(await run_round(side, probe)).per_s for side in sides])
        for shop in shops:
            await shop.restock("WORKERS", plan.codes_needed(max(1.0, pace) * WARMER))
        rounds = await run_turns("two workers / one", sides, plan, teller)
    return [ratio_figure("two_workers_ratio", rounds, "two", "one")]
