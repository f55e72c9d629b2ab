"""Whoever typed a command, while it runs: reads stderr, and may be asked if stdin is a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from gateway.ground.command.output import clean, warn


class Terminal:
    """The `Asker` of a job at the command line."""

    def __init__(self) -> None:
        self.advice: str | None = None

    def say(self, text: str) -> None:
        """On stderr; control characters are taken out."""
        typer.echo(clean(text), err=True)

    def warn(self, text: str) -> None:
        """On stderr, as every warning of a command."""
        warn(text)

    def advise(self, text: str) -> None:
        """Kept for the end; the last one counts."""
        self.advice = text

    def agrees(self, question: str) -> bool:
        """Asked on a terminal; anywhere else nobody is there."""
        return sys.stdin.isatty() and typer.confirm(question, err=True)

    @contextmanager
    def progress(
        self, what: str, total: int | None, *, in_bytes: bool = False
    ) -> Iterator[Callable[[int], None]]:
        """A bar on a terminal's stderr, gone when it is over; anywhere else nothing."""
        if not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

        columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn()) if in_bytes else ()
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda done: bar.update(task, completed=done)
