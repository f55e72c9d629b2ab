"""What scarcity costs: orders with quotas, and holds with their confirms, against plain orders."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bench.comparisons import SINGLE_CODES_PER_S_MAX, House, ratio_figure
from bench.figures import Figure
from bench.load import Load, run_load
from bench.plan import NotMeasured, Plan
from bench.presign import (
    HOLDS,
    Workload,
    campaign_orders,
    confirms,
    holds,
    single_orders,
    write_requests,
)
from bench.servers import ServerError, quangate
from bench.shop import Shop, place_order, post
from bench.spread import ratios, spread
from bench.turns import rates, run_round, run_turns, summary, write_cycle

PLAIN: Final = "PLAIN"  # nothing limits it
LIMITED: Final = "LIMITED"
SALE: Final = "SALE"
OPEN: Final = ("--from", "2020-01-01T00:00:00Z", "--to", "2100-01-01T00:00:00Z")
TWO: Final = 2  # a buyer's, and a device's
QUOTAS: Final = {
    "two-a-buyer": ("--on", f"sku:{LIMITED}", "--per", "buyer", "--max", str(TWO)),
    "two-a-device": ("--on", f"sku:{LIMITED}", "--per", "device", "--max", str(TWO)),
    "all-of-it": ("--on", f"campaign:{SALE}", "--per", "total", "--max", str(10**9)),
}
HELD: Final = "HELD"
HOLD_TTL_S: Final = 600
HOLDS_MOST: Final = ("1000000", "100")  # of a partner, and percent of a pool: none in the way
CONFIRMS_S_MAX: Final = 60.0


async def against_quotas(house: House) -> list[Figure]:
    """Orders in a campaign with three quotas, one its total, in turns with plain ones."""
    shop = house.shop
    await _require_quotas(shop)
    codes = house.plan.codes_needed(SINGLE_CODES_PER_S_MAX)
    await shop.stock(PLAIN, codes, per_buyer=None)
    await open_sale(shop, codes)
    await _wait_until_limited(shop)
    plain = house.gateway(single_orders(PLAIN), "201")
    limited = house.gateway(campaign_orders(LIMITED, SALE), "201")
    sides = (replace(limited, name="limited"), replace(plain, name="plain"))
    rounds = await run_turns("three quotas / plain", sides, house.plan, house.teller)
    return [ratio_figure("quota_ratio", rounds, "limited", "plain")]


async def open_sale(shop: Shop, codes: int) -> None:
    """The campaign, and its three quotas."""
    await shop.stock(LIMITED, codes, per_buyer=None)
    await quangate(shop.data, "campaign", "create", SALE, "--sku", LIMITED, *OPEN)
    for name, given in QUOTAS.items():
        await quangate(shop.data, "quota", "create", name, *given)


async def _require_quotas(shop: Shop) -> None:
    try:
        await quangate(shop.data, "quota", "list")
    except ServerError as error:
        raise NotMeasured(f"there are no quotas: {error}") from None


async def _wait_until_limited(shop: Shop) -> None:
    """One buyer orders until a quota says no: all workers know it then."""
    for attempt in range(40):
        named = {"id": f"one-buyer-{attempt // 4}", "device": f"one-device-{attempt // 4}"}
        status, answer = await place_order(
            shop.server.port, shop.credentials, sku=LIMITED, out_order_no=f"quota-{attempt}",
            campaign=SALE, buyer=named,
        )  # fmt: skip
        if answer.get("code") == "purchase-limit" and answer.get("quota") in QUOTAS:
            await shop.ledger.codes_since_last()
            return
    raise ServerError(f"no quota ever refused anything: {status} {answer}")


# ---------------------------------------------------------------- holds


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pairs:
    """A round of holds, and one of their confirms: the second cannot be signed before the first."""

    held: Load
    confirmed: Load

    @property
    def per_s(self) -> float:
        """Pairs a second, if the two had taken turns all the time."""
        taken_s = (load.duration_s / max(1, load.answers.get("201", 0)) for load in self._both)
        return 1 / sum(taken_s)

    @property
    def _both(self) -> tuple[Load, Load]:
        return self.held, self.confirmed


async def holds_and_confirms(house: House) -> list[Figure]:
    """Holds, and then their confirms, in turns with plain orders."""
    plan, shop = house.plan, house.shop
    await _require_holds(shop)
    codes = plan.codes_needed(SINGLE_CODES_PER_S_MAX)
    await shop.stock(HELD, 2 * codes, per_buyer=None)
    per_partner, percent = HOLDS_MOST
    await quangate(shop.data, "setting", "set", "holds.per_partner", per_partner)
    await quangate(shop.data, "setting", "set", "holds.pool_percent", percent)
    await _wait_for_a_hold(shop)
    plain = replace(house.gateway(single_orders(HELD), "201"), name="plain")
    one_thread = replace(plan, threads=1)
    orders, pairs = [], []
    with house.teller.steps("hold + confirm / plain", 2 * (plan.rounds + 1)) as steps:
        for cycle in range(plan.rounds + 1):
            write_cycle([plain], one_thread, count=int(SINGLE_CODES_PER_S_MAX * plan.seconds))
            order = await run_round(plain, one_thread)
            steps.done(f"plain {order.per_s:,.0f}/s")
            pair = await _hold_and_confirm(shop, one_thread)
            steps.done(f"hold + confirm {pair.per_s:,.0f}/s")
            if cycle > 0:
                orders.append(order)
                pairs.append(pair)
    found = ratios([pair.per_s for pair in pairs], rates(orders))
    detail = {**summary({"plain": orders}), "holds": _told(pairs, "held")}
    detail["confirms"] = _told(pairs, "confirmed")
    return [Figure(key="hold_confirm_ratio", spread=spread(found), detail=detail)]


async def _require_holds(shop: Shop) -> None:
    status, answer = await post(shop.server.port, shop.credentials, HOLDS, {})
    if status == 404:
        raise NotMeasured(f"there are no holds: {HOLDS} answers 404 {answer.get('code', '')}")


async def _wait_for_a_hold(shop: Shop) -> None:
    for attempt in range(40):
        status, answer = await post(shop.server.port, shop.credentials, HOLDS, {
            "out_hold_no": f"probe-{attempt}", "sku": HELD, "quantity": 1, "ttl_s": HOLD_TTL_S,
            "buyer": {"id": f"probe-{attempt}"},
        })  # fmt: skip
        if status == 201:
            break
    else:
        raise ServerError(f"{HELD} cannot be held: {status} {answer}")
    status, answer = await post(
        shop.server.port, shop.credentials, f"{HOLDS}/{answer['hold_no']}/confirm",
        {"out_order_no": "probe-of-a-hold"},
    )  # fmt: skip
    if status != 201:
        raise ServerError(f"a hold cannot be confirmed: {status} {answer}")
    await shop.ledger.codes_since_last()


async def _hold_and_confirm(shop: Shop, plan: Plan) -> _Pairs:
    held = await _send(
        shop, plan, holds(HELD, HOLD_TTL_S), count=int(SINGLE_CODES_PER_S_MAX * plan.seconds),
        seconds=plan.seconds, keep="hold_no",
    )  # fmt: skip
    numbers = _kept(plan, shop)
    if not numbers:
        raise ServerError(f"nothing was held: {dict(held.answers)}")
    confirmed = await _send(
        shop, plan, confirms(numbers), count=len(numbers), seconds=CONFIRMS_S_MAX, once=True
    )
    delivered = await shop.ledger.codes_since_last()
    if delivered < confirmed.answers.get("201", 0):
        raise ServerError(f"{confirmed.answers} answered, {delivered} delivered")
    return _Pairs(held=held, confirmed=confirmed)


async def _send(
    shop: Shop, plan: Plan, workload: Workload, *, count: int, seconds: float, **how: Any
) -> Load:
    path = _path(plan, shop)
    prefix = f"h{time.time_ns() // 1_000_000:x}"
    write_requests(path, shop.credentials, workload, prefix=prefix, count=count, slices=1)
    return await run_load(
        port=shop.server.port, requests=path, seconds=seconds, connections=plan.connections,
        threads=1, **how,
    )  # fmt: skip


def _path(plan: Plan, shop: Shop) -> Path:
    return plan.requests / f"{shop.credentials.key_id}-holds"


def _kept(plan: Plan, shop: Shop) -> list[str]:
    """The numbers of the holds that were answered, each once."""
    text = Path(f"{_path(plan, shop)}.0.kept").read_text(encoding="ascii")
    return list(dict.fromkeys(text.split()))


def _told(pairs: list[_Pairs], which: str) -> dict[str, Any]:
    loads: list[Load] = [getattr(pair, which) for pair in pairs]
    answers: dict[str, int] = {}
    for load in loads:
        for key, n in load.answers.items():
            answers[key] = answers.get(key, 0) + n
    return {
        "per_s": [round(load.answers.get("201", 0) / load.duration_s) for load in loads],
        "answers": answers,
        "broken": sum(load.broken for load in loads),
    }
