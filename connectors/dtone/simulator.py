"""A simulated DT One: HTTP Basic with a challenge, async and sync transactions, paged lists.

api.md's behaviours count by default. `--set sandbox=on` puts the platform's own sandbox numbers
before them: the last three digits x00–x07 decide the end, x = 1, 2, 3 a delay of 3 s, 20 s, 5 min.
Assumptions: the ids of statuses inside a class, and callbacks retried after 15 s, 30 s and 3 min.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from connectors.dtone.views import (
    CONFIRMATION_VALID,
    DECLINES,
    OPERATOR,
    product_json,
    transaction_json,
    writes_pin,
)
from connectors.dtone.wire import DtoneSettings
from connectors.exchange import ProtocolError
from connectors.loose import as_int, as_object, as_text, read_object, to_major, to_minor
from connectors.settings import SettingsError
from connectors.signing import compact_json, same
from connectors.simulation.behaviour import Behaviour, Ending, Refusal
from connectors.simulation.ledger import Order, OrderState, Purchase
from connectors.simulation.market import PRODUCTS
from connectors.simulation.platform import Call, CallbackMessage, Platform, Reply

# HTTP status, code and message, as the document's table of API error codes has them.
REFUSALS: Final[Mapping[Refusal, tuple[int, int, str]]] = {
    Refusal.PRODUCT: (404, 1003001, "Product is not available in your account"),
    Refusal.UNKNOWN_PRODUCT: (404, 1003001, "Product is not available in your account"),
    Refusal.PRICE: (400, 1003002, "Requested product amount is out of range"),
    Refusal.ACCOUNT: (400, 1005003, "Credit party mobile number is invalid"),
    Refusal.BALANCE: (400, 1006001, "Insufficient balance"),
    Refusal.CREDENTIALS: (401, 1000401, "Unauthorized"),
    Refusal.TOKEN_EXPIRED: (401, 1000401, "Unauthorized"),
    Refusal.THROTTLED: (429, 1000429, "Too many requests"),
    Refusal.DUPLICATE: (400, 1007001, "Transaction external ID has already been used"),
    Refusal.INVALID: (400, 1000400, "Bad request"),
}
UNKNOWN_RESOURCE: Final = (404, 1000404, "Resource not found")
UNKNOWN_TRANSACTION: Final = (404, 1008004, "Transaction not found")
UNKNOWN_BALANCE: Final = (404, 1006009, "Account balance not found")
ALREADY_CONFIRMED: Final = (400, 1007002, "Transaction has already been confirmed")
NOT_CONFIRMABLE: Final = (400, 1007004, "Transaction can no longer be confirmed")
ALREADY_CANCELLED: Final = (400, 1007005, "Transaction has already been cancelled")
NOT_CANCELLABLE: Final = (400, 1007007, "Transaction can no longer be cancelled")
# What a single resource is that is not there, and the member that names it.
UNKNOWN_ONES: Final[Mapping[str, tuple[str, tuple[int, int, str]]]] = {
    "services": ("id", (404, 1005004, "Service not found")),
    "countries": ("iso_code", (404, 1005005, "Country not found")),
    "operators": ("id", (404, 1005006, "Operator not found")),
    "promotions": ("id", (404, 1003201, "Promotion not found")),
    "campaigns": ("id", (404, 1003301, "Campaign not found")),
}
CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="DVS API", charset="UTF-8"'}

SANDBOX_DELAY_S: Final[Mapping[str, float]] = {"1": 3.0, "2": 20.0, "3": 300.0}
PER_PAGE_MAX: Final = 100
PER_PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DtoneSimulation(DtoneSettings):
    """The connector's settings and the simulator's switches: `sandbox`, the platform's own numbers;
    `unknown_transaction`, whether a list without a match is "empty" or "refused" (404), as the
    document allows both. `currency` is what it charges in.
    """

    sandbox: bool = False
    unknown_transaction: str = "empty"

    def __post_init__(self) -> None:
        DtoneSettings.__post_init__(self)
        if self.unknown_transaction not in {"empty", "refused"}:
            raise SettingsError("setting unknown_transaction is one of empty, refused")


class DtonePlatform(Platform):
    """The platform's side of wire.py."""

    NAME: ClassVar[str] = "dtone"
    DEFAULTS: ClassVar[Mapping[str, str]] = {
        "api_key": "demo_api_key",
        "api_secret": "demo_api_secret",
        "currency": "CNY",
    }
    SETTINGS: ClassVar[type[Any] | None] = DtoneSimulation

    def __init__(self, settings: DtoneSimulation) -> None:
        self.settings = settings
        self._lists: dict[str, Callable[[Call], list[Any]]] = {
            "operators": lambda _call: [OPERATOR],
            "countries": lambda _call: [OPERATOR["country"]],
            "services": lambda _call: [{"id": 1, "name": "Mobile"}],
            "benefit-types": lambda _call: [{"name": "CREDITS"}],
            "promotions": lambda _call: [],
            "campaigns": lambda _call: [],
        }
        self._posts: dict[tuple[str, ...], Callable[[Call, str], Awaitable[Reply]]] = {
            ("async", "transactions"): self._create,
            ("sync", "transactions"): self._create,
            ("async", "transactions", "*", "confirm"): self._confirm,
            ("sync", "transactions", "*", "confirm"): self._confirm,
            ("transactions", "*", "cancel"): self._cancel,
            ("lookup", "mobile-number"): self._lookup,
        }

    async def handle(self, call: Call) -> Reply:
        """Challenge, then route; `/v1` may stand before the path or not, `/` behind it."""
        if not same(call.headers.get("authorization", ""), self.settings.authorization()):
            return _error(REFUSALS[Refusal.CREDENTIALS])
        parts = [part for part in call.path.split("/") if part]
        while parts[:1] == ["v1"]:  # some clients append it to a base URL that has it
            del parts[0]
        if call.method == "GET":
            return self._read(call, parts)
        number = parts[-2] if len(parts) > 2 else ""
        pattern = tuple("*" if part == number else part for part in parts)
        post = self._posts.get(pattern)
        return await post(call, number) if post is not None else _error(UNKNOWN_RESOURCE)

    # --- reading ----------------------------------------------------------------------------------

    def _read(self, call: Call, parts: list[str]) -> Reply:
        match parts:
            case ["transactions"]:
                reply = self._transactions(call)
            case ["transactions", number]:
                reply = self._transaction_reply(self._order(number))
            case ["products"]:
                ids = [product.product_id for product in PRODUCTS]
                reply = _page(call, [product_json(i, self.settings.currency) for i in ids])
            case ["products", product_id] if as_int(product_id) is not None:
                reply = _json(product_json(product_id, self.settings.currency))
            case ["products", _]:
                reply = _error(REFUSALS[Refusal.UNKNOWN_PRODUCT])
            case ["balances"]:
                rows = self._balances(call)
                reply = _page(call, rows) if rows else _error(UNKNOWN_BALANCE)
            case [name, one] if name in UNKNOWN_ONES:
                member, unknown = UNKNOWN_ONES[name]
                found = [row for row in self._lists[name](call) if as_text(row[member]) == one]
                reply = _json(found[0]) if found else _error(unknown)
            case ["lookup", "mobile-number", _]:
                reply = _page(call, [_IDENTIFIED])
            case [name] if name in self._lists:
                reply = _page(call, self._lists[name](call))
            case _:
                reply = _error(UNKNOWN_RESOURCE)
        return reply

    def _transaction_reply(self, order: Order | None) -> Reply:
        if order is None:
            return _error(UNKNOWN_TRANSACTION)
        return self._failing(order) or _json(self._transaction(order))

    def _transactions(self, call: Call) -> Reply:
        """The list, newest last; one number's transactions come from the index."""
        external_id = call.query_fields().get("external_id")
        if external_id is None:
            orders = self.market.ledger.orders
            return _page(call, orders, self._transaction)
        order = self.market.find(external_id)
        if order is None and self.settings.unknown_transaction == "refused":
            return _error(UNKNOWN_TRANSACTION)
        if order is None:
            return _page(call, [])
        return self._failing(order) or _page(call, [self._transaction(order)])

    def _failing(self, order: Order) -> Reply | None:
        if not order.behaviour.queries_fail:
            return None
        return _error((500, 1009001, "Internal server error"))

    def _order(self, number: str) -> Order | None:
        order = self.market.ledger.with_upstream_no(number)
        return order if order is not None and order.visible_at <= time.time() else None

    def _balances(self, call: Call) -> list[Any]:
        if call.query_fields().get("unit", self.settings.currency) != self.settings.currency:
            return []
        available = float(to_major(self.market.balance_minor, self.settings.currency))
        return [
            {
                "id": 1,
                "available": available,
                "holding": 0,
                "credit_limit": 0,
                "unit": self.settings.currency,
                "unit_type": "CURRENCY",
            }
        ]

    # --- buying -----------------------------------------------------------------------------------

    async def _create(self, call: Call, _number: str) -> Reply:
        try:
            body = read_object(call.body)
        except ProtocolError:
            return _error(REFUSALS[Refusal.INVALID])
        external_id = as_text(body.get("external_id"))
        product = as_text(body.get("product_id"))
        if external_id is None or product is None:
            return _error(REFUSALS[Refusal.INVALID])
        party = as_object(body.get("credit_party_identifier"))
        account = as_text(party.get("mobile_number")) or as_text(party.get("account_number")) or ""
        face_minor = self._face_minor(body)
        if face_minor is not None and face_minor <= 0:
            return _error(REFUSALS[Refusal.PRICE])
        synchronous = "sync" in call.path.split("/")
        return await self.market.sell(
            Purchase(
                our_no=external_id,
                product=product,
                account=account,
                face_minor=face_minor,
                notify_url=as_text(body.get("callback_url")),
                instant=synchronous,
                unconfirmed=body.get("auto_confirm") is not True,
                extra={"party": party, "sync": synchronous},
            )
        )

    def _face_minor(self, body: Mapping[str, Any]) -> int | None:
        """The amount of a ranged product; a fixed one has none in its order."""
        side = "source" if body.get("calculation_mode") == "SOURCE_AMOUNT" else "destination"
        amount = as_object(body.get(side))
        return to_minor(amount.get("amount"), as_text(amount.get("unit")) or "CNY")

    async def _confirm(self, call: Call, number: str) -> Reply:
        order = self._order(number)
        if order is None:
            return _error(UNKNOWN_TRANSACTION)
        if order.confirmed:
            return _error(ALREADY_CONFIRMED)
        if order.state.final or time.time() - order.created_at > CONFIRMATION_VALID.total_seconds():
            return _error(NOT_CONFIRMABLE)
        reply = await self.market.confirm(order, instant="sync" in call.path.split("/"))
        return replace(reply, status=202) if reply.status == 201 else reply

    async def _cancel(self, _call: Call, number: str) -> Reply:
        order = self._order(number)
        if order is None:
            return _error(UNKNOWN_TRANSACTION)
        if order.state is OrderState.CANCELLED:
            return _error(ALREADY_CANCELLED)
        if order.confirmed or not self.market.cancel(order):
            return _error(NOT_CANCELLABLE)
        return _json(self._transaction(order), status=202)

    async def _lookup(self, call: Call, _number: str) -> Reply:
        return _page(call, [_IDENTIFIED])

    # --- the platform's part of the market --------------------------------------------------------

    def magic(self, account: str) -> Behaviour | None:
        """The sandbox's numbers, if switched on: xy, y ≤ 7, behind a digit that may delay."""
        tail = account[-3:]
        if not self.settings.sandbox or not tail.isdigit() or not "00" <= tail[1:] <= "07":
            return None
        return Behaviour(
            name=f"x{tail[1:]}",
            ending=Ending.FAILED if tail[1:] in DECLINES else Ending.SUCCESS,
            settle_s=SANDBOX_DELAY_S.get(tail[0], 0.05) * self.market.options.time_scale,
        )

    def settled(self, order: Order) -> None:
        """x01 completes with a PIN, as PIN products (which have no credit party) do."""
        if writes_pin(order) and order.state is OrderState.SUCCESS:
            order.codes = ((f"PIN{self.market.serial(order)}", f"SERIAL-{order.upstream_no}"),)

    def accepted(self, order: Order) -> Reply:
        """201 with the transaction: created, confirmed, or (synchronous) as it ended."""
        return _json(self._transaction(order), status=201)

    def refused(self, refusal: Refusal, purchase: Purchase) -> Reply:  # noqa: ARG002
        """The platform's error body; a 429 says when to come back."""
        headers = {"Retry-After": str(self.market.options.retry_after_s)}
        return _error(REFUSALS[refusal], headers if refusal is Refusal.THROTTLED else None)

    def callback(self, order: Order, state: OrderState, *, forged: bool) -> CallbackMessage | None:
        """The whole transaction; there is no signature that a forger would lack."""
        url = self.market.notify_url(order)
        if url is None:
            return None
        transaction = self._transaction(order, state)
        if forged:
            transaction["id"] = 1
        return CallbackMessage(url=url, body=compact_json(transaction).encode())

    def acknowledged(self, status: int, body: bytes) -> bool:  # noqa: ARG002
        """Any 2xx."""
        return 200 <= status < 300

    def _transaction(self, order: Order, state: OrderState | None = None) -> dict[str, Any]:
        return transaction_json(order, state or order.state, self.settings.currency)


_IDENTIFIED: Final = {**OPERATOR, "identified": True}
_RATE_HEADERS: Final = {"X-Ratelimit-Limit": "1000", "X-Ratelimit-Remaining": "999"}


def _json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(
        status=status,
        body=compact_json(value).encode(),
        headers={**_RATE_HEADERS, **(headers or {})},
    )


def _error(error: tuple[int, int, str], headers: Mapping[str, str] | None = None) -> Reply:
    status, code, message = error
    challenge = CHALLENGE if status == 401 else {}
    body = {"errors": [{"code": code, "message": message}]}
    return _json(body, status, {**challenge, **(headers or {})})


def _page(call: Call, rows: list[Any], write: Callable[[Any], Any] = lambda row: row) -> Reply:
    """One page of a list, with the paging headers that clients follow."""
    fields = call.query_fields()
    page = as_int(fields.get("page", "1"))
    per_page = as_int(fields.get("per_page", str(PER_PAGE)))
    if page is None or per_page is None or page < 1 or not 1 <= per_page <= PER_PAGE_MAX:
        return _error(REFUSALS[Refusal.INVALID])
    pages = max(-(-len(rows) // per_page), 1)
    headers = {
        "X-Total": str(len(rows)),
        "X-Total-Pages": str(pages),
        "X-Per-Page": str(per_page),
        "X-Page": str(page),
    }
    # "If any": a header that is there is a number, whatever page it is.
    if page < pages:
        headers["X-Next-Page"] = str(page + 1)
    if page > 1:
        headers["X-Prev-Page"] = str(page - 1)
    shown = rows[(page - 1) * per_page : page * per_page]
    return _json([write(row) for row in shown], headers=headers)
