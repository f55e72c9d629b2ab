"""What can be measured, by name, and the run over what was asked for."""

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench import comparisons, nodes, paces, peer_comparisons, pressure, topups
from bench.backups import while_backed_up
from bench.callback_burst import callbacks_burst
from bench.code_import import measure_import
from bench.figures import GOALS, Figure
from bench.first_order import measure_first_order
from bench.load import LoaderError
from bench.micro import measure_core
from bench.plan import NotMeasured, Plan, Teller
from bench.pressure_house import PressureHouse, open_pressure_house
from bench.recovery import measure_recovery
from bench.refusals import refusal_echo
from bench.scarcity import against_quotas, holds_and_confirms
from bench.servers import ServerError
from bench.shop import Shop
from bench.topup_house import TopUpHouse, open_topup_house
from bench.topup_writes import topup_writes

Alone = Callable[[Plan, Teller], Awaitable[list[Figure]]]
InHouse = Callable[[comparisons.House], Awaitable[list[Figure]]]
InTopUpHouse = Callable[[TopUpHouse], Awaitable[list[Figure]]]
InPressureHouse = Callable[[PressureHouse], Awaitable[list[Figure]]]

# Measurements that start what they need, then those that share a house.
ALONE: Final[Mapping[str, Alone]] = {
    "micro": measure_core,
    "import": measure_import,
    "first_order": measure_first_order,
    "history": comparisons.after_history,
    "recovery": measure_recovery,
    "two_workers": paces.two_workers,
    "nodes": nodes.two_nodes,
    "redis": nodes.redis,
}
IN_HOUSE: Final[Mapping[str, InHouse]] = {
    "echo": comparisons.against_echo,
    "unloaded": paces.unloaded,
    "open_loop": paces.open_loop,
    "skip_locked": peer_comparisons.against_skip_locked,
    "fastapi_one_statement": peer_comparisons.against_one_statement,
    "go_one_statement": peer_comparisons.against_go,
    "redis_lua": peer_comparisons.against_redis,
    "batch": comparisons.batch_endpoint,
    "sold_out": comparisons.sold_out,
    "quotas": against_quotas,
    "holds": holds_and_confirms,
    "backup": while_backed_up,
    "refusals": refusal_echo,
}
IN_TOPUP_HOUSE: Final[Mapping[str, InTopUpHouse]] = {
    "topups": topups.topups_per_s,  # first: its pace is what the others are measured at
    "topup_writes": topup_writes,
    "order_to_upstream": topups.order_to_upstream,
    "dead_upstream": topups.beside_dead_upstream,
    "callbacks_burst": callbacks_burst,
}
IN_PRESSURE_HOUSE: Final[Mapping[str, InPressureHouse]] = {
    "shapes": pressure.shapes,
    "flood": pressure.flood,
}
MEASUREMENT_S_MAX: Final = 300.0  # the others' longest takes two minutes on a busy machine
# Those that take longer: nine contestants; a program to build and its modules to fetch; stock for
# each of its rounds; ten million orders to write, and their codes to make.
LONGER_S_MAX: Final[Mapping[str, float]] = {
    "refusals": 900.0, "go_one_statement": 900.0, "open_loop": 900.0, "history": 7_200.0,
}  # fmt: skip
NAMES: Final = (*ALONE, *IN_HOUSE, *IN_TOPUP_HOUSE, *IN_PRESSURE_HOUSE)
NEED_LOADER: Final = frozenset(IN_HOUSE) | {"history", "topups", "two_workers", "nodes", "redis"}


@dataclass(slots=True)
class Outcome:
    """What a run found: figures in their published order, failures by name, the audit's answer."""

    figures: list[Figure] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    not_measured: dict[str, str] = field(default_factory=dict)  # what is missing for it
    audit: Any = None


async def measure(names: Sequence[str], plan: Plan, teller: Teller) -> Outcome:
    """Run the named measurements; one that fails is reported and the others go on."""
    outcome = Outcome()
    for name, alone in ALONE.items():
        if name in names:
            deadline_s = LONGER_S_MAX.get(name, MEASUREMENT_S_MAX)
            await _attempt(name, alone(plan, teller), outcome, teller, deadline_s=deadline_s)
    houses = {
        "house": (IN_HOUSE, _in_house),
        "topup_house": (IN_TOPUP_HOUSE, _in_topup_house),
        "pressure_house": (IN_PRESSURE_HOUSE, _in_pressure_house),
    }
    for name, (table, live_in) in houses.items():
        if any(each in names for each in table):
            living = live_in(names, plan, teller, outcome)
            await _attempt(name, living, outcome, teller, deadline_s=None)
    order = list(GOALS)
    outcome.figures.sort(key=lambda figure: order.index(figure.key))
    return outcome


async def _in_house(
    names: Sequence[str], plan: Plan, teller: Teller, outcome: Outcome
) -> list[Figure]:
    async with comparisons.open_house(plan, teller) as house:
        for name, in_house in IN_HOUSE.items():
            if name in names:
                deadline_s = LONGER_S_MAX.get(name, MEASUREMENT_S_MAX)
                await _attempt(name, in_house(house), outcome, teller, deadline_s=deadline_s)
        await _audit(house.shop, outcome, teller)
    return []


async def _in_pressure_house(
    names: Sequence[str], plan: Plan, teller: Teller, outcome: Outcome
) -> list[Figure]:
    deadline_s = pressure.pressure_deadline_s(plan)
    async with open_pressure_house(plan, teller) as house:
        for name, in_house in IN_PRESSURE_HOUSE.items():
            if name in names:
                await _attempt(name, in_house(house), outcome, teller, deadline_s=deadline_s)
        await _audit(house.shop, outcome, teller)
    return []


async def _in_topup_house(
    names: Sequence[str], plan: Plan, teller: Teller, outcome: Outcome
) -> list[Figure]:
    async with open_topup_house(plan, teller) as house:
        for name, in_house in IN_TOPUP_HOUSE.items():
            if name in names:
                await _attempt(name, in_house(house), outcome, teller)
        await _audit(house.shop, outcome, teller)
    return []


async def _audit(shop: Shop, outcome: Outcome, teller: Teller) -> None:
    """Numbers of a database that does not add up would be worth nothing."""
    teller.say("auditing what was sold …")
    audit = await shop.audit()
    if not audit.get("ok"):
        outcome.failures["audit"] = "the database does not add up after the load"
    if outcome.audit is None or not audit.get("ok"):
        outcome.audit = audit


async def _attempt(
    name: str,
    measuring: Awaitable[list[Figure]],
    outcome: Outcome,
    teller: Teller,
    *,
    deadline_s: float | None = MEASUREMENT_S_MAX,
) -> None:
    """Add what is measured; a failure is reported, a hang ends as one and says where it hung."""
    try:
        async with asyncio.timeout(deadline_s):
            outcome.figures.extend(await measuring)
    except NotMeasured as why:
        teller.say(f"{name} not measured: {why}")
        outcome.not_measured[name] = str(why)
    except Exception as error:  # noqa: BLE001  a run of ten minutes is not lost for one row
        teller.say(f"{name} failed: {error}")
        if not isinstance(error, ServerError | LoaderError):
            traceback.print_exc(file=sys.stderr)
        outcome.failures[name] = f"{type(error).__name__}: {error}"
