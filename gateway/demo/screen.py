"""What the demo shows while it runs, on stderr: one line a step, with counts that move."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress_bar import ProgressBar
from rich.table import Table

from gateway.demo.steps import Bar, Bars, Counts

REFRESH_S = 0.125

BAR_WIDTH = 36


def _no_bars() -> Sequence[Bar]:
    return ()


class Screen:
    """Steps on a terminal, bars below them; in a file, plain lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            TextColumn("[cyan]{task.fields[counts]}"),
            TimeElapsedColumn(),
            console=console,
            auto_refresh=False,
        )
        self._task: TaskID | None = None
        self._counts: Counts = str
        self._bars: Bars = _no_bars
        self._said: Sequence[Bar] = ()
        self._began = time.monotonic()

    def step(self, text: str, counts: Counts = str) -> None:
        """Begin a step; the one before is done."""
        self._finish()
        self._counts = counts
        if self._console.is_terminal:
            self._task = self._progress.add_task(text, total=1, counts="")
        else:
            self._say(text)

    def picture(self, bars: Bars) -> None:
        """Show these bars from now on; in a file, as they are at the end of each step."""
        self._bars = bars

    def _finish(self) -> None:
        last = self._counts()
        if self._task is not None:
            self._progress.update(self._task, completed=1, counts=last)
        elif last:
            self._say(f"  {last}")
            self._say_bars()
        self._counts = str

    def _say_bars(self) -> None:
        bars = self._bars()
        if bars != self._said:
            self._said = bars
            shown = " · ".join(f"{bar.name} {bar.done:,} of {bar.size:,}" for bar in bars)
            self._say(f"  {shown}")

    def _say(self, text: str) -> None:
        seconds = time.monotonic() - self._began
        self._console.print(
            f"{seconds:5.1f} s  {text}", markup=False, highlight=False, soft_wrap=True
        )

    @contextlib.asynccontextmanager
    async def shown(self) -> AsyncIterator["Screen"]:
        """Keep it moving for the length of the block."""
        if not self._console.is_terminal:
            yield self
            self._finish()
            return
        with Live(console=self._console, get_renderable=self._drawn, auto_refresh=False) as live:
            moving = asyncio.create_task(self._move(live))
            try:
                yield self
            finally:
                moving.cancel()
                self._finish()
                live.refresh()

    def _drawn(self) -> Group:
        table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        for bar in self._bars():
            drawn = ProgressBar(total=bar.size, completed=min(bar.done, bar.size), width=BAR_WIDTH)
            more = f" [green]+{bar.done - bar.size:,} borrowed" if bar.done > bar.size else ""
            table.add_row(f"  {bar.name}", drawn, f"{bar.done:,} of {bar.size:,}{more}")
        return Group(self._progress, table)

    async def _move(self, live: Live) -> None:
        while True:
            if self._task is not None:
                self._progress.update(self._task, counts=self._counts())
            live.refresh()
            await asyncio.sleep(REFRESH_S)
