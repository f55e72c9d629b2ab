"""Reads what Agiso pushes. Pure. What `aopic` means depends on the platform.

京东 8: a game card or top-up was paid; 16: 通用交易 (its members as two users saw them, hence read
by several names). 快手 1: paid, without a product: that is asked for; 4, 16: a refund was asked
for, or made. Everything else is none of ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from connectors.channels.agiso.wire import AgisoRefused
from connectors.channels.followed import Wish
from connectors.channels.members import MemberError, minor, needed, whole, word
from connectors.exchange import ProtocolError
from connectors.loose import read_object

QUANTITY_MAX: Final = 2**31


class Kind(StrEnum):
    """Which calls an order is ended by."""

    JD_GAME = "jd-game"
    JD_TRADE = "jd-trade"
    KWAI = "kwai"  # to be told apart by its detail
    KWAI_PHONE = "kwai-phone"
    KWAI_CARD = "kwai-card"  # VIP and fuel cards
    KWAI_OTHER = "kwai-other"


PLATFORMS: Final[Mapping[str, str]] = {"aldsjd": "jd", "aldskwai": "kwai"}
ENDED: Final = frozenset({1, 2})  # `ProduceStatus`: nothing is left to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """A refund of an order was asked for, or made."""

    number: str


def read_message(platform: str, aopic: int, text: str) -> Wish | Refunded | None:
    """What a push is about; None: nothing of ours. Raises AgisoRefused."""
    try:
        members = read_object(text.encode())
    except ProtocolError:
        raise AgisoRefused(400, "json is no object") from None
    try:
        match (PLATFORMS.get(platform.lower()), aopic):
            case ("jd", 8):
                return _jd(members, Kind.JD_GAME)
            case ("jd", 16) if whole(members, "ProduceStatus", 0, 9) not in ENDED:
                return _jd(members, Kind.JD_TRADE)
            case ("kwai", 1):
                return _kwai(members)
            case ("kwai", 4 | 16):
                return Refunded(number=needed(word(members, "oid"), "oid"))
            case _:
                return None
    except MemberError as error:
        raise AgisoRefused(400, f"wrong member: {error}") from None


def product_key(platform: str, sku_id: str) -> str:
    """As operators map it: `AldsJd:100012043978`; the case of the platform does not matter."""
    return f"{platform}:{sku_id}".lower()


def _jd(members: Mapping[str, Any], kind: Kind) -> Wish:
    number = needed(_first(members, "OrderId", "JdOrderNo"), "OrderId")
    sku_id = needed(_first(members, "SkuId", "WareNo"), "SkuId")
    quantity = whole(members, "BuyNum", 1, QUANTITY_MAX)
    return Wish(
        number=number,
        product=product_key("AldsJd", sku_id),
        quantity=quantity or whole(members, "Quantity", 1, QUANTITY_MAX) or 1,
        recipient=_first(members, "GameAccount", "ProduceAccount", "Account"),
        amount_minor=minor(members, "TotalPrice"),
        reference=number,
        kind=kind,
    )


def _kwai(members: Mapping[str, Any]) -> Wish:
    number = needed(word(members, "oid"), "oid")
    return Wish(
        number=number, product="", quantity=1, recipient=None, amount_minor=None,
        reference=number, kind=Kind.KWAI,
    )  # fmt: skip


def _first(members: Mapping[str, Any], *names: str) -> str | None:
    return next((value for name in names if (value := word(members, name)) is not None), None)
