"""Processor time of a process and all it started: a cost that waits and neighbours change little.

Rates compare what two servers do in the same seconds; processor time per answer says where
the seconds went, and holds better when a machine is busy with other things.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
YARDSTICK_EVERY_S = 0.5
YARDSTICK_STEPS = 20_000


@asynccontextmanager
async def yardsticks() -> AsyncIterator[list[float]]:
    """Measures, while the block lasts, how many µs of processor time a fixed sum takes.

    A processor that is shared with other machines or threads gives less for a second of its
    time; microseconds of different hours are comparable by this.
    """
    taken_us: list[float] = []

    async def measure() -> None:
        while True:
            began = time.thread_time_ns()
            sum(range(YARDSTICK_STEPS))
            taken_us.append((time.thread_time_ns() - began) / 1000)
            await asyncio.sleep(YARDSTICK_EVERY_S)

    measuring = asyncio.create_task(measure())
    try:
        yield taken_us
    finally:
        measuring.cancel()


def tree_cpu_s(pid: int) -> float:
    """Seconds used so far by a process, its living descendants and those it has reaped."""
    return _ticks(pid, (11, 12, 13, 14)) / TICKS_PER_S  # utime, stime and those of reaped children


def tree_kernel_s(pid: int) -> float:
    """Of these, what the kernel used for them."""
    return _ticks(pid, (12, 14)) / TICKS_PER_S


def _ticks(pid: int, places: Sequence[int]) -> int:
    ticks = 0
    children = _children()
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        fields = _stat(one)
        if fields is not None:
            ticks += sum(int(fields[place]) for place in places)
        waiting += children.get(one, ())
    return ticks


def _children() -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = {}
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit():
            fields = _stat(int(directory.name))
            if fields is not None:
                found.setdefault(int(fields[1]), []).append(int(directory.name))
    return found


def _stat(pid: int) -> list[str] | None:
    """What stands in /proc/PID/stat from the state on; None when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return text.rsplit(")", 1)[1].split()  # a process's name may hold blanks and brackets
