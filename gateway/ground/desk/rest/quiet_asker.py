"""Whoever asked for a job by API, while it runs: nobody to talk to, and nobody who says yes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class QuietAsker:
    """The `Asker` of a job that no terminal asked for. `advice` is the last that was given."""

    def __init__(self, told: Callable[[int, int | None], None] | None = None) -> None:
        """`told` hears how far it is: what is done, of how much."""
        self.advice: str | None = None
        self.warnings: list[str] = []
        self._told = told

    def say(self, text: str) -> None:
        """Nobody listens."""

    def warn(self, text: str) -> None:
        """Kept."""
        self.warnings.append(text)

    def advise(self, text: str) -> None:
        """Kept; the last one counts."""
        self.advice = text

    def agrees(self, question: str) -> bool:  # noqa: ARG002  nobody is there
        """Nobody is."""
        return False

    @contextmanager
    def progress(
        self, what: str, total: int | None, *, in_bytes: bool = False
    ) -> Iterator[Callable[[int], None]]:
        """Whoever keeps count is told; what is done, and of how much."""
        del what, in_bytes
        told = self._told
        yield (lambda _: None) if told is None else (lambda done: told(done, total))
