"""What a house's protocol is to the routes, and to those who tell it results."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from connectors.channels.call import Call
from connectors.exchange import HttpRequest
from gateway.channels.rules import ChannelAccount, ChannelOrder
from gateway.webhooks.rules import DELAYS_S

JSON: Final = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the house gets; it may hold codes."""

    body: bytes = field(repr=False)
    status: int = 200
    content_type: str = JSON


# Says that a verified call is under way: with the house's order number if it is an order.
# Raises ProblemError when there is no room for it.
Enter = Callable[[str | None], None]


class Face(Protocol):
    """Answers a house's calls."""

    async def answer(self, account: ChannelAccount, call: Call, enter: Enter) -> Reply:
        """Verify, read, obey. Raises ProblemError (no room), ClosedError, StoreUnavailableError."""

    def unknown(self) -> Reply:
        """Its word for: nobody knows what became of it, ask again."""

    def closed(self) -> Reply:
        """Its word for: nobody is let in here any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """How a house is told a result. `delays_s` are the pauses before each attempt there is;
    `spreads`: our own, a little longer by chance, and not times that the house promises."""

    push: Callable[[ChannelAccount, ChannelOrder, str, float], HttpRequest]
    is_taken: Callable[[int, bytes], bool]
    delays_s: Sequence[float] = DELAYS_S
    spreads: bool = True
