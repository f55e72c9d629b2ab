"""What the demo shows while it runs, on stderr: one line a step, with counts that move."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

REFRESH_S = 0.125

Counts = Callable[[], str]


class Steps(Protocol):
    """Where the acts say what they do."""

    def step(self, text: str, counts: Counts = str) -> None:
        """A new step begins, and the one before is done; `counts` is asked again and again."""


class Screen:
    """Steps on a terminal; in a file, one plain line for each."""

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
        self._began = time.monotonic()

    def step(self, text: str, counts: Counts = str) -> None:
        """Begin a step; the one before is done."""
        self._finish()
        self._counts = counts
        if self._console.is_terminal:
            self._task = self._progress.add_task(text, total=1, counts="")
        else:
            self._say(text)

    def _finish(self) -> None:
        last = self._counts()
        if self._task is not None:
            self._progress.update(self._task, completed=1, counts=last)
        elif last:
            self._say(f"  {last}")
        self._counts = str

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
        with self._progress:
            moving = asyncio.create_task(self._move())
            try:
                yield self
            finally:
                moving.cancel()
                self._finish()
                self._progress.refresh()

    async def _move(self) -> None:
        while True:
            if self._task is not None:
                self._progress.update(self._task, counts=self._counts())
            self._progress.refresh()
            await asyncio.sleep(REFRESH_S)
