"""The contract between the gateway and every upstream platform.

Rules of the room:

1. A connector is pure. An operation is a generator that yields `HttpRequest`s, is sent the
   `HttpResponse`s, and returns its result; a `TransportFailure` is thrown into it. So a protocol of
   one call and one that needs a token, a second look or a second call read alike.
2. Only an explicit success or an explicit refusal is final. Whatever is not understood is UNKNOWN
   (submit) or PROCESSING/UNKNOWN (query), and is asked about later. A connector reads what was said
   and compares nothing: `judgement.judge` does that, for all doors and all platforms.
3. Money is an int in minor units (分, cents). Secrets and codes have a repr that hides them.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol, TypeAlias, TypeVar

from connectors.echo import SAYS_NOTHING, Echo, Expected
from connectors.exchange import HttpRequest, HttpResponse
from connectors.secret import Secret

T = TypeVar("T")

# --- the wire -------------------------------------------------------------------------------------


class UpstreamRefused(Exception):  # noqa: N818 — says what happened
    """The platform answered a read (balance, catalogue, a submit's first step) with an error."""

    def __init__(self, reason: "Reason", code: str, message: str) -> None:
        super().__init__(f"{reason}: {code} {message}")
        self.reason = reason
        self.code = code
        self.message = message


Exchange: TypeAlias = Generator[HttpRequest, HttpResponse, T]


def answered(value: T) -> Exchange[T]:
    """Return an operation that needs no request at all."""
    yield from ()
    return value


# --- state that outlives one operation ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token; `expires_at` in Unix seconds."""

    value: Secret
    expires_at: float


@dataclass(slots=True)
class Session:
    """What one upstream account remembers between operations; owned by the caller, lost freely."""

    tokens: dict[str, Token] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What an operation may know of the world: the time (Unix seconds) and its session."""

    now: float
    session: Session = field(default_factory=Session)


# --- what is ordered ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """What an answer is held against. `account` None buys codes; `face_minor` is the face of one
    piece; `max_cost_minor` bounds the price of the whole attempt. `upstream_no` and `agreed_minor`
    (its price) are what the platform said when it took the order, as far as it said anything.
    """

    attempt_no: str
    product_id: str = ""
    account: str | None = None
    quantity: int = 1
    face_minor: int | None = None
    max_cost_minor: int | None = None
    currency: str = "CNY"
    upstream_no: str | None = None
    agreed_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitRequest(Ordered):
    """One attempt. `params` are the platform's own extras."""

    product_id: str
    params: Mapping[str, str] = field(default_factory=dict)
    notify_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRequest(Ordered):
    """Asks for an attempt by our number. `succeeded_before`: an earlier answer was a final success,
    for platforms with one word for "failed, refunded" and "succeeded, then taken back".
    """

    succeeded_before: bool = False


# --- what is answered -----------------------------------------------------------------------------


class AnswerKind(StrEnum):
    """What a platform says of an order, at whichever door."""

    ACCEPTED = "accepted"  # to a submit: taken, result later
    PROCESSING = "processing"
    SUCCESS = "success"  # executed in full
    PARTIAL = "partial"  # executed in part, and final
    FAILED = "failed"
    CANCELLED = "cancelled"
    REVERSED = "reversed"  # money given back; before any success it means the same as FAILED
    REJECTED = "rejected"  # to a submit: explicitly refused, nothing executed
    NOT_SENT = "not_sent"  # to a submit: never reached the platform, or refused unread (429)
    NOT_FOUND = "not_found"  # to a query: it has no such number (it may not have it *yet*)
    UNKNOWN = "unknown"  # no usable answer: ask by our number


class Reason(StrEnum):
    """Why something was refused, in our words; the platform's own stand in `code`, `message`."""

    PRODUCT_UNAVAILABLE = "product-unavailable"
    INVALID_ACCOUNT = "invalid-account"
    INVALID_REQUEST = "invalid-request"
    PRICE_CHANGED = "price-changed"
    INSUFFICIENT_BALANCE = "insufficient-balance"
    CREDENTIALS = "credentials"
    RATE_LIMITED = "rate-limited"
    DUPLICATE = "duplicate"
    ECHO_MISMATCH = "echo-mismatch"  # the answer speaks of another account, product or amount
    SEVERAL = "several-orders"  # the platform has more than one under our number
    CONTRADICTION = "contradiction"  # its word and its sums do not go together
    CODES_MISSING = "codes-missing"  # success is claimed, but the codes are not there (yet)
    CONNECTION = "connection"
    UNREADABLE = "unreadable"
    OTHER = "other"

    @property
    def pauses_upstream(self) -> bool:
        """True when the next order would be refused too: pause the channel, do not burn orders."""
        return self in {Reason.INSUFFICIENT_BALANCE, Reason.CREDENTIALS, Reason.RATE_LIMITED}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredCode:
    """A code bought on demand; `expires_at` in RFC 3339 where the platform's zone is known."""

    code: Secret
    pin: Secret | None = None
    url: Secret | None = None
    expires_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a platform said of an order: to a submit, to a query or in a callback. A reading of its
    words, not a judgement: only what `judgement.judge` makes of it may be acted on.

    `cost_minor` is what it charged for the whole attempt and `refunded_minor` how much of that it
    gave back, both in `currency` (None: that of the order). How much was delivered it says by
    pieces or by face, as it counts; None is "not said" everywhere.
    """

    kind: AnswerKind
    echo: Echo = SAYS_NOTHING
    upstream_no: str | None = None
    cost_minor: int | None = None
    refunded_minor: int | None = None
    currency: str | None = None
    delivered_quantity: int | None = None
    delivered_face_minor: int | None = None
    codes: tuple[DeliveredCode, ...] = ()
    reason: Reason | None = None
    code: str = ""
    message: str = ""
    retry_after_s: float | None = None


NO_NEWS: Final = Answer(kind=AnswerKind.UNKNOWN)


# --- callback -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRequest:
    """A request of the platform to us, as received; header names lower-case, `query` raw."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: str = ""
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """What the platform must be answered so that it stops calling."""

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackEvent:
    """News of an attempt (`attempt_no`) or of a product (`product_id`): a hint that asks for a
    query. `trusted` means that the signature covers all of `answer`. Codes are never taken from
    it; `holds_codes` says that its body shows some, so it must not be kept in the open.
    """

    ack: Ack
    attempt_no: str | None = None
    product_id: str | None = None
    answer: Answer = NO_NEWS
    trusted: bool = False
    holds_codes: bool = False


class CallbackRefused(Exception):  # noqa: N818 — says what happened
    """The callback is unsigned, forged, stale or unreadable; `ack` is what to answer."""

    def __init__(self, reason: str, *, status: int = 401) -> None:
        super().__init__(reason)
        self.reason = reason
        self.ack = Ack(status=status, body=b"refused")


# --- the rest -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What may still be spent at the upstream."""

    amount_minor: int
    currency: str = "CNY"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogItem:
    """One product of the upstream; `cost_minor` is what we pay for one piece."""

    product_id: str
    name: str
    kind: str  # "code" or "topup"
    face_minor: int | None
    cost_minor: int | None
    currency: str
    available: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogPage:
    """A page of the catalogue; `next_cursor` None ends it."""

    items: tuple[CatalogItem, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequest:
    """Asks to stop an attempt."""

    attempt_no: str
    upstream_no: str | None = None


class Cancellation(StrEnum):
    """What became of a cancel request; the attempt's state still comes by query or callback."""

    REQUESTED = "requested"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the gateway may rely on at this platform; every default is the cautious one."""

    idempotent_submit: bool = False  # a repeated number is never executed twice, also when racing
    resend_allowed: bool = False  # the same number, after NOT_SENT or NOT_FOUND × not_found_needed
    finality_window_s: float = 120.0  # before it has passed, NOT_FOUND means nothing
    not_found_needed: int = 3  # upstreams.md §3.3 (assumption: 3 over 120 s)
    poll_plan_s: tuple[float, ...] = (1, 2, 3, 5, 10, 30, 60)  # upstreams.md §3.9; last one repeats
    min_gap_per_account_s: float = 0.0
    deadline_s: float = 20.0  # for a whole submit
    callbacks: bool = True
    callbacks_trusted: bool = False  # the signature covers the state; still confirmed by a query
    asked_by_our_number: bool = False  # a query needs nothing that a lost answer had
    supports_codes: bool = False
    supports_cancel: bool = False
    knows_partial: bool = False
    knows_reversal: bool = False
    quantity_max: int | None = None


class Connector(Protocol):
    """One upstream platform. Implementations are frozen values of base URL and settings."""

    @property
    def name(self) -> str:
        """The connector's name in the registry."""

    @property
    def capabilities(self) -> Capabilities:
        """What the gateway may rely on."""

    def submit(self, request: SubmitRequest, context: Context) -> Exchange[Answer]:
        """Buy; never raises for anything the platform answers."""

    def query(self, request: QueryRequest, context: Context) -> Exchange[Answer]:
        """Tell what became of an attempt."""

    def expects(self, ordered: Ordered) -> Expected:
        """How the platform echoes an order, and what it was told to bound."""

    def parse_callback(self, call: CallbackRequest, now: float) -> CallbackEvent:
        """Verify and read a callback, or raise `CallbackRefused`. Pure; constant-time compare."""

    def balance(self, context: Context) -> Exchange[Balance]:
        """Tell what may be spent; raises `UpstreamRefused` or `ProtocolError`."""

    def catalog(self, cursor: str | None, context: Context) -> Exchange[CatalogPage]:
        """Read one page of products; raises as `balance`."""

    def cancel(self, request: CancelRequest, context: Context) -> Exchange[Cancellation]:
        """Ask to stop an attempt; never a proof that it stopped."""
