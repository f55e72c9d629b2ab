"""Rounds in turns, A B A B …: contestants see the same minutes of a machine that is never steady.

All servers stay up; while one is measured the others are idle. Each cycle gets fresh
requests, signed before any clock runs. What counts is goodput: the answers of the wanted
kind, and where a database knows better, not more than it says was delivered.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from bench.cpu import tree_cpu_s, tree_kernel_s
from bench.load import Load, run_load
from bench.plan import Plan, Steps, Teller
from bench.presign import Credentials, Workload, write_requests

# Lines made for the warm-up, before any pace is known, per second of it.
FIRST_GUESS_PER_S = 40_000
MARGIN = 1.5  # fresh requests made, over the best pace seen so far
SETTLE_S = 0.2  # between rounds: commits of the connections that were cut off come to an end


During: TypeAlias = Callable[[], AbstractAsyncContextManager[Any]]


class Ledger(Protocol):
    """A database that knows what was really sold."""

    async def codes_since_last(self) -> int:
        """Codes delivered since the last call (or since it was made), once all is quiet."""

    async def wal_bytes(self) -> int:
        """How much log was ever written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A server in a comparison."""

    name: str
    port: int
    credentials: Credentials
    workload: Workload
    counts: str  # the answers that count: "201", "409 sold-out"
    pids: Mapping[str, int]  # whose processor time is noted: "server", "database"
    ledger: Ledger | None = None
    during: During = nullcontext  # what is so while it is its turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of one contestant."""

    load: Load
    goodput: int  # lines answered as wanted, and not more than were delivered
    cpu_s: Mapping[str, float]  # processor time by process, as Contestant.pids names them
    delivered: int | None = None  # codes, by the ledger; a cut connection may have had its commit
    kernel_s: Mapping[str, float] = field(default_factory=dict)  # of `cpu_s`
    wal_bytes: int = 0  # of the ledger's server

    @property
    def per_s(self) -> float:
        """Goodput a second."""
        return self.goodput / self.load.duration_s

    @property
    def wal_per_line(self) -> float:
        """Bytes of the log for each line; 0 where there is no ledger."""
        return self.wal_bytes / max(1, self.goodput)


Rounds = dict[str, list[Round]]


async def run_turns(
    title: str, contestants: Sequence[Contestant], plan: Plan, teller: Teller
) -> Rounds:
    """Measure all contestants in turns, after a warm-up of each; the rounds by name, in order."""
    rounds: Rounds = {c.name: [] for c in contestants}
    pace_per_s = FIRST_GUESS_PER_S / max(c.workload.codes_per_request for c in contestants)
    with teller.steps(title, (plan.rounds + 1) * len(contestants)) as steps:
        for cycle in range(plan.rounds + 1):
            write_cycle(contestants, plan, count=int(pace_per_s * plan.seconds * MARGIN))
            for contestant in contestants:
                one = await run_round(contestant, plan)
                if cycle > 0:
                    rounds[contestant.name].append(one)
                _tell(steps, contestant, one)
            pace_per_s = _fresh_pace(contestants, rounds) or pace_per_s
    return rounds


def rates(rounds: Sequence[Round]) -> list[float]:
    """Goodput a second, round by round."""
    return [one.per_s for one in rounds]


def us_per_line(one: Round) -> float:
    """Processor time of all its processes for each line that counted."""
    return sum(one.cpu_s.values()) * 1e6 / max(1, one.goodput)


def in_echoes(ours: Sequence[Round], echo: Sequence[Round]) -> list[float]:
    """What a line of ours costs, in requests of the echo of the same round (e)."""
    return [us_per_line(a) / us_per_line(b) for a, b in zip(ours, echo, strict=True)]


def summary(rounds: Rounds) -> dict[str, Any]:
    """What a reader of the result file wants to check: rates, latencies, every kind of answer."""
    return {name: _summary(of_one) for name, of_one in rounds.items()}


def _summary(rounds: Sequence[Round]) -> dict[str, Any]:
    answers: dict[str, int] = {}
    for key, n in itertools.chain.from_iterable(r.load.answers.items() for r in rounds):
        answers[key] = answers.get(key, 0) + n
    return {
        "per_s": [round(r.per_s) for r in rounds],
        "cpu_us_per_line": _us_per_line(rounds, [r.cpu_s for r in rounds]),
        "kernel_us_per_line": _us_per_line(rounds, [r.kernel_s for r in rounds]),
        "wal_bytes_per_line": round(sum(r.wal_bytes for r in rounds) / _lines(rounds)),
        "p50_us": sorted(r.load.p50_us for r in rounds)[len(rounds) // 2],
        "p99_us": sorted(r.load.p99_us for r in rounds)[len(rounds) // 2],
        "answers": answers,
        "delivered": sum(r.delivered or 0 for r in rounds),
        "broken": sum(r.load.broken for r in rounds),
        "repeated_requests": sum(r.load.laps for r in rounds),
    }


def _us_per_line(
    rounds: Sequence[Round], spent_s: Sequence[Mapping[str, float]]
) -> dict[str, float]:
    return {
        name: round(sum(each[name] for each in spent_s) * 1e6 / _lines(rounds), 1)
        for name in spent_s[0]
    }


def _lines(rounds: Sequence[Round]) -> int:
    return max(1, sum(r.goodput for r in rounds))


async def run_round(contestant: Contestant, plan: Plan) -> Round:
    """One round of one, with the requests that `write_cycle` made."""
    async with contestant.during():
        wal = await contestant.ledger.wal_bytes() if contestant.ledger else 0
        before = _spent(contestant, tree_cpu_s)
        kernel_before = _spent(contestant, tree_kernel_s)
        load = await run_load(
            port=contestant.port, requests=_requests_path(contestant, plan),
            seconds=plan.seconds, connections=plan.connections, threads=plan.threads,
        )  # fmt: skip
    await asyncio.sleep(SETTLE_S)
    cpu_s = _since(before, _spent(contestant, tree_cpu_s))
    kernel_s = _since(kernel_before, _spent(contestant, tree_kernel_s))
    wal = await contestant.ledger.wal_bytes() - wal if contestant.ledger else 0
    delivered = await contestant.ledger.codes_since_last() if contestant.ledger else None
    served = goodput(contestant, load, delivered)
    return Round(
        load=load, goodput=served, cpu_s=cpu_s, delivered=delivered, kernel_s=kernel_s,
        wal_bytes=wal,
    )  # fmt: skip


def _spent(contestant: Contestant, of: Callable[[int], float]) -> dict[str, float]:
    return {name: of(pid) for name, pid in contestant.pids.items()}


def _since(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    return {name: now[name] - before[name] for name in now}


def goodput(contestant: Contestant, load: Load, delivered: int | None) -> int:
    """Lines answered as wanted; of deliveries not more than the ledger knows, when there is one."""
    answered = load.answers.get(contestant.counts, 0) * contestant.workload.codes_per_request
    is_delivery = contestant.counts.startswith("2")
    return answered if delivered is None or not is_delivery else min(answered, delivered)


def write_cycle(contestants: Sequence[Contestant], plan: Plan, *, count: int) -> None:
    """Fresh requests for every key and workload, no number twice among them; contestants that
    share both share the bytes."""
    prefix = f"b{time.time_ns() // 1_000_000:x}"
    _no_number_twice(contestants, plan)
    different = {_requests_path(c, plan): c for c in contestants}
    for n, contestant in enumerate(different.values()):
        write_requests(
            _requests_path(contestant, plan), contestant.credentials, contestant.workload,
            prefix=f"{prefix}-{n}", count=max(count, plan.connections), slices=plan.threads,
        )  # fmt: skip


def _no_number_twice(contestants: Sequence[Contestant], plan: Plan) -> None:
    """Raises ValueError where one server would be sent the same numbers in two turns: what is
    counted as sold would be replays."""
    fresh = [(c.port, _requests_path(c, plan)) for c in contestants if c.ledger is not None]
    if len(set(fresh)) < len(fresh):
        raise ValueError("two contestants send the same numbers to one server: give each a key")


def _requests_path(contestant: Contestant, plan: Plan) -> Path:
    return plan.requests / f"{contestant.credentials.key_id}-{contestant.workload.name}"


def _fresh_pace(contestants: Sequence[Contestant], rounds: Rounds) -> float | None:
    """Requests a second of the fastest contestant that must not see a number twice."""
    paces = [
        one.load.requests / one.load.duration_s
        for c in contestants if c.ledger is not None for one in rounds[c.name]
    ]  # fmt: skip
    return max(paces, default=None)


def _tell(steps: Steps, contestant: Contestant, one: Round) -> None:
    others = {k: n for k, n in one.load.answers.items() if k != contestant.counts}
    note = f"{contestant.name} {one.per_s:,.0f}/s"
    steps.done(f"{note}  also answered {others}" if others else note)
