"""What one platform adds to the simulator: its words, its signature, its routes, its callbacks."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl

from connectors.simulation.behaviour import Behaviour, Refusal
from connectors.simulation.ledger import Order, OrderState, Purchase

if TYPE_CHECKING:
    from connectors.simulation.market import Market


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as received; header names lower-case; `base_url` as the client addressed us."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    base_url: str = ""

    def query_fields(self) -> dict[str, str]:
        """The query string's fields; the last of equal names wins."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


class Fault(StrEnum):
    """What is done to an answer on its way out."""

    NONE = "none"
    DROPPED = "dropped"
    TRUNCATED = "truncated"
    HUGE = "huge"
    SLOW = "slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer of the platform."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault = Fault.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackMessage:
    """A callback ready to send."""

    url: str
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


class Duplicates(StrEnum):
    """What a platform does with a number it has already seen."""

    REFUSE = "refuse"
    ACCEPT = "accept"  # no de-duplication at all
    RACY = "racy"  # select, then insert: two at once are both accepted


class Platform(ABC):
    """One simulated platform. Subclasses verify, read and write; `market` keeps the state.

    A subclass is made with its connector's settings; `market` is set before the first request.
    """

    NAME: ClassVar[str]
    # Defaults of the connector's settings: the keys of the golden vectors, else demo_….
    DEFAULTS: ClassVar[Mapping[str, str]]
    # The simulator's own settings type, where it has more than its connector's.
    SETTINGS: ClassVar[type[Any] | None] = None
    KNOWS_PARTIAL: ClassVar[bool] = False
    # Whether it can give back part of the money; the others end `partly_refunded` as a success.
    KNOWS_PARTIAL_REFUND: ClassVar[bool] = False
    DUPLICATES: ClassVar[Duplicates] = Duplicates.REFUSE
    # Waits between the sends of one callback, in seconds; the first send is immediate.
    callback_retry_s: tuple[float, ...] = (15, 30, 180)

    market: "Market"

    @abstractmethod
    async def handle(self, call: Call) -> Reply:
        """Answer a request; anything odd gets the platform's own error, never an exception."""

    @abstractmethod
    def accepted(self, order: Order) -> Reply:
        """The answer to a purchase that was taken (for instant ones: with its result)."""

    @abstractmethod
    def refused(self, refusal: Refusal, purchase: Purchase) -> Reply:
        """The answer to a purchase that was not taken."""

    @abstractmethod
    def callback(self, order: Order, state: OrderState, *, forged: bool) -> CallbackMessage | None:
        """The callback that tells `state`; signed with a wrong key if `forged`; None if the
        platform has no callback for it.
        """

    @abstractmethod
    def acknowledged(self, status: int, body: bytes) -> bool:
        """Whether the receiver's answer stops the retries."""

    def magic(self, account: str) -> Behaviour | None:  # noqa: ARG002 — for platforms with a sandbox
        """The platform's own sandbox numbers, if they were asked for (`--set sandbox=on`): before
        api.md's table, which is what counts otherwise.
        """
        return None

    def settled(self, order: Order) -> None:  # noqa: B027 — most platforms have nothing to add
        """Called when an order has just ended, before its callback is sent."""

    def script_changed(self, value: Mapping[str, Any]) -> None:  # noqa: B027 — likewise
        """Called with every new script, as posted."""
