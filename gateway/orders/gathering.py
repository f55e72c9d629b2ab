"""Plain orders that come each by a request of its own, gathered until a commit takes them.

They are a batch that grows while it waits. Each is answered to where it came from: by the bytes of
its answer, or, where something turned out unusual, by whoever goes on with its line.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from gateway.catalog.rules import Key, Sku
from gateway.ground.native import Allocator, KeyRing, Vault
from gateway.orders.plain_batch import Opened, PlainBatch

GATHERED_MAX: Final = 256  # codes of those of one key that are gathered


class Lead(Protocol):
    """Makes what comes before the bodies of answers; see direct_answer.Leads."""

    def take(self, count: int) -> tuple[bytes, bytes, int]: ...


class Told(Protocol):
    """Answers what was gathered, all of it at once."""

    def created(self, gathering: "Gathering", answers: Sequence[bytes]) -> None: ...

    def opened(self, gathering: "Gathering", lines: Sequence[Opened]) -> None: ...


class Gathering(PlainBatch, kw_only=True, eq=False, gc=False):
    """Such orders of one key. `exchanges` are where they came from, and `began` when (of
    `time.perf_counter`), both in the order of the lines."""

    exchanges: list[Any]
    began: list[float]
    lead: Lead
    told: Told
    key: Key

    def answer(
        self, vault: Vault, keyring: KeyRing, allocator: Allocator, moment: str
    ) -> list[bytes]:
        """Whole answers, line by line."""
        lead = self.lead.take(len(self.began))
        return self.lines.answers(
            vault, keyring, allocator, self.key_id, self.reads_codes, moment, lead
        )

    def tell(self, became: Any) -> None:
        """Each, once."""
        if isinstance(became[0], bytes):
            self.told.created(self, became)
        else:
            self.told.opened(self, became)
        self.exchanges.clear()


class Terms(msgspec.Struct, frozen=True, gc=False):
    """By what a key's orders of a SKU are taken. `ends_at` (Unix time): of the key; `begin` makes a
    gathering without lines, `may` takes a token of the key's, if there is one."""

    key: Key
    ends_at: float
    sku: Sku
    outlet: int
    asks: bool  # something of quotas
    begin: Callable[[], Gathering]
    may: Callable[[], bool]
