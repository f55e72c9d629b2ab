"""Reads what a shop sends; every refusal names the member. Pure.

Numbers come as texts and texts as numbers; both are read. Money is read exactly.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from connectors.channels.kakayun.wire import Code, KakayunRefused
from connectors.channels.members import MemberError, minor, web_address, whole, word

ID_MAX: Final = 2**63 - 1
COUNT_MAX: Final = 2**31
ATTACH_MAX: Final = 16
CODES, TOP_UPS = 0, 1  # `goodstype`
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsRequest:
    """A page of goods; None: of all kinds, groups, numbers."""

    goods_type: int | None
    group: int | None
    name: str
    product: str | None
    page: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRequest:
    """An order. `most_minor` bounds the whole of it, in fen; None: not said.

    `fields` are the values of the form, in its order; the first is the account.
    """

    product: str
    quantity: int
    number: str | None
    fields: tuple[str, ...]
    callback_url: str | None
    most_minor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order by our number, the shop's, or both; they have to agree."""

    ours: str | None
    theirs: str | None


def read_create(members: Mapping[str, Any]) -> CreateRequest:
    """Read an order; raises KakayunRefused."""

    def read() -> CreateRequest:
        product = whole(members, "goodsid", 1, ID_MAX)
        quantity = whole(members, "buynum", 1, COUNT_MAX)
        if product is None:
            raise KakayunRefused(Code.NO_GOODS_ID)
        if quantity is None:
            raise KakayunRefused(Code.NO_QUANTITY)
        return CreateRequest(
            product=str(product),
            quantity=quantity,
            number=word(members, "usorderno"),
            fields=_fields(members),
            callback_url=web_address(members, "callbackurl"),
            most_minor=minor(members, "maxmoney"),
        )

    return _reading(read)


def read_order(members: Mapping[str, Any]) -> OrderRequest:
    """Read a question about an order; raises KakayunRefused."""

    def read() -> OrderRequest:
        asked = OrderRequest(ours=word(members, "orderno"), theirs=word(members, "usorderno"))
        if asked.ours is None and asked.theirs is None:
            raise KakayunRefused(Code.NO_NUMBER)
        return asked

    return _reading(read)


def read_goods(members: Mapping[str, Any]) -> GoodsRequest:
    """Read a question for a page; raises KakayunRefused."""

    def read() -> GoodsRequest:
        product = whole(members, "goodsid", 0, ID_MAX)
        return GoodsRequest(
            goods_type=whole(members, "goodstype", CODES, TOP_UPS),
            group=whole(members, "groupid", 0, ID_MAX) or None,
            name=word(members, "goodsname") or "",
            product=str(product) if product else None,
            page=whole(members, "page", 1, COUNT_MAX) or 1,
            limit=whole(members, "limit", 1, 50) or 10,
        )

    return _reading(read)


def read_product(members: Mapping[str, Any]) -> str:
    """The number of a product; raises KakayunRefused."""

    def read() -> str:
        product = whole(members, "goodsid", 1, ID_MAX)
        if product is None:
            raise KakayunRefused(Code.NO_GOODS_ID)
        return str(product)

    return _reading(read)


def _fields(members: Mapping[str, Any]) -> tuple[str, ...]:
    """`attach`: the account as text, or `[{attachtype, value}]`."""
    said = members.get("attach")
    if not isinstance(said, list):
        one = word(members, "attach")
        return () if one is None else (one,)
    if len(said) > ATTACH_MAX or not all(isinstance(each, dict) for each in said):
        raise MemberError("attach")
    return tuple(value for each in said if (value := word(each, "value")) is not None)


def _reading(read: Callable[[], T]) -> T:
    try:
        return read()
    except MemberError as error:
        raise KakayunRefused(Code.BAD_FIELD, str(error)) from None
