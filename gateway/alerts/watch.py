"""Looks for what a person has to look at: each is one row, and ends when its cause does."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

import structlog

from gateway.alerts.rules import LOOKED_FOR, Finding, as_rows

log = structlog.get_logger()

TURN_S: Final = 5.0  # how often a worker says what it sees, and asks whether it is to look
LOOK_EVERY_S: Final = 10.0  # of all workers one
UNSEEN_S: Final = 30.0  # what no worker has seen for so long is over
DEADLINE_S: Final = 60.0
COUNTED_AT_ONCE_S: Final = 300.0  # of orders, in one transaction
COUNT_S: Final = 0.2  # of each look, after a past that nobody counted


class Row(Protocol):
    """An alert that opened, or is over."""

    @property
    def kind(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def opened(self) -> bool: ...


class Books(Protocol):
    """Alerts of all workers; see store.AlertStore."""

    async def take_turn(self, every_s: float) -> datetime | None: ...
    async def look(self, kind: str, threshold: int | None) -> Sequence[Finding]: ...
    async def see(self, findings: Sequence[Finding]) -> Sequence[Row]: ...
    async def resolve(
        self, looked: Sequence[str], since: datetime, unseen_s: float
    ) -> Sequence[Row]: ...
    async def count_sales(self, seconds: float) -> bool: ...
    async def lasting(self) -> Mapping[str, int]: ...
    async def forget(self) -> None: ...


class Watch:
    """One worker's part."""

    def __init__(
        self,
        books: Books,
        *,
        seen: Callable[[], Iterable[Finding]],
        threshold: Callable[[str], int | None],
    ) -> None:
        """`seen` is what this worker itself knows of; `threshold` reads a setting by its name."""
        self._books = books
        self._seen = seen
        self._threshold = threshold
        self._up_s = 0.0
        self.lasting: Mapping[str, int] = {}

    async def run(self) -> None:
        """Until cancelled; without a database nothing is seen, and nothing ends."""
        while True:
            await asyncio.sleep(TURN_S)
            self._up_s += TURN_S
            try:
                async with asyncio.timeout(DEADLINE_S):
                    await self.turn()
            except Exception as error:  # noqa: BLE001  the next turn tries again
                log.info("alerts.not_looked", error=type(error).__name__)

    async def turn(self) -> None:
        """Say what this worker sees; look for the rest if nobody did a moment ago."""
        await self._note(self._seen_here())
        began = await self._books.take_turn(LOOK_EVERY_S)
        if began is None:
            self.lasting = await self._books.lasting()
            return
        await self._count_sales()
        looked = []
        for kind, what in LOOKED_FOR.items():
            threshold = None if what.setting is None else self._threshold(what.setting)
            try:
                found = await self._books.look(kind, threshold)
            except Exception as error:  # noqa: BLE001  what was not looked for is not over either
                log.warning("alerts.not_looked", kind=kind, error=type(error).__name__)
                continue
            await self._note(as_rows(found))
            looked.append(kind)
        # Who has just begun has not heard yet what others see.
        unseen_s = max(UNSEEN_S, 2 * UNSEEN_S - self._up_s)
        for over in await self._books.resolve(looked, began, unseen_s):
            log.info("alert.over", kind=over.kind, subject=over.subject)
        await self._books.forget()
        self.lasting = await self._books.lasting()

    async def _count_sales(self) -> None:
        """What was sold since the last look; a long past a little at a time."""
        ends = time.monotonic() + COUNT_S
        try:
            while await self._books.count_sales(COUNTED_AT_ONCE_S) and time.monotonic() < ends:
                pass
        except Exception as error:  # noqa: BLE001  the next look goes on where this one was
            log.warning("alerts.not_counted", error=type(error).__name__)

    def _seen_here(self) -> Sequence[Finding]:
        """A fault in what one worker sees keeps nobody from looking for the rest."""
        try:
            return as_rows(self._seen())
        except Exception as error:  # noqa: BLE001
            log.warning("alerts.not_looked", kind="seen", error=type(error).__name__)
            return ()

    async def _note(self, findings: Sequence[Finding]) -> None:
        if not findings:
            return
        for row in await self._books.see(findings):
            if row.opened:
                log.warning("alert.opened", kind=row.kind, subject=row.subject)
