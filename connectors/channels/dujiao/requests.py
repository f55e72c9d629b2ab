"""Reads what the site asks; every refusal names the member. Pure.

Types are strict, as its own server's are: a number written as text is a bad request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from connectors.channels.dujiao.wire import DujiaoRefused, Error
from connectors.channels.members import MemberError, integer, needed, text, web_address
from connectors.exchange import ProtocolError
from connectors.loose import read_object

ID_MAX: Final = 2**63 - 1
QUANTITY_MAX: Final = 2**31
PAGE_SIZE: Final = 20
PAGE_SIZE_MAX: Final = 100
ACCOUNT: Final = "account"  # the field of our form: see answers.FORM


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductsRequest:
    """A page of products; those changed after `updated_after`, None: all."""

    page: int
    page_size: int
    include_inactive: bool
    updated_after: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRequest:
    """An order. `account` is what the form was filled in with; `downstream_order_no` None: the
    site has no number for it."""

    sku_id: int
    quantity: int
    account: str | None
    downstream_order_no: str | None
    callback_url: str | None


def read_products(query: str) -> ProductsRequest:
    """Read a list's query; raises DujiaoRefused."""
    # `+08:00` comes unescaped, and must not be read as a blank.
    fields = dict(parse_qsl(query.replace("+", "%2B"), keep_blank_values=True))
    after = fields.get("updated_after")
    try:
        updated_after = datetime.fromisoformat(unquote(after)) if after else None
    except ValueError:
        raise _wrong("updated_after") from None
    if updated_after is not None and updated_after.tzinfo is None:
        raise _wrong("updated_after")
    return ProductsRequest(
        page=_page(fields, "page", 1, ID_MAX),
        page_size=min(_page(fields, "page_size", PAGE_SIZE, ID_MAX), PAGE_SIZE_MAX),
        include_inactive=fields.get("include_inactive") in {"true", "1"},
        updated_after=updated_after,
    )


def read_create(body: bytes) -> CreateRequest:
    """Read an order; raises DujiaoRefused."""
    try:
        members = read_object(body)
    except ProtocolError:
        raise _wrong("the body is no JSON object") from None
    try:
        callback_url = web_address(members, "callback_url")
    except MemberError:
        raise DujiaoRefused(400, Error.INVALID_CALLBACK_URL) from None
    try:
        return CreateRequest(
            sku_id=needed(integer(members, "sku_id", 1, ID_MAX), "sku_id"),
            quantity=needed(integer(members, "quantity", 1, QUANTITY_MAX), "quantity"),
            account=_account(members.get("manual_form_data")),
            downstream_order_no=text(members, "downstream_order_no"),
            callback_url=callback_url,
        )
    except MemberError as error:
        raise _wrong(str(error)) from None


def _account(form: object) -> str | None:
    """The field of that name, or the only one there is."""
    if form is None:
        return None
    if not isinstance(form, Mapping):
        raise MemberError("manual_form_data")
    filled: Mapping[str, Any] = form
    name = ACCOUNT if ACCOUNT in filled else next(iter(filled), ACCOUNT)
    if name != ACCOUNT and len(filled) > 1:
        raise MemberError("manual_form_data")
    return text(filled, name)


def _page(fields: Mapping[str, str], name: str, usual: int, highest: int) -> int:
    """A number of a page; what is none is the usual one, as the site's own server has it."""
    said = fields.get(name, "")
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        return usual
    return min(int(said), highest) or usual


def _wrong(name: str) -> DujiaoRefused:
    return DujiaoRefused(400, Error.BAD_REQUEST, name)
