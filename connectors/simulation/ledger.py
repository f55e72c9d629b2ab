"""What a simulated platform really did: every order, found by index, never by scan."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from connectors.simulation.behaviour import SUCCESS, Behaviour


class OrderState(StrEnum):
    """The platform-neutral state of an order; each platform has its own words for it."""

    PROCESSING = "processing"
    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REVERSED = "reversed"

    @property
    def final(self) -> bool:
        """Whether the order has ended (a success may still be reversed)."""
        return self is not OrderState.PROCESSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A submit as the platform understood it. `account` is "" when codes are bought.

    `face_minor` None: the platform's request does not say; `max_cost_minor` bounds the total.
    `instant` wants the final answer in the submit's own; `unconfirmed` executes nothing yet.
    """

    our_no: str
    product: str
    account: str = ""
    quantity: int = 1
    face_minor: int | None = None
    max_cost_minor: int | None = None
    notify_url: str | None = None
    instant: bool = False
    unconfirmed: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Order:
    """An accepted purchase. Times are Unix seconds; `price_minor`, `face_minor` are totals.

    `price_minor` is what the platform keeps, `asked_minor` what it took at first.
    """

    number: int
    our_no: str
    upstream_no: str
    product: str
    account: str
    quantity: int
    price_minor: int
    face_minor: int
    created_at: float
    visible_at: float
    notify_url: str | None
    behaviour: Behaviour = SUCCESS
    executed: bool = True
    confirmed: bool = True
    state: OrderState = OrderState.PROCESSING
    asked_minor: int = 0
    finished_at: float | None = None
    delivered_quantity: int = 0
    delivered_face_minor: int = 0
    codes: tuple[tuple[str, str], ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)

    def execution(self) -> dict[str, Any]:
        """The entry of `GET /_ledger`; `amount` is what was charged, in minor units."""
        return {
            "our_no": self.our_no,
            "account": self.account,
            "product": self.product,
            "quantity": self.quantity,
            "amount": self.price_minor,
            "at": datetime.fromtimestamp(self.created_at, UTC).isoformat(timespec="milliseconds"),
            "state": self.state.value,
        }


class Ledger:
    """All orders, with indexes by our number, by theirs, and by account."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.complaints: list[tuple[str, str]] = []  # our number, what was said
        self._by_our_no: dict[str, list[Order]] = {}
        self._by_upstream_no: dict[str, Order] = {}
        self._by_account: dict[str, list[Order]] = {}

    def add(self, order: Order) -> None:
        """Enter an order; the same number may come twice, if the platform lets it."""
        self.orders.append(order)
        self._by_our_no.setdefault(order.our_no, []).append(order)
        self._by_upstream_no[order.upstream_no] = order
        self._by_account.setdefault(order.account, []).append(order)

    def with_our_no(self, our_no: str) -> list[Order]:
        """Every order under the buyer's number, oldest first."""
        return self._by_our_no.get(our_no, [])

    def with_upstream_no(self, upstream_no: str) -> Order | None:
        """The order under the platform's own number."""
        return self._by_upstream_no.get(upstream_no)

    def complain(self, upstream_no: object, text: object) -> bool:
        """Enter a complaint about an order; False: there is no such order, or nothing is said."""
        order = self.with_upstream_no(str(upstream_no))
        if order is None or not isinstance(text, str) or not text:
            return False
        self.complaints.append((order.our_no, text))
        return True

    def with_account(self, account: str) -> list[Order]:
        """Every order for an account, oldest first."""
        return self._by_account.get(account, [])

    def executions(self, *, our_no: str | None = None, account: str | None = None) -> list[Order]:
        """The orders really executed, of one number or account or of all."""
        if our_no is not None:
            orders = self.with_our_no(our_no)
        elif account is not None:
            orders = self.with_account(account)
        else:
            orders = self.orders
        return [order for order in orders if order.executed]
