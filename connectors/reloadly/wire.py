"""Reloadly's words: status and error tables, product ids, webhook signature, amounts. Pure; shared
by connector and simulator.

Facts: the platform's public documentation (upstreams.md §1.6), and what clients were seen to do
(§9). *Assumption* marks the rest.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from connectors.contract import AnswerKind, DeliveredCode, Reason
from connectors.denomination import Denomination, split_product
from connectors.echo import Echo
from connectors.loose import as_decimal, as_int, as_object, as_objects, as_text, to_minor
from connectors.secret import Secret
from connectors.settings import SettingsError
from connectors.signing import hmac_sha256_hex


class Service(StrEnum):
    """The two services an account may buy from; each has its own host and token."""

    TOPUPS = "topups"
    GIFTCARDS = "giftcards"


ACCEPT: Final[Mapping[Service, str]] = {
    Service.TOPUPS: "application/com.reloadly.topups-v1+json",
    Service.GIFTCARDS: "application/com.reloadly.giftcards-v1+json",
}

STATES: Final[Mapping[str, AnswerKind]] = {
    "PROCESSING": AnswerKind.PROCESSING,
    "PENDING": AnswerKind.PROCESSING,  # gift cards
    "SUCCESSFUL": AnswerKind.SUCCESS,
    "FAILED": AnswerKind.FAILED,
    "REFUNDED": AnswerKind.REVERSED,  # FAILED if it had never been SUCCESSFUL
}

# Documented codes that refuse before anything is executed. Those that are not here prove nothing,
# TRANSACTION_CANNOT_BE_PROCESSED_AT_THE_MOMENT and TOPUP_TRANSACTION_FAILED among them.
REJECTED_CODES: Final[Mapping[str, Reason]] = {
    "INSUFFICIENT_BALANCE": Reason.INSUFFICIENT_BALANCE,
    "INVALID_RECIPIENT_PHONE": Reason.INVALID_ACCOUNT,
    "COULD_NOT_AUTO_DETECT_OPERATOR": Reason.INVALID_ACCOUNT,
    "INVALID_AMOUNT_FOR_OPERATOR": Reason.INVALID_REQUEST,
    "OPERATOR_UNAVAILABLE_OR_CURRENTLY_INACTIVE": Reason.PRODUCT_UNAVAILABLE,
    "MAX_DAILY_TRANSACTION_COUNT_REACHED": Reason.RATE_LIMITED,
    "MAX_DAILY_TRANSACTION_AMOUNT_REACHED": Reason.RATE_LIMITED,
}
# Said of a number or an identifier that was used before, which may have been by this very attempt.
SEEN_BEFORE_CODES: Final = frozenset({"CUSTOM_IDENTIFIER_ALREADY_USED", "PHONE_RECENTLY_RECHARGED"})

PRODUCT: Final = re.compile(r"(?:(?P<kind>operator|giftcard)[-:])?(?P<number>.+)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadlySettings:
    """`--set` names.

    `auth_url`: where tokens come from, the base URL if empty. `giftcards_url`: the base URL if
    empty, with `topups` in its host turned into `giftcards`. `audience`: the service's URL if
    empty. `webhook_secret` empty: every webhook is refused. `currency`: the account's; naming it
    saves the look-up of a product before a purchase in that currency. `country_code`: ISO code for
    numbers that do not tell. `recipient_email` gets the platform's own mail about a gift card, with
    the code in it: the default address does not exist. `services`: what the catalogue lists.
    """

    client_id: str
    client_secret: Secret
    webhook_secret: Secret = field(default_factory=lambda: Secret(""))
    auth_url: str = ""
    giftcards_url: str = ""
    audience: str = ""
    currency: str = ""
    country_code: str = ""
    sender_name: str = "Quangate"
    recipient_email: str = "nobody@quangate.invalid"
    services: str = "topups,giftcards"
    callback_window_s: int = 300

    def __post_init__(self) -> None:
        if not self.listed_services():
            raise SettingsError(f"setting services lists {', '.join(Service)}", "services")

    def listed_services(self) -> tuple[Service, ...]:
        """The services of the catalogue, in the order of their names here."""
        names = {name.strip() for name in self.services.split(",")}
        return tuple(service for service in Service if service in names)

    def service_url(self, service: Service, base_url: str) -> str:
        """Where a service lives."""
        if service is Service.TOPUPS:
            return base_url
        if self.giftcards_url:
            return self.giftcards_url.rstrip("/")
        parts = urlsplit(base_url)
        return urlunsplit(parts._replace(netloc=parts.netloc.replace("topups", "giftcards", 1)))

    def token_url(self, base_url: str) -> str:
        """Where tokens come from; a URL that names the endpoint already is left as it is."""
        url = (self.auth_url or base_url).rstrip("/")
        return url if url.endswith("/oauth/token") else f"{url}/oauth/token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What a product id names: `88` or `operator-88` airtime, `giftcard-120` a gift card, each
    with an amount behind it if the operator wrote one (`88@10`).
    """

    service: Service
    number: str
    denomination: Denomination | None

    @property
    def member(self) -> int | str:
        """The number as the platform has it; anything else goes out for it to refuse."""
        plain = self.number.isascii() and self.number.isdigit()
        return int(self.number) if plain else self.number


def read_product(product_id: str) -> Product:
    """Read a product id; see `Product`."""
    text, denomination = split_product(product_id)
    match = PRODUCT.fullmatch(text)
    if match is None:
        return Product(service=Service.TOPUPS, number=text, denomination=denomination)
    gift = match["kind"] == "giftcard"
    return Product(
        service=Service.GIFTCARDS if gift else Service.TOPUPS,
        number=match["number"],
        denomination=denomination,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What to order: `local` means in the destination's currency instead of the account's."""

    value: Decimal
    local: bool = False


def choose_amount(
    service: Service, product: Mapping[str, Any], face: Decimal | None, currency: str
) -> Amount | None:
    """The amount of a face in a currency the product knows, or the only one of a fixed product;
    None if that cannot be told. The same number in another currency is another sum.

    Assumption: a gift card's unit price is in the recipient's currency.
    """
    if service is Service.GIFTCARDS:
        if face is not None:
            return Amount(value=face) if product.get("recipientCurrencyCode") == currency else None
        return _only(product.get("fixedRecipientDenominations"))
    if face is None:
        return _only(product.get("fixedAmounts"))
    if product.get("senderCurrencyCode") == currency:
        return Amount(value=face)
    is_local = product.get("destinationCurrencyCode") == currency
    if is_local and product.get("supportsLocalAmounts") is True:
        return Amount(value=face, local=True)
    return None


def _only(amounts: object) -> Amount | None:
    values = amounts if isinstance(amounts, list) else []
    value = as_decimal(values[0]) if len(values) == 1 else None
    return Amount(value=value) if value is not None else None


def cost_of(transaction: Mapping[str, Any]) -> tuple[int | None, str | None]:
    """What a transaction cost us, in minor units, and its currency; None if it is not told."""
    if is_gift_card(transaction):
        cost, member = as_decimal(transaction.get("amount")), "currencyCode"
    else:
        cost, member = as_decimal(transaction.get("requestedAmount")), "requestedAmountCurrencyCode"
        discount, fee = (as_decimal(transaction.get(name)) for name in ("discount", "fee"))
        if cost is not None:
            cost += (fee or Decimal(0)) - (discount or Decimal(0))
    currency = as_text(transaction.get(member))
    if as_text(transaction.get("discountCurrencyCode")) not in (None, currency):
        return None, None
    if cost is None or currency is None:
        return None, None
    return to_minor(cost, currency), currency


def is_gift_card(transaction: Mapping[str, Any]) -> bool:
    """Whether a transaction is of the gift-card service: it has a product, not an operator."""
    return "product" in transaction


def echo_of(transaction: Mapping[str, Any]) -> Echo:
    """What a transaction says it is about."""
    order_no = as_text(transaction.get("customIdentifier"))
    if is_gift_card(transaction):
        # The number a card's news goes to is not what was ordered.
        product = as_object(transaction.get("product"))
        return Echo(
            order_no=order_no,
            product=as_text(product.get("productId")),
            quantity=as_int(product.get("quantity")),
            amount=as_decimal(product.get("totalPrice")),
            currency=as_text(product.get("currencyCode")),
        )
    number = as_text(transaction.get("recipientPhone"))
    return Echo(
        order_no=order_no,
        account=None if number is None else number.strip().lstrip("+"),
        product=as_text(transaction.get("operatorId")),
        amount=as_decimal(transaction.get("requestedAmount")),
        currency=as_text(transaction.get("requestedAmountCurrencyCode")),
    )


def read_cards(answer: object) -> tuple[DeliveredCode, ...]:
    """The cards of a gift-card order; each may have a number, a PIN, a link or two of them."""
    wrapped = as_object(answer).get("cards") or as_object(answer).get("content")
    cards = as_objects(answer if isinstance(answer, list) else wrapped)
    return tuple(code for card in cards if (code := _read_card(card)) is not None)


def _read_card(card: Mapping[str, Any]) -> DeliveredCode | None:
    number, pin = as_text(card.get("cardNumber")), as_text(card.get("pinCode"))
    link = as_text(card.get("redemptionUrl"))
    if number is None:
        number, pin = pin, None
    if number is not None and "://" in number:
        link = link or number
    first = number or link
    if first is None:
        return None
    return DeliveredCode(
        code=Secret(first),
        pin=Secret(pin) if pin else None,
        url=Secret(link) if link else None,
        expires_at=as_text(card.get("expirationDate")),
    )


def sign_webhook(body: bytes, timestamp: str, secret: Secret) -> str:
    """`X-Reloadly-Signature`: HMAC-SHA256 of the raw body, a colon and the timestamp."""
    return hmac_sha256_hex(body + b":" + timestamp.encode(), secret)


def timestamp_s(text: str) -> float | None:
    """`X-Reloadly-Request-Timestamp` in Unix seconds; seen in milliseconds, seconds are taken."""
    number = as_int(text)
    if number is None:
        return None
    return number / 1000 if number > 100_000_000_000 else float(number)
