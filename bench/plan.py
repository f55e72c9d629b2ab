"""What a run of the bench was asked to do, and how it tells a person what it is doing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The knobs of `python -m bench compare`."""

    rounds: int  # timed rounds of each contestant
    seconds: float  # length of a round
    connections: int
    threads: int  # of the loader
    import_codes: int
    history_orders: int  # orders of others in the database of the history row
    history_codes: int  # codes of other pools there
    burst_callbacks: int
    recovery_attempts: int  # under way when the gateway is killed
    shapes: Sequence[str]  # of load, by name …
    shape_s: float  # … and how long each is
    work: Path  # data directories and logs; on a real disk, for fsync to cost what it costs
    requests: Path  # request files; in memory where there is any

    is_quick: bool = False

    def codes_needed(self, codes_per_s: float) -> int:
        """Stock for the warm-up and every timed round at a pace that is not exceeded."""
        return int((self.rounds + 1) * (self.seconds + 0.1) * codes_per_s)


# What `--quick` makes of a plan: whoever reads a result is told.
QUICK: Final[dict[str, Any]] = {
    "is_quick": True, "rounds": 3, "seconds": 1.0, "import_codes": 200_000,
    "history_orders": 100_000, "history_codes": 200_000, "burst_callbacks": 20_000,
    "recovery_attempts": 2_000, "shape_s": 8.0,
}  # fmt: skip


class NotMeasured(Exception):  # noqa: N818  nothing is wrong: it cannot be
    """What would be measured is not there; the text says what is missing."""


class Teller:
    """Progress on stderr; stdout belongs to the results."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def say(self, text: str) -> None:
        """One line for a person."""
        self.console.print(text, highlight=False)

    @contextmanager
    def steps(self, title: str, total: int) -> Iterator["Steps"]:
        """A bar of `total` steps."""
        columns = (
            TextColumn("{task.description:<28}"), BarColumn(bar_width=24), MofNCompleteColumn(),
            TimeElapsedColumn(), TextColumn("{task.fields[note]}"),
        )  # fmt: skip
        with Progress(*columns, console=self.console) as progress:
            yield Steps(progress, progress.add_task(title, total=total, note=""))


class Steps:
    """A bar that is advanced."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def done(self, note: str) -> None:
        """One more step is done; `note` stands beside the bar."""
        self._progress.update(self._task, advance=1, note=note)
