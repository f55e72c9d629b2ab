"""Reads what a shop sends; every refusal names the member. Pure.

Shops write numbers as texts and texts as numbers; both are read. Money is read exactly.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from connectors.channels.kasushou.wire import KasushouRefused
from connectors.channels.members import MemberError, minor, needed, text, web_address, whole, word

ID_MAX: Final = 2**63 - 1
COUNT_MAX: Final = 2**31
NUMBERS_MAX: Final = 50  # orders asked for at once
ATTACH_MAX: Final = 16  # fields of a form
DAYS: Final = 30
ACCOUNT: Final = "recharge_account"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsListRequest:
    """A page of goods; `category` None: of all."""

    category: int | None
    keyword: str
    page: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyRequest:
    """An order. `safe_price_minor` bounds the price of one, in fen; None: not said.

    `account` is the form's first field, `labels` the others. `number` None: the shop has none.
    """

    product: str
    quantity: int
    number: str | None
    safe_price_minor: int | None
    url: str | None
    mark: str | None
    account: str | None
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoRequest:
    """Orders by the shop's numbers or by ours, of the last so many days (0: of all)."""

    theirs: tuple[str, ...]
    ours: tuple[str, ...]
    days: int


def read_buy(members: Mapping[str, Any]) -> BuyRequest:
    """Read an order; raises KasushouRefused."""

    def read() -> BuyRequest:
        form = _form(members.get("attach"))
        name = ACCOUNT if ACCOUNT in form else next(iter(sorted(form)), ACCOUNT)
        return BuyRequest(
            product=str(needed(whole(members, "id", 1, ID_MAX), "id")),
            quantity=needed(whole(members, "quantity", 1, COUNT_MAX), "quantity"),
            number=word(members, "external_orderno"),
            safe_price_minor=minor(members, "safe_price"),
            url=web_address(members, "url"),
            mark=text(members, "mark"),
            account=form.get(name),
            labels={label: value for label, value in form.items() if label != name},
        )

    return _reading(read)


def read_info(members: Mapping[str, Any]) -> InfoRequest:
    """Read a question for orders; raises KasushouRefused."""

    def read() -> InfoRequest:
        days = whole(members, "day", 0, COUNT_MAX)
        theirs, ours = _numbers(members, "external_orderno"), _numbers(members, "ordersn")
        if not theirs and not ours:
            raise MemberError("external_orderno")
        return InfoRequest(theirs=theirs, ours=ours, days=DAYS if days is None else days)

    return _reading(read)


def read_goods_list(members: Mapping[str, Any]) -> GoodsListRequest:
    """Read a question for a page; raises KasushouRefused."""
    return _reading(
        lambda: GoodsListRequest(
            category=whole(members, "cate_id", 0, ID_MAX) or None,
            keyword=word(members, "keyword") or "",
            page=whole(members, "page", 1, COUNT_MAX) or 1,
            limit=whole(members, "limit", 1, 100) or 10,
        )
    )


def read_product(members: Mapping[str, Any], name: str) -> str:
    """The number of a product; raises KasushouRefused."""
    return _reading(lambda: str(needed(whole(members, name, 1, ID_MAX), name)))


def read_number(members: Mapping[str, Any], name: str) -> str:
    """The number of an order; raises KasushouRefused."""
    return _reading(lambda: needed(word(members, name), name))


def _reading(read: Callable[[], T]) -> T:
    try:
        return read()
    except MemberError as error:
        raise KasushouRefused(f"参数错误: {error}") from None


def _numbers(members: Mapping[str, Any], name: str) -> tuple[str, ...]:
    said = word(members, name, 65 * NUMBERS_MAX) or ""
    numbers = tuple(dict.fromkeys(filter(None, (one.strip() for one in said.split(",")))))
    if len(numbers) > NUMBERS_MAX:
        raise MemberError(name)
    return numbers


def _form(attach: object) -> dict[str, str]:
    if attach is None or attach in ("", []):
        return {}
    if not isinstance(attach, dict) or len(attach) > ATTACH_MAX:
        raise MemberError("attach")
    read = {name: word(attach, name) for name in attach}
    if not all(name.isascii() and name.isprintable() and len(name) <= 32 for name in read):
        raise MemberError("attach")
    return {name: value for name, value in read.items() if value is not None}
