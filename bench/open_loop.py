"""A loader that sends requests when they are due, whatever becomes of those before them.

    python -m bench.open_loop GATEWAY_PORT

Commands are JSON lines on stdin (the members of `Sending` or of `Saturating`), each is answered by
one JSON line on stdout; a sending says `{"began": true}` before. Requests are made and signed
before (bench.presign). How long an answer took counts from the moment at which its request was due:
what waits for a connection, or for this process, has waited (no coordinated omission).
"""

import asyncio
import gc
import json
import sys
import time
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from bench.histogram import Histogram
from bench.loader_pool import Pool
from bench.partner_bytes import requests

TICK_S = 0.001
ANSWERS_S_MAX = 30.0  # what is not answered by then after the last was due counts as unanswered


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What is due when. Each request belongs to the phase and the slice in which it is due."""

    streams: Mapping[str, tuple[str, str]]  # by name: files of requests and of moments (doubles)
    phases: Sequence[tuple[str, float]]  # name, seconds; one after the other
    slice_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Saturating:
    """So many at a time, as fast as they are answered; who is refused pauses."""

    requests: str
    window: int
    ramp_s: float  # not counted
    seconds: float
    pause_s: float = 0.05


class Tally:
    """What became of the requests of a stream that were due within a phase or a slice."""

    def __init__(self) -> None:
        self.due = 0
        self.answers: Counter[str] = Counter()
        self.took = Histogram()  # of those that were accepted
        self.refused_in = Histogram()
        self.without_retry_after = 0  # refused for the moment, and not told when to come back

    def answered(self, key: str, seconds: float, *, says_when: bool) -> None:
        """One was."""
        self.answers[key] += 1
        if key[0] == "2":
            self.took.observe(seconds)
            return
        self.refused_in.observe(seconds)
        self.without_retry_after += key[:3] in {"503", "429"} and not says_when

    def as_json(self) -> dict[str, Any]:
        """For the report."""
        return {
            "due": self.due,
            "answers": dict(self.answers),
            "took": self.took.as_json(),
            "refused_in": self.refused_in.as_json(),
            "without_retry_after": self.without_retry_after,
        }


class Sender:
    """One sending."""

    def __init__(self, sending: Sending, pool: Pool) -> None:
        self._pool = pool
        self._slice_s = sending.slice_s
        self._ends = []
        end = 0.0
        for name, seconds in sending.phases:
            end += seconds
            self._ends.append((end, name))
        self.by_phase: dict[tuple[str, str], Tally] = {}
        self.by_slice: list[Tally] = [Tally() for _ in range(int(end / sending.slice_s) + 1)]
        self.late = Histogram()  # how long after they were due requests were handed over
        self._sources = {name: requests(Path(path)) for name, (path, _) in sending.streams.items()}
        self._due: list[tuple[float, str]] = []
        for name, (_, path) in sending.streams.items():
            self._due += [(at, name) for at in _moments(Path(path))]
        self._due.sort()
        self.dry = 0  # moments for which there was no request

    async def send(self) -> None:
        """All that is due, when it is due."""
        due, began, at = self._due, time.monotonic(), 0
        while at < len(due):
            now = time.monotonic() - began
            while at < len(due) and due[at][0] <= now:
                moment, stream = due[at]
                at += 1
                self.late.observe(now - moment)
                self._hand_over(moment, began + moment, stream)
            await asyncio.sleep(TICK_S)
        await self._pool.rest(ANSWERS_S_MAX)

    def _hand_over(self, moment: float, due_at: float, stream: str) -> None:
        request = next(self._sources[stream], None)
        if request is None:
            self.dry += 1
            return
        while moment >= self._ends[0][0] and len(self._ends) > 1:
            del self._ends[0]
        tally = self.by_phase.setdefault((self._ends[0][1], stream), Tally())
        part = self.by_slice[int(moment / self._slice_s)]
        tally.due += 1
        part.due += 1
        pool = self._pool

        def told(key: str, says_when: bool) -> None:
            seconds = time.monotonic() - due_at
            tally.answered(key, seconds, says_when=says_when)
            part.answered(key, seconds, says_when=says_when)
            pool.under_way -= 1

        pool.send(request, told)


class Saturation:
    """One saturating."""

    def __init__(self, saturating: Saturating, pool: Pool) -> None:
        self._given = saturating
        self._pool = pool
        self._source = requests(Path(saturating.requests))
        self.counts = self._is_over = False  # whether answers are counted; whether it ends
        self.answers: Counter[str] = Counter()
        self.dry = 0

    async def run(self) -> None:
        """Keep the window full for so long."""
        for _ in range(self._given.window):
            self._next()
        await asyncio.sleep(self._given.ramp_s)
        self.counts = True
        await asyncio.sleep(self._given.seconds)
        self.counts, self._is_over = False, True
        await self._pool.rest(ANSWERS_S_MAX)

    def _next(self) -> None:
        request = None if self._is_over else next(self._source, None)
        if request is not None:
            self._pool.send(request, self._told)
        elif not self._is_over:
            self.dry += 1

    def _told(self, key: str, _says_when: bool) -> None:
        self._pool.under_way -= 1
        if self.counts:
            self.answers[key] += 1
        if key[0] == "2":
            self._next()
        else:
            asyncio.get_running_loop().call_later(self._given.pause_s, self._next)


def _moments(path: Path) -> Sequence[float]:
    found = array("d")
    found.frombytes(path.read_bytes())
    return found


async def carry_out(command: dict[str, Any], port: int) -> dict[str, Any]:
    """Do one thing and report."""
    pool = Pool(port)
    await pool.fill()
    try:
        if "window" in command:
            saturation = Saturation(Saturating(**command), pool)
            await saturation.run()
            return {"answers": dict(saturation.answers), "dry": saturation.dry}
        sender = Sender(Sending(**command), pool)
        _say({"began": True})
        await sender.send()
    finally:
        pool.close()
    phases: dict[str, dict[str, Any]] = {}
    for (phase, stream), tally in sender.by_phase.items():
        phases.setdefault(phase, {})[stream] = tally.as_json()
    return {
        "phases": phases,
        "slices": [tally.as_json() for tally in sender.by_slice],
        "late_ms": {"p99": sender.late.quantile_ms(0.99), "max": sender.late.quantile_ms(1.0)},
        "waited_for_connection": pool.waited,
        "dry": sender.dry,
    }


def _say(report: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()


async def serve(port: int) -> None:
    """Carry out commands until stdin ends."""
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    sys.stderr.write("listening\n")
    sys.stderr.flush()
    while line := await commands.readline():
        _say(await carry_out(json.loads(line), port))
        gc.collect()


if __name__ == "__main__":
    gc.freeze()
    gc.disable()  # between measurements only
    uvloop.run(serve(int(sys.argv[1])))
