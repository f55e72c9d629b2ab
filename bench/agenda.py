"""What can be measured, by name, and the run over what was asked for."""

import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench import comparisons
from bench.code_import import measure_import
from bench.figures import GOALS, Figure
from bench.first_order import measure_first_order
from bench.load import LoaderError
from bench.micro import measure_core
from bench.plan import Plan, Teller
from bench.servers import ServerError

Alone = Callable[[Plan, Teller], Awaitable[list[Figure]]]
InHouse = Callable[[comparisons.House], Awaitable[list[Figure]]]

# Measurements that start what they need, then those that share the house. A measurement of
# top-ups joins one of the tables, its figures join GOALS.
ALONE: Final[Mapping[str, Alone]] = {
    "micro": measure_core,
    "import": measure_import,
    "first_order": measure_first_order,
    "history": comparisons.after_history,
}
IN_HOUSE: Final[Mapping[str, InHouse]] = {
    "echo": comparisons.against_echo,
    "skip_locked": comparisons.against_skip_locked,
    "batch": comparisons.batch_endpoint,
    "sold_out": comparisons.sold_out,
}
NAMES: Final = (*ALONE, *IN_HOUSE)
NEED_LOADER: Final = frozenset(NAMES) - {"micro", "import", "first_order"}


@dataclass(slots=True)
class Outcome:
    """What a run found: figures in their published order, failures by name, the audit's answer."""

    figures: list[Figure] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    audit: Any = None


async def measure(names: Sequence[str], plan: Plan, teller: Teller) -> Outcome:
    """Run the named measurements; one that fails is reported and the others go on."""
    outcome = Outcome()
    for name, alone in ALONE.items():
        if name in names:
            await _attempt(name, alone(plan, teller), outcome, teller)
    if any(name in names for name in IN_HOUSE):
        await _attempt("house", _measure_in_house(names, plan, teller, outcome), outcome, teller)
    order = list(GOALS)
    outcome.figures.sort(key=lambda figure: order.index(figure.key))
    return outcome


async def _measure_in_house(
    names: Sequence[str], plan: Plan, teller: Teller, outcome: Outcome
) -> list[Figure]:
    async with comparisons.open_house(plan, teller) as house:
        for name, in_house in IN_HOUSE.items():
            if name in names:
                await _attempt(name, in_house(house), outcome, teller)
        # Numbers of a database that does not add up would be worth nothing.
        teller.say("auditing what was sold …")
        outcome.audit = await house.shop.audit()
        if not outcome.audit.get("ok"):
            outcome.failures["audit"] = "the database does not add up after the load"
    return []


async def _attempt(
    name: str, measuring: Awaitable[list[Figure]], outcome: Outcome, teller: Teller
) -> None:
    try:
        outcome.figures.extend(await measuring)
    except Exception as error:  # noqa: BLE001  a run of ten minutes is not lost for one row
        teller.say(f"{name} failed: {error}")
        if not isinstance(error, ServerError | LoaderError):
            traceback.print_exc(file=sys.stderr)
        outcome.failures[name] = f"{type(error).__name__}: {error}"
