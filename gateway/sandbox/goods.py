"""What the sandbox sells: always in stock, each at its price, and nothing of it is worth anything.

Pure. Codes follow from the order and their place in it: the same ones at every look, and kept
nowhere.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.catalog.rules import SkuKind
from gateway.orders.rules import QUANTITY_MAX

CURRENCY: Final = "CNY"
BALANCE_MINOR: Final = 100_000_000_000  # of every partner, and it never gets less
SINCE: Final = "2026-01-01T00:00:00.000000Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """One SKU of the sandbox; money in minor units."""

    sku: str
    name: str
    kind: SkuKind
    price_minor: int
    face_value_minor: int

    @property
    def is_top_up(self) -> bool:
        """Whether it goes to a recipient, and has no codes."""
        return self.kind is SkuKind.TOPUP

    def as_product(self) -> dict[str, Any]:
        """As GET /v1/products has it."""
        return {
            "sku": self.sku,
            "name": self.name,
            "kind": self.kind.value,
            "face_value": self.face_value_minor,
            "price": self.price_minor,
            "currency": CURRENCY,
            "available": True,
            "stock_level": "ok",
            "account_rule": "any" if self.is_top_up else None,
            "limits": {"per_buyer": None, "quantity_max": QUANTITY_MAX},
            "category": None,
            "tags": [],
            "updated_at": SINCE,
        }


GOODS: Final[Mapping[str, Good]] = {
    good.sku: good
    for good in (
        Good(
            sku="sandbox:code", name="Sandbox code", kind=SkuKind.CODE,
            price_minor=1990, face_value_minor=2000,
        ),
        Good(
            sku="sandbox:link", name="Sandbox link", kind=SkuKind.LINK,
            price_minor=990, face_value_minor=1000,
        ),
        Good(
            sku="sandbox:qr", name="Sandbox QR code", kind=SkuKind.QR,
            price_minor=590, face_value_minor=600,
        ),
        Good(
            sku="sandbox:topup", name="Sandbox top-up", kind=SkuKind.TOPUP,
            price_minor=4990, face_value_minor=5000,
        ),
    )
}  # fmt: skip


def code_of(kind: SkuKind, order_id: int, index: int) -> dict[str, str]:
    """One code of an order, in plain text."""
    digest = hashlib.sha256(f"sandbox {order_id} {index}".encode()).digest()
    code = "SANDBOX-" + base64.b32encode(digest[:10]).decode()
    if kind is SkuKind.CODE:
        return {"code": code}
    return {"code": code, "url": f"https://example.com/sandbox/{code}"}
