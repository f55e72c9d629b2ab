"""Our calls to Agiso, and what their answers say. Pure.

A confirmation that is repeated must be harmless, so that whatever is not certain is asked again:
HTTP errors, `AllowRetry`. "Already" in a refusal's text means that it was done, if it is about what
was asked: an order that is refunded already was not delivered, and "do not repeat" says nothing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from connectors.channels.agiso.pushes import QUANTITY_MAX, Kind, product_key
from connectors.channels.agiso.wire import sign_call
from connectors.channels.card import Card
from connectors.channels.followed import Heard, House, Said, Wish
from connectors.channels.members import MemberError, needed, whole, word
from connectors.exchange import HttpRequest, HttpResponse, ProtocolError
from connectors.loose import as_int, as_object, as_objects, as_text, read_object
from connectors.signing import compact_json, form_text

DONE_OF_SENDING: Final = re.compile(r"已发货|已完成|重复发货|already (?:sent|shipped|delivered)")
DONE_OF_REFUND: Final = re.compile(r"已退款|重复退款|already refunded")
BACK: Final = re.compile(r"退款|refund")
RISKY: Final = 10001  # `riskCode`: do not deliver
PHONE: Final = 2  # `coType`
PAID: Final = 30  # `status` of 快手
PRICE_MAX: Final = 10**12  # fen
# Under which names the recipient was seen.
RECIPIENTS: Final = ("rechargeAccount", "chargeAccount", "account", "mobile", "phone")
# How an order is confirmed, and given up; None: there is no way.
SEND: Final[Mapping[str, str]] = {
    Kind.JD_GAME: "aldsJd/GameCard/RechargeSend",
    Kind.JD_TRADE: "aldsJd/Vtp/Send",
    Kind.KWAI_PHONE: "aldsKwai/PhoneRecharge/FinishTrade",
    Kind.KWAI_CARD: "aldsKwai/VipOilCard/FinishTrade",
    Kind.KWAI_OTHER: "aldsKwai/Order/DummySend",
}
GIVE_UP: Final[Mapping[str, str]] = {
    Kind.JD_GAME: "aldsJd/GameCard/Refund",
    Kind.JD_TRADE: "aldsJd/Vtp/Refund",
    Kind.KWAI_PHONE: "aldsKwai/PhoneRecharge/CancelTrade",
    Kind.KWAI_CARD: "aldsKwai/VipOilCard/CancelTrade",
}
SEND_CARDS: Final = "aldsJd/GameCard/CardSend"
DETAIL: Final = "aldsKwai/Order/Detail"
_BY_KUAISHOU_ID: Final = frozenset({Kind.KWAI_PHONE, Kind.KWAI_CARD})


def delivered(house: House, wish: Wish, cards: Sequence[Card]) -> HttpRequest:
    """The confirmation of an order: of a top-up, or with the codes."""
    fields = _reference(wish)
    path = SEND[wish.kind]
    if cards:
        path = SEND_CARDS if wish.kind == Kind.JD_GAME else path
        fields["cardJson"] = compact_json([_card(card) for card in cards])
    return _call(house, path, fields)


def given_up(house: House, wish: Wish, reason: str) -> HttpRequest | None:
    """That an order cannot be delivered; None: a person has to say so."""
    path = GIVE_UP.get(wish.kind)
    if path is None:
        return None
    fields = _reference(wish)
    if wish.kind in _BY_KUAISHOU_ID:
        fields["reason"] = reason
    return _call(house, path, fields)


def detail(house: House, wish: Wish) -> HttpRequest:
    """A 快手 order, asked for."""
    return _call(house, DETAIL, {"tid": wish.reference})


def read_sent(response: HttpResponse) -> Said:
    """What the confirmation of a delivery came to. One about a refund is never done: the buyer has
    the money back, and the goods."""
    return _read_said(response, lambda text: DONE_OF_SENDING.search(text) and not BACK.search(text))


def read_refunded(response: HttpResponse) -> Said:
    """What giving up came to."""
    return _read_said(response, DONE_OF_REFUND.search)


def _read_said(response: HttpResponse, is_done: Callable[[str], object]) -> Said:
    try:
        answer = _answer(response)
    except ProtocolError as error:
        return Said(heard=Heard.AGAIN, why=str(error))
    if answer["issuccess"] is True:
        return Said(heard=Heard.DONE)
    if is_done(str(answer.get("error_msg") or "").lower()):
        return Said(heard=Heard.DONE, why="it was done before")
    heard = Heard.AGAIN if answer.get("allowretry") is True else Heard.REFUSED
    code = as_text(answer.get("error_code")) or "no code"
    return Said(heard=heard, why=f"refused: {code[:40]}")


def read_detail(wish: Wish, response: HttpResponse) -> Wish | Said:
    """The whole of a 快手 order; or why it is not to be delivered now."""
    try:
        answer = _answer(response)
    except ProtocolError as error:
        return Said(heard=Heard.AGAIN, why=str(error))
    if answer["issuccess"] is not True:
        return read_refunded(response)
    data = as_object(answer.get("data"))
    item, base = as_object(data.get("orderItemInfo")), as_object(data.get("orderBaseInfo"))
    against = _against(base, data)
    try:
        sku_id = needed(word(item, "skuId"), "product")
        quantity = needed(whole(item, "num", 1, QUANTITY_MAX), "product")
        price = needed(whole(item, "price", 0, PRICE_MAX), "price")
        recipient = _recipient(base) or _recipient(item) or _recipient(data)
    except MemberError as error:
        return Said(heard=Heard.REFUSED, why=against or f"its detail has no {error}")
    if against:
        return Said(heard=Heard.REFUSED, why=against)
    kind = Kind.KWAI_CARD if recipient else Kind.KWAI_OTHER
    return replace(
        wish,
        product=product_key("AldsKwai", sku_id),
        quantity=quantity,
        recipient=recipient,
        amount_minor=price * quantity,
        kind=Kind.KWAI_PHONE if as_int(base.get("coType")) == PHONE else kind,
    )


def _against(base: Mapping[str, Any], data: Mapping[str, Any]) -> str | None:
    """Why an order is not to be delivered."""
    if as_int(base.get("riskCode")) == RISKY:
        return "the platform marks it as risky"
    if as_objects(data.get("orderRefundList")):
        return "a refund was asked for"
    return None if as_int(base.get("status")) in (None, PAID) else "it is not paid, or over"


def _reference(wish: Wish) -> dict[str, str]:
    name = "ksOrderId" if wish.kind in _BY_KUAISHOU_ID else "tid"
    return {name: wish.reference}


def _recipient(members: Mapping[str, Any]) -> str | None:
    return next((text for name in RECIPIENTS if (text := word(members, name))), None)


def _card(card: Card) -> dict[str, str]:
    number = "" if card.card_no is None else card.card_no.reveal()
    return {"cardno": number, "cardpass": card.card_pwd.reveal()}


def _call(house: House, path: str, fields: Mapping[str, str]) -> HttpRequest:
    signed = {**fields, "timestamp": str(int(house.now))}
    signed["sign"] = sign_call(house.settings, signed)
    return HttpRequest(
        method="POST",
        url=f"{house.base_url}/{path}",
        headers={
            "content-type": "application/x-www-form-urlencoded; charset=utf-8",
            "Authorization": f"Bearer {house.settings.access_token.reveal()}",
            "ApiVersion": "1",
        },
        body=form_text(signed).encode(),
    )


def _answer(response: HttpResponse) -> dict[str, Any]:
    """The members by lower-case names: some pages have them in camelCase. Raises ProtocolError."""
    if not 200 <= response.status < 300:
        raise ProtocolError(f"answered {response.status}")
    answer = {name.lower(): value for name, value in read_object(response.body).items()}
    if not isinstance(answer.get("issuccess"), bool):
        raise ProtocolError("the answer does not say whether it succeeded")
    return answer
