"""Our calls to a 卡速售 shop that sells our top-ups, and what the answers say. Pure.

Facts: upstreams.md §14; envelope, headers and signature are §1.2's. `dualOrder` names orders by
their `id`; it has no way to hand codes over, so that these are top-ups only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from connectors.channels.followed import Heard, House, Said, Wish
from connectors.channels.members import MemberError, minor, needed, whole, word
from connectors.exchange import HttpRequest, HttpResponse, ProtocolError
from connectors.kasushou.wire import read_envelope, read_rows, sign_body, sorted_body, told_account
from connectors.loose import yuan
from connectors.secret import Secret

ROOT: Final = "/api/mer/v1/order"
PAGE: Final = 100
KIND: Final = "top-up"
VIRTUAL: Final = 2  # `goods_type`
ID_MAX: Final = 2**63 - 1
ALL, PART = 1, 2  # `backmoney_part`


class Status(IntEnum):
    """`status` of an order."""

    WAITING = 1
    RUNNING = 2
    DONE = 3
    CANCELLED = 4
    REFUNDED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class KasushouSupplySettings:
    """`--set` names: the supplier's account at the shop."""

    userid: str
    apikey: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An order of the shop's, and where it stands there."""

    wish: Wish
    status: int
    is_virtual: bool


def waiting(house: House, page: int) -> HttpRequest:
    """A page of the orders that nobody took over."""
    members = {"status": int(Status.WAITING), "page": page, "limit": PAGE}
    return _call(house, "orderList", members)


def one(house: House, wish: Wish) -> HttpRequest:
    """One order, asked for by the shop's number."""
    members = {"ordersn": wish.number, "page": 1, "limit": PAGE}
    return _call(house, "orderList", members)


def taken(house: House, wish: Wish) -> HttpRequest:
    """That an order is ours to do, said before anything is done."""
    return _dual(house, wish, {"status": int(Status.RUNNING)})


def delivered(house: House, wish: Wish, hints: str) -> HttpRequest:
    """That an order was carried out."""
    members = {"status": int(Status.DONE), "recharge_hints": hints}
    return _dual(house, wish, members)


def given_up(
    house: House, wish: Wish, money_minor: int | None,
    hints: str,
) -> HttpRequest:  # fmt: skip
    """That the buyer gets money back: all of it, or (`money_minor`) a part."""
    members: dict[str, Any] = {"status": int(Status.REFUNDED), "recharge_hints": hints}
    members["backmoney_part"] = ALL if money_minor is None else PART
    if money_minor is not None:
        members["money"] = yuan(money_minor)
    return _dual(house, wish, members)


def read_orders(response: HttpResponse) -> list[Row]:
    """The rows of a list; one that cannot be read is left out. Raises ProtocolError."""
    if not 200 <= response.status < 300:
        raise ProtocolError(f"answered {response.status}")
    envelope = read_envelope(response.body)
    if not envelope.ok:
        raise ProtocolError(f"refused: code {envelope.code[:20]}")
    return [row for members in read_rows(envelope.data) if (row := _row(members)) is not None]


def read_said(response: HttpResponse) -> Said:
    """What `dualOrder` came to."""
    if not 200 <= response.status < 300:
        return Said(heard=Heard.AGAIN, why=f"answered {response.status}")
    try:
        envelope = read_envelope(response.body)
    except ProtocolError as error:
        return Said(heard=Heard.AGAIN, why=str(error))
    if envelope.ok:
        return Said(heard=Heard.DONE)
    # A refusal has no finer code: where the order stands tells more.
    return Said(heard=Heard.REFUSED, why=f"refused: code {envelope.code[:20]}")


def _row(members: Mapping[str, Any]) -> Row | None:
    try:
        goods_id = str(needed(whole(members, "goods_id", 1, ID_MAX), "goods_id"))
        wish = Wish(
            number=needed(word(members, "ordersn"), "ordersn"),
            product=goods_id,
            quantity=needed(whole(members, "quantity", 1, ID_MAX), "quantity"),
            recipient=word(members, "recharge_account")
            or word({"recharge_info": told_account(members.get("recharge_info"))}, "recharge_info"),
            amount_minor=minor(members, "total_price"),
            reference=str(needed(whole(members, "id", 1, ID_MAX), "id")),
            kind=KIND,
        )
        goods_type = whole(members, "goods_type", 0, 99)
        status = str(members.get("status"))
    except MemberError:
        return None
    return Row(
        wish=wish,
        status=int(status) if status.isascii() and status.isdigit() and len(status) < 9 else 0,
        is_virtual=goods_type in (None, VIRTUAL),
    )


def _dual(
    house: House, wish: Wish, members: Mapping[str, Any],
) -> HttpRequest:  # fmt: skip
    return _call(house, "dualOrder", {"ids": [int(wish.reference)], **members})


def _call(
    house: House, what: str, members: Mapping[str, Any],
) -> HttpRequest:  # fmt: skip
    body = sorted_body(members)
    timestamp = str(int(house.now * 1000))
    return HttpRequest(
        method="POST",
        url=f"{house.base_url}{ROOT}/{what}",
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "Sign": sign_body(timestamp, body, house.settings.apikey),
            "Timestamp": timestamp,
            "UserId": house.settings.userid,
        },
        body=body,
    )
