"""Seven shapes of load, and what one partner's flood costs the others; see bench/README.md."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.figures import Figure
from bench.histogram import Histogram
from bench.plan import Plan
from bench.pressure_house import CODES, SLICE_S, PressureHouse, Sent
from bench.servers import ServerError
from bench.shape import FLOOD, SHAPES, SHARE, STEADY, Leg, even, length_s, lesser, recovered_s
from bench.spread import spread

BEFORE: Final = "before"
DURING: Final = "during"
AFTER: Final = "after"
HOLDS_S: Final = 2.0  # all is as before when it is so for so long
NORMAL_SHARE: Final = 0.9  # of what was due in a slice is accepted
FLAT: Final = 1.05  # memory in the last quarter of a shape over that in its second
TURNS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What became of the requests of one phase, of some of its streams."""

    due: int
    accepted: int
    took: Histogram
    refused_in: Histogram
    answers: Mapping[str, int]
    without_retry_after: int

    @property
    def p99_ms(self) -> float:
        """Of what was accepted, from the moment it was due."""
        return self.took.quantile_ms(0.99)

    def as_json(self) -> dict[str, Any]:
        """For the result file."""
        return {
            "due": self.due, "accepted": self.accepted,
            "p50_ms": self.took.quantile_ms(0.5), "p99_ms": self.p99_ms,
            "refused_p99_ms": self.refused_in.quantile_ms(0.99), "answers": dict(self.answers),
            "without_retry_after": self.without_retry_after,
        }  # fmt: skip


async def shapes(house: PressureHouse) -> list[Figure]:
    """Each shape between stretches of 70 %, against a peak measured just before and after."""
    plan, found = house.plan, {}
    with house.teller.steps("shapes of load", len(plan.shapes)) as steps:
        await house.peak_per_s()  # warm-up
        peak = await house.peak_per_s()
        for name in plan.shapes:
            found[name], peak = await _measure_shape(house, name, peak)
            steps.done(f"{name} {found[name]['published']}")
    parts = {name: one["published"] for name, one in found.items()}
    detail = {name: one["detail"] for name, one in found.items()}
    watched_s = _after_s(plan)
    values = {
        "shapes": [one["goodput_share"] for one in parts.values()],
        "shapes_p99_ratio": [one["p99_ratio"] for one in parts.values()],
        "shapes_recovered_s": [
            watched_s if one["recovered_s"] is None else one["recovered_s"]
            for one in parts.values()
        ],
    }
    return [
        Figure(
            key=key, spread=spread(of_all), worst=True,
            **({"parts": parts, "detail": detail} if key == "shapes" else {}),
        )
        for key, of_all in values.items()
    ]  # fmt: skip


async def _measure_shape(
    house: PressureHouse, name: str, peak: float
) -> tuple[dict[str, Any], float]:
    """What is found, and the peak after it."""
    plan = house.plan
    legs = SHAPES[name](plan.shape_s)
    slow_peak = await house.peak_per_s(slow=True) if name == "slow_database" else peak
    phases = [
        (BEFORE, [even(_before_s(plan), STEADY)]),
        (DURING, legs),
        (AFTER, [even(_after_s(plan), STEADY)]),
    ]
    beside = [(name, [even(length_s(of_phase), SHARE)]) for name, of_phase in phases]
    is_flood = name == "flood"
    if is_flood:  # the others are beside it all the time: together 70 % before and after
        phases[0] = (BEFORE, [even(_before_s(plan), STEADY - len(house.others) * SHARE)])
        phases[2] = (AFTER, [even(_after_s(plan), STEADY - len(house.others) * SHARE)])
    await house.stock(peak * sum(lesser(of_phase) for _, of_phase in phases) * 1.2)
    base_ms = await _slow_base_ms(house, slow_peak) if name == "slow_database" else None
    await house.shop.ledger.codes_since_last()
    sent = await house.send(peak, phases, beside=beside if is_flood else ())
    delivered = await house.shop.ledger.codes_since_last()
    again = await house.peak_per_s()
    top = (peak + again) / 2 / peak
    judged = _judged(
        sent, plan, legs=legs, peak=peak, top=top, slow_top=slow_peak / peak, base_ms=base_ms,
        delivered=delivered, is_flood=is_flood,
    )  # fmt: skip
    return judged, again


async def _slow_base_ms(house: PressureHouse, slow_peak: float) -> float:
    """The p99 at 70 % of what a slow database lets through."""
    legs = [even(2.0, STEADY, slow=True), even(2 * _before_s(house.plan), STEADY, slow=True)]
    await house.stock(slow_peak * length_s(legs))
    sent = await house.send(slow_peak, [("ramp", legs[:1]), (BEFORE, legs[1:])])
    await house.slow_down(0.0)
    return stretch(sent, BEFORE).p99_ms


def _judged(
    sent: Sent,
    plan: Plan,
    *,
    legs: Sequence[Leg],
    peak: float,
    top: float,
    slow_top: float,
    base_ms: float | None,
    delivered: int,
    is_flood: bool,
) -> dict[str, Any]:
    before, during, after = (stretch(sent, phase) for phase in (BEFORE, DURING, AFTER))
    if not is_flood and delivered < CODES * sum(s.accepted for s in (before, during, after)):
        raise ServerError(f"more was answered than was delivered: {delivered} codes")
    expected = lesser(legs, top=top, slow_top=slow_top) * peak
    if is_flood:  # what the others offer comes on top of it, and is more than the peak
        expected = top * peak * length_s(legs)
    begins = round((_before_s(plan) + length_s(legs)) / SLICE_S)
    normal = [is_normal(one, before.p99_ms) for one in sent.report["slices"][begins:]
              if one["due"]]  # fmt: skip
    recovered = recovered_s(normal, slice_s=SLICE_S, holds_slices=int(HOLDS_S / SLICE_S))
    published = {
        "goodput_share": round(during.accepted / expected, 3),
        "p99_ratio": round(during.p99_ms / (base_ms or before.p99_ms), 2),
        "recovered_s": recovered,
    }
    detail = {
        "peak_per_s": round(peak), "peak_after": round(top, 3), "slow_peak": round(slow_top, 3),
        "expected": round(expected), "base_p99_ms": base_ms or before.p99_ms,
        "phases": {BEFORE: before.as_json(), DURING: during.as_json(), AFTER: after.as_json()},
        "memory": memory(sent, _before_s(plan), length_s(legs)),
        "course": course(sent.report["slices"]),
        "loader": {key: sent.report[key] for key in ("late_ms", "waited_for_connection")},
        **({"others": stretch(sent, DURING, others=True).as_json()} if is_flood else {}),
    }  # fmt: skip
    return {"published": published, "detail": detail}


def stretch(sent: Sent, phase: str, *, others: bool = False) -> Stretch:
    """All streams of a phase, or only those of the others."""
    streams = sent.report["phases"].get(phase, {})
    took, refused_in = Histogram(), Histogram()
    answers: dict[str, int] = {}
    due = without = 0
    for name, one in streams.items():
        if others and not name.startswith("other-"):
            continue
        due += one["due"]
        without += one["without_retry_after"]
        took.add(Histogram(one["took"]))
        refused_in.add(Histogram(one["refused_in"]))
        for key, n in one["answers"].items():
            answers[key] = answers.get(key, 0) + n
    if not took.count:
        raise ServerError(f"nothing was accepted in phase {phase}: {answers}")
    return Stretch(
        due=due, accepted=answers.get("201", 0), took=took, refused_in=refused_in,
        answers=answers, without_retry_after=without,
    )  # fmt: skip


def is_normal(part: Mapping[str, Any], base_p99_ms: float) -> bool:
    """Whether a slice is as before: nearly all accepted, and nine of ten within the p99 of then."""
    accepted = part["answers"].get("201", 0)
    slow_ms = Histogram(part["took"]).quantile_ms(0.9)
    return accepted >= NORMAL_SHARE * part["due"] and slow_ms <= base_p99_ms


def course(slices: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """What was offered and accepted a second, slice by slice, by when each was due."""
    return {
        "at_s": [round((n + 0.5) * SLICE_S, 2) for n in range(len(slices))],
        "offered_per_s": [one["due"] / SLICE_S for one in slices],
        "accepted_per_s": [one["answers"].get("201", 0) / SLICE_S for one in slices],
    }


def memory(sent: Sent, began_s: float, length: float) -> dict[str, Any]:
    """The gateway's, in MiB: before, at its peak, and whether it stayed flat in the shape."""

    def within(lo: float, hi: float) -> list[float]:
        found = [mib for at, mib in sent.memory if began_s + lo <= at < began_s + hi]
        return found or [mib for _, mib in sent.memory]

    second = statistics.median(within(length / 4, length / 2))
    last = statistics.median(within(length * 3 / 4, length))
    return {
        "before": round(sent.memory[0][1]), "peak": round(max(mib for _, mib in sent.memory)),
        "last_over_second_quarter": round(last / second, 3), "flat": last <= FLAT * second,
    }  # fmt: skip


async def flood(house: PressureHouse) -> list[Figure]:
    """The others' p99 beside a flood over their own without it, in turns within a minute."""
    turn_s = max(1.0, house.plan.shape_s / (2 * TURNS))
    pause_s = turn_s / 5
    peak = await house.peak_per_s()
    phases: list[tuple[str, Sequence[Leg]]] = [("ramp", [even(turn_s, 0.0)])]
    for n in range(TURNS):
        phases += [
            (f"alone-{n}", [even(turn_s, 0.0)]),
            (f"begins-{n}", [even(pause_s, FLOOD)]), (f"flood-{n}", [even(turn_s, FLOOD)]),
            (f"ends-{n}", [even(pause_s, 0.0)]),
        ]  # fmt: skip
    beside = [(name, [even(length_s(legs), SHARE)]) for name, legs in phases]
    await house.stock(peak * (turn_s + pause_s) * TURNS * 2)
    sent = await house.send(peak, phases, beside=beside)
    ratios = []
    told: dict[str, Any] = {"peak_per_s": round(peak), "loader_late_ms": sent.report["late_ms"]}
    for n in range(TURNS):
        alone = stretch(sent, f"alone-{n}", others=True)
        beside_it = stretch(sent, f"flood-{n}", others=True)
        ratios.append(beside_it.p99_ms / alone.p99_ms)
        told[f"turn {n}"] = {
            "alone": alone.as_json(), "beside": beside_it.as_json(),
            "all": stretch(sent, f"flood-{n}").as_json(),
        }  # fmt: skip
    return [Figure(key="flood_p99_ratio", spread=spread(ratios), detail=told)]


def pressure_deadline_s(plan: Plan) -> float:
    """A measurement of the house is stuck after this."""
    return 300.0 + len(SHAPES) * (180.0 + 5 * plan.shape_s)


def _before_s(plan: Plan) -> float:
    return max(1.0, plan.shape_s / 6)


def _after_s(plan: Plan) -> float:
    return max(4.0, plan.shape_s / 3)
