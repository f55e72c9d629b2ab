"""A house's order in our words. Pure."""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from gateway.channels.rules import CHANNEL, ChannelAccount
from gateway.orders.rules import QUANTITY_MAX, OrderContent

OUT_ORDER_NO: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)  # api.md


def content_of(
    account: ChannelAccount,
    *,
    number: str,
    sku: str,
    quantity: int,
    recipient: str | None,
    max_amount_minor: int | None,
    buyer_ip: str | None = None,
    extras: Mapping[str, object],
) -> OrderContent | None:
    """An order in our words; None: the number is none that we can keep.

    What is said in `extras` belongs to the content: a repeat has to say the same.
    """
    if not OUT_ORDER_NO.fullmatch(number) or not 1 <= quantity <= QUANTITY_MAX:
        return None
    kept = {name: value for name, value in extras.items() if isinstance(value, str) and value}
    return OrderContent(
        out_order_no=number,
        sku=sku,
        quantity=quantity,
        account=recipient,
        max_amount_minor=max_amount_minor,
        buyer_ip=buyer_ip,
        metadata={CHANNEL: account.name, **kept},
    )


def number_of_request(signed: str) -> str:
    """A number for an order that came without one: of this request alone, so that whoever sends it
    once more gets the same order."""
    return f"once-{hashlib.sha256(signed.encode()).hexdigest()[:40]}"
