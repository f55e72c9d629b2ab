"""What it costs to refuse: processor time of each kind of refusal, gateway and database together,
in answers of the echo, in turns. Those for which the head suffices are apart.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from bench.comparisons import House
from bench.figures import Figure
from bench.plan import NotMeasured, Plan
from bench.presign import Credentials, campaign_orders, orders_of_one_buyer, single_orders
from bench.scarcity import OPEN
from bench.servers import ServerError, quangate
from bench.shop import PARTNER, Shop, make_key, place_order
from bench.spread import Spread, spread
from bench.turns import Contestant, Round, run_round, run_turns, summary, write_cycle

OVER: Final = ("--from", "2020-01-01T00:00:00Z", "--to", "2020-01-02T00:00:00Z")
HOUR_S: Final = 3600
# What cannot be committed for as long: more of it than may be under way.
STUCK: Final = 64
STUCK_CODES: Final = 100
SCARCE_CODES: Final = 10_000  # what little is sold beside refusing
STUCK_S_MAX: Final = 3.0  # longer, and commits time out
LEAST_SHARE: Final = 0.9  # of the answers are of the wanted kind, or it is not what was measured

LOCK: Final = """
SELECT FROM account a JOIN partner p ON p.id = a.partner_id WHERE p.name = $1 FOR UPDATE OF a
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of refusal: who provokes it, and whether its head is enough to see it."""

    side: Contestant
    head: bool = False


async def refusal_echo(house: House) -> list[Figure]:
    """All kinds in turns with the echo; then each alone, to count transactions."""
    missing: dict[str, str] = {}
    kinds = await _provoked(house, missing)
    plan = replace(house.plan, seconds=min(house.plan.seconds, STUCK_S_MAX))
    sides = [house.echo(single_orders("GONE")), *(kind.side for kind in kinds)]
    rounds = await run_turns("refusals / echo", sides, plan, house.teller)
    costs: dict[str, Spread] = {}
    for kind in kinds:
        name = kind.side.name
        try:
            costs[name] = spread(cost_in_echoes(rounds[name], rounds["echo"]))
        except NotMeasured as why:
            missing[name] = str(why)
    transactions = {kind.side.name: await _transactions(kind, house.shop, plan) for kind in kinds}
    told = summary(rounds)
    figures = []
    for key, head in (("refusal_echo", False), ("refusal_head_echo", True)):
        of_these = {k.side.name: costs[k.side.name] for k in kinds if k.head is head
                    and k.side.name in costs}  # fmt: skip
        if of_these:
            figures.append(_figure(key, of_these, transactions, told, {} if head else missing))
    if not figures:
        raise NotMeasured(f"no kind of refusal could be provoked: {missing}")
    return figures


def _figure(
    key: str,
    costs: Mapping[str, Spread],
    transactions: Mapping[str, float],
    told: Mapping[str, Any],
    missing: Mapping[str, str],
) -> Figure:
    dearest = max(costs.values(), key=lambda cost: cost.median)
    detail = {
        "echoes": {name: cost.as_json() for name, cost in costs.items()},
        "transactions_per_answer": {name: transactions[name] for name in costs},
        **({"not_measured": dict(missing)} if missing else {}),
        **{name: told[name] for name in ("echo", *costs)},
    }
    return Figure(key=key, spread=dearest, detail=detail)


def cost_in_echoes(refusals: list[Round], echoes: list[Round]) -> list[float]:
    """Processor time of an answer over that of an echo, round by round; raises NotMeasured."""
    found = []
    for refused, echoed in zip(refusals, echoes, strict=True):
        wanted, answers = refused.goodput, refused.load.requests
        if not wanted or wanted < LEAST_SHARE * answers:
            raise NotMeasured(f"answered otherwise: {dict(refused.load.answers)}")
        ours = sum(refused.cpu_s.values()) / answers
        found.append(ours / (echoed.cpu_s["server"] / max(1, echoed.load.requests)))
    return found


async def _provoked(house: House, missing: dict[str, str]) -> list[Kind]:
    """Sets up what refuses; what cannot be is told in `missing`."""
    shop = house.shop
    await shop.stock("GONE", 0)
    await shop.stock("SCARCE", SCARCE_CODES, per_buyer=1)
    await shop.stock("HEAVY", (house.plan.rounds + 2) * 2 * STUCK * STUCK_CODES, per_buyer=None)
    await quangate(shop.data, "campaign", "create", "GONE-BY", "--sku", "SCARCE", *OVER)
    kinds = [
        _kind(house, "sold_out", single_orders("GONE"), "409 sold-out"),
        _kind(house, "closed", campaign_orders("SCARCE", "GONE-BY"), "409 campaign-closed"),
        _kind(house, "over_limit", orders_of_one_buyer("SCARCE", "x"), "422 purchase-limit"),
        _kind(
            house, "overloaded", single_orders("HEAVY"), "503 overloaded",
            during=lambda: _stuck(shop),
        ),
        *await _seen_on_the_head(house),
    ]  # fmt: skip
    try:
        await quangate(
            shop.data, "campaign", "create", "ROOM", "--sku", "SCARCE", *OPEN, "--pass", "required"
        )
    except ServerError as error:
        missing["no_pass"] = f"campaigns cannot ask for passes: {error}"
    else:
        workload = campaign_orders("SCARCE", "ROOM")
        kinds.append(_kind(house, "no_pass", workload, "403 pass-required"))
    # The first order of the only buyer is no refusal.
    await place_order(
        shop.server.port, shop.credentials, sku="SCARCE", out_order_no="the-one", buyer={"id": "x"}
    )
    return kinds


async def _seen_on_the_head(house: House) -> list[Kind]:
    orders = single_orders("SCARCE")
    shop = house.shop
    stranger = replace(shop.credentials, key_id="qk_0000000000000000")
    hasty = await make_key(shop.data, PARTNER, 1)
    late = replace(orders, name="late", old_s=HOUR_S)
    return [
        _kind(house, "unknown_key", orders, "401 unauthenticated", credentials=stranger, head=True),
        _kind(house, "rate_limited", orders, "429 rate-limited", credentials=hasty, head=True),
        _kind(house, "stale", late, "401 stale-timestamp", head=True),
    ]


def _kind(
    house: House,
    name: str,
    workload: Any,
    answer: str,
    *,
    credentials: Credentials | None = None,
    head: bool = False,
    **more: Any,
) -> Kind:
    side = replace(house.gateway(workload, answer), name=name, **more)
    if credentials is not None:
        side = replace(side, credentials=credentials)
    return Kind(side=side, head=head)


@asynccontextmanager
async def _stuck(shop: Shop) -> AsyncIterator[None]:
    """As long as the account is ours nothing of it is committed: all that may be is under way."""
    port, mine = shop.server.port, shop.credentials
    async with shop.ledger.connection.transaction():
        await shop.ledger.connection.execute(LOCK, PARTNER)
        prefix = f"stuck-{time.time_ns():x}"
        orders = [
            asyncio.create_task(
                place_order(
                    port, mine, sku="HEAVY", out_order_no=f"{prefix}-{n}", quantity=STUCK_CODES
                )
            )
            for n in range(STUCK)
        ]
        await asyncio.wait(orders, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
        yield
    await asyncio.gather(*orders)


async def _transactions(kind: Kind, shop: Shop, plan: Plan) -> float:
    """Of the database, for each answer; what the gateway does by itself is among them."""
    write_cycle([kind.side], plan, count=int(plan.seconds * 20_000))
    before = await shop.ledger.transactions()
    one = await run_round(kind.side, plan)
    return round((await shop.ledger.transactions() - before) / max(1, one.load.requests), 4)
