"""The clock of the making: which moment of the week it is now.

Order numbers hold the time at which a gateway made them. While the history is made, the gateway
runs as `python -m gateway.demo.week.clock FILE serve …` and numbers orders by this clock; nothing
else goes by it. The file has a line of three numbers for each slot, written before their count.
"""

import mmap
import runpy
import struct
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from gateway.demo.week.plan import STRETCH

SLOTS_MAX: Final = 1_000
_COUNT: Final = struct.Struct("<q")
_LINE: Final = struct.Struct("<ddd")
_SIZE: Final = _COUNT.size + SLOTS_MAX * _LINE.size


class Begun(NamedTuple):
    """A slot as it was made: from then on each second is `stretch` seconds from `past_s` on."""

    real_s: float
    past_s: float
    stretch: float

    def moment(self, real_s: float) -> float:
        """The moment of the week, in Unix seconds."""
        return self.past_s + (real_s - self.real_s) * self.stretch


class Timeline:
    """The slots so far; one process writes them, another reads the newest."""

    def __init__(self, path: Path, *, make: bool = False) -> None:
        if make:
            path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SIZE)

    def begin(self, past_s: float) -> None:
        """A slot begins now. It is moved to `past_s`, or after the one before if that lasted."""
        slots, real_s = self.slots(), time.time()
        if slots:
            past_s = max(past_s, slots[-1].moment(real_s))
        at = _COUNT.size + len(slots) * _LINE.size
        _LINE.pack_into(self._map, at, real_s, past_s, STRETCH)
        _COUNT.pack_into(self._map, 0, len(slots) + 1)

    def slots(self) -> Sequence[Begun]:
        """All of them."""
        return [self._slot(n) for n in range(self._count())]

    def moment(self, real_s: float) -> float:
        """The moment of the week; before the first slot it is what it is."""
        count = self._count()
        return self._slot(count - 1).moment(real_s) if count else real_s

    def _count(self) -> int:
        return int(_COUNT.unpack_from(self._map, 0)[0])

    def _slot(self, number: int) -> Begun:
        return Begun(*_LINE.unpack_from(self._map, _COUNT.size + number * _LINE.size))


def _number_by(timeline: Timeline) -> None:
    """Of this process: orders are numbered by `time.time_ns`, and by nothing else."""
    time.time_ns = lambda: int(timeline.moment(time.time()) * 1e9)


if __name__ == "__main__":
    _number_by(Timeline(Path(sys.argv[1])))
    sys.argv = ["quangate", *sys.argv[2:]]
    runpy.run_module("gateway", run_name="__main__")  # as `python -m gateway`
