"""A simulated Reloadly: tokens for any audience, airtime, gift cards, signed webhooks.

Webhooks are set up in the platform's dashboard, not by the request: they go to `--callback-url`.
api.md's behaviours count by default; `--set min_gap_s=120` adds the platform's own refusal of a
number that was recharged within two minutes. Assumptions: webhooks are retried after 15 s, 30 s
and 3 min; pages count from 1; a request that cannot be read has no errorCode.
"""

import hmac
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from connectors.loose import as_int, as_text, to_major, to_minor
from connectors.reloadly.discovery import Found, discover
from connectors.reloadly.refusals import (
    NOT_FOUND,
    RECENTLY_RECHARGED,
    REFUSALS,
    WRONG_CLIENT,
)
from connectors.reloadly.replies import call_members, error_reply, json_reply
from connectors.reloadly.views import (
    WALLET_NAME,
    balance_info,
    cards_json,
    operator_json,
    order_json,
    page_json,
    phone_of,
    service_of,
    written,
)
from connectors.reloadly.wire import ReloadlySettings, Service, sign_webhook
from connectors.secret import Secret
from connectors.signing import compact_json, hmac_sha256_hex, same
from connectors.simulation.behaviour import Refusal
from connectors.simulation.ledger import Order, OrderState, Purchase
from connectors.simulation.platform import Call, CallbackMessage, Platform, Reply

FORGERS_KEY: Final = Secret("forged_secret")
PAGE_SIZE_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadlySimulation(ReloadlySettings):
    """The connector's settings and the simulator's switches. `currency` is the wallet's."""

    currency: str = "CNY"
    token_ttl_s: int = 86_400
    min_gap_s: float = 0.0


class ReloadlyPlatform(Platform):
    """The platform's side of wire.py."""

    NAME: ClassVar[str] = "reloadly"
    DEFAULTS: ClassVar[Mapping[str, str]] = {
        "client_id": "demo_client_id",
        "client_secret": "demo_client_secret",
        "webhook_secret": "demo_secret",
    }
    SETTINGS: ClassVar[type[Any] | None] = ReloadlySimulation

    def __init__(self, settings: ReloadlySimulation) -> None:
        self.settings = settings
        # Tokens carry their own proof: clients that fetch one for every call cost no memory.
        self._token_key = Secret(secrets.token_hex(16))
        self._recharged_at: dict[str, float] = {}
        self._buys: dict[str, Callable[[dict[str, Any]], Awaitable[Reply]]] = {
            "topups": lambda body: self._top_up(body, instant=True),
            "topups-async": lambda body: self._top_up(body, instant=False),
            "orders": self._order_cards,
        }

    async def handle(self, call: Call) -> Reply:
        """Tokens for who has the client's secret; everything else for who has a token."""
        parts = [part for part in call.path.split("/") if part]
        if parts == ["oauth", "token"]:
            return self._issue(call)
        denied = self._deny(call.headers.get("authorization", ""))
        if denied is not None:
            return error_reply(REFUSALS[denied], call)
        if call.method == "GET":
            return self._read(call, parts)
        buy = self._buys.get("/".join(parts))
        if buy is None:
            is_rate = parts[-1:] == ["fx-rate"]
            return json_reply(self._rate(call, parts)) if is_rate else error_reply(NOT_FOUND, call)
        return await buy(call_members(call))

    # --- tokens -----------------------------------------------------------------------------------

    def _issue(self, call: Call) -> Reply:
        members = call_members(call)
        known = same(as_text(members.get("client_id")) or "", self.settings.client_id) and same(
            as_text(members.get("client_secret")) or "", self.settings.client_secret.reveal()
        )
        if not known:
            return error_reply(WRONG_CLIENT, call)
        if members.get("grant_type") != "client_credentials":
            return error_reply(REFUSALS[Refusal.INVALID], call)
        expires_at = int(time.time()) + self.settings.token_ttl_s
        claim = f"{expires_at}.{secrets.token_hex(8)}"
        return json_reply(
            {
                "access_token": f"{claim}.{hmac_sha256_hex(claim.encode(), self._token_key)}",
                "scope": "send-topups read-operators read-topups-history",
                "expires_in": self.settings.token_ttl_s,
                "token_type": "Bearer",
            }
        )

    def _deny(self, authorization: str) -> Refusal | None:
        scheme, _, token = authorization.partition(" ")
        claim, _, proof = token.strip().rpartition(".")
        expected = hmac_sha256_hex(claim.encode("utf-8", "replace"), self._token_key)
        if scheme.lower() != "bearer" or not hmac.compare_digest(proof.encode(), expected.encode()):
            return Refusal.CREDENTIALS
        return Refusal.TOKEN_EXPIRED if int(claim.split(".")[0]) <= time.time() else None

    # --- buying -----------------------------------------------------------------------------------

    async def _top_up(self, body: dict[str, Any], *, instant: bool) -> Reply:
        number, country = phone_of(body.get("recipientPhone"))
        face_minor = to_minor(body.get("amount"), self.settings.currency)
        product = as_text(body.get("operatorId"))
        if product is None or number is None:
            return error_reply(REFUSALS[Refusal.INVALID])
        if face_minor is None or face_minor <= 0:
            return error_reply(REFUSALS[Refusal.PRICE])
        if not number.lstrip("+").isalnum():
            return error_reply(REFUSALS[Refusal.ACCOUNT])
        if self._is_too_soon(number):
            return error_reply(RECENTLY_RECHARGED)
        extra = {"country": country, "email": as_text(body.get("recipientEmail")), "sync": instant}
        return await self.market.sell(
            Purchase(
                our_no=as_text(body.get("customIdentifier")) or "",
                product=product,
                account=number,
                face_minor=face_minor,
                instant=instant,
                extra=extra,
            )
        )

    def _is_too_soon(self, number: str) -> bool:
        """Whether a number, with or without `+`, was recharged within the gap."""
        if self.settings.min_gap_s <= 0:
            return False
        last = self._recharged_at.get(number.lstrip("+"))
        return last is not None and time.time() - last < self.settings.min_gap_s

    async def _order_cards(self, body: dict[str, Any]) -> Reply:
        number, country = phone_of(body.get("recipientPhoneDetails"))
        unit_minor = to_minor(body.get("unitPrice"), self.settings.currency)
        product, quantity = as_text(body.get("productId")), as_int(body.get("quantity", 1))
        if product is None or quantity is None or not 1 <= quantity <= 10_000:
            return error_reply(REFUSALS[Refusal.INVALID])
        if unit_minor is None or unit_minor <= 0:
            return error_reply(REFUSALS[Refusal.PRICE])
        email = as_text(body.get("recipientEmail"))
        return await self.market.sell(
            Purchase(
                our_no=as_text(body.get("customIdentifier")) or "",
                product=product,
                account=number or "",
                quantity=quantity,
                face_minor=unit_minor,
                extra={"gift": True, "country": country, "email": email},
            )
        )

    # --- reading ----------------------------------------------------------------------------------

    def _read(self, call: Call, parts: list[str]) -> Reply:
        match parts:
            case ["accounts", "balance"]:
                reply = json_reply(self._balance())
            case ["topups", number, "status"]:
                reply = self._status(call, number)
            case ["topups", "reports", "transactions"]:
                reply = self._report(call, Service.TOPUPS)
            case ["reports", "transactions"]:
                reply = self._report(call, Service.GIFTCARDS)
            case [*_, "reports", "transactions", number]:
                reply = self._one(call, number)
            case ["orders", "transactions", number, "cards"]:
                reply = self._card_list(call, number)
            case _:
                found = discover(parts, self.settings.currency)
                reply = error_reply(NOT_FOUND, call) if found is None else _listed(call, found)
        return reply

    def _balance(self) -> dict[str, Any]:
        return {
            "balance": float(to_major(self.market.balance_minor, self.settings.currency)),
            "currencyCode": self.settings.currency,
            "currencyName": WALLET_NAME,
            "updatedAt": written(time.time()),
        }

    def _rate(self, call: Call, parts: list[str]) -> dict[str, Any]:
        """`operators/fx-rate` of an operatorId, or `operators/{id}/fx-rate`."""
        members = call_members(call)
        number = parts[1] if len(parts) > 2 else as_text(members.get("operatorId")) or "1"
        operator = operator_json(number, self.settings.currency)
        return {
            "id": operator["id"],
            "name": operator["name"],
            "fxRate": members.get("amount", 1),
            "currencyCode": self.settings.currency,
        }

    def _seen(self, number: str) -> Order | None:
        order = self.market.ledger.with_upstream_no(number)
        return order if order is not None and order.visible_at <= time.time() else None

    def _status(self, call: Call, number: str) -> Reply:
        order = self._seen(number)
        if order is None:
            return error_reply(NOT_FOUND, call)
        transaction = self._shown(order)
        status = transaction["status"]
        body = {"code": None, "message": None, "status": status, "transaction": transaction}
        return _failing(order) or json_reply(body)

    def _one(self, call: Call, number: str) -> Reply:
        order = self._seen(number)
        if order is None:
            return error_reply(NOT_FOUND, call)
        return _failing(order) or json_reply(order_json(order, self.settings.currency))

    def _report(self, call: Call, service: Service) -> Reply:
        """One number's transaction comes from the index; without one, a page of all."""
        identifier = call.query_fields().get("customIdentifier")
        if identifier is None:
            return _page(call, self.market.ledger.orders, service, self.settings.currency)
        order = self.market.find(identifier)
        orders = [] if order is None else [order]
        failing = _failing(order) if order is not None else None
        return failing or _page(call, orders, service, self.settings.currency)

    def _card_list(self, call: Call, number: str) -> Reply:
        order = self._seen(number)
        if order is None or not order.codes:
            return error_reply(NOT_FOUND, call)
        return json_reply(cards_json(order))

    # --- the platform's part of the market --------------------------------------------------------

    def settled(self, order: Order) -> None:
        """Gift cards have codes also when they are sent to somebody; a number was recharged."""
        if order.state is OrderState.SUCCESS and order.extra.get("gift"):
            order.codes = tuple(
                (f"GIFT-{self.market.serial(order, index)}", f"{order.number * 7919 + index:08d}")
                for index in range(order.quantity)
            )
        elif order.state is OrderState.SUCCESS and self.settings.min_gap_s > 0:
            self._recharged_at[order.account.lstrip("+")] = time.time()

    def accepted(self, order: Order) -> Reply:
        """`{transactionId}` for asynchronous top-ups, the transaction for the others."""
        if service_of(order) is Service.TOPUPS and not order.extra.get("sync"):
            return json_reply({"transactionId": int(order.upstream_no)})
        return json_reply(self._shown(order))

    def _shown(self, order: Order) -> dict[str, Any]:
        """An order with what it did to the wallet; reports have no `balanceInfo`."""
        shown = order_json(order, self.settings.currency)
        charged = order.state is not OrderState.PROCESSING or service_of(order) is Service.GIFTCARDS
        if charged:
            shown["balanceInfo"] = balance_info(
                self.market.balance_minor, order.price_minor, self.settings.currency
            )
        return shown

    def refused(self, refusal: Refusal, purchase: Purchase) -> Reply:
        """The platform's error body; a 429 says when to come back."""
        reply = error_reply(REFUSALS[refusal], path=_path_of(purchase))
        if refusal is not Refusal.THROTTLED:
            return reply
        headers = {"Retry-After": str(self.market.options.retry_after_s)}
        return Reply(status=reply.status, body=reply.body, headers=headers)

    def callback(self, order: Order, state: OrderState, *, forged: bool) -> CallbackMessage | None:
        """`airtime_transaction.status` or `giftcard_transaction.status`, signed with its time."""
        url = self.market.notify_url(order)
        if url is None:
            return None
        kind = "giftcard" if service_of(order) is Service.GIFTCARDS else "airtime"
        data = order_json(order, self.settings.currency, state)
        message = {"type": f"{kind}_transaction.status", "date": written(time.time()), "data": data}
        body = compact_json(message).encode()
        timestamp = str(int(time.time() * 1000))
        key = FORGERS_KEY if forged else self.settings.webhook_secret
        headers = {
            "X-Reloadly-Request-Timestamp": timestamp,
            "X-Reloadly-Signature": sign_webhook(body, timestamp, key),
        }
        return CallbackMessage(url=url, body=body, headers=headers)

    def acknowledged(self, status: int, body: bytes) -> bool:  # noqa: ARG002
        """Any 2xx."""
        return 200 <= status < 300


def _path_of(purchase: Purchase) -> str:
    """Where a purchase was sent to."""
    if purchase.extra.get("gift"):
        return "/orders"
    return "/topups" if purchase.instant else "/topups-async"


def _listed(call: Call, found: Found) -> Reply:
    return _page(call, found.value) if found.paged else json_reply(found.value)


def _failing(order: Order) -> Reply | None:
    if not order.behaviour.queries_fail:
        return None
    return Reply(status=500, body=b"Internal Server Error", content_type="text/html")


def _page(call: Call, rows: list[Any], service: Service | None = None, currency: str = "") -> Reply:
    """One page; orders are written only once it is known which of them are shown."""
    fields = call.query_fields()
    page = max(as_int(fields.get("page", "1")) or 1, 1)
    size = min(max(as_int(fields.get("size", "")) or PAGE_SIZE_MAX, 1), PAGE_SIZE_MAX)
    value = page_json(rows, page, size)
    if service is not None:
        shown = [order for order in value["content"] if service_of(order) is service]
        value["content"] = [order_json(order, currency) for order in shown]
    return json_reply(value)
