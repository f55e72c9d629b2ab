"""What Kasushou's answers and callbacks say."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.answer import (
    expect_ok,
    no_news,
)
from connectors.contract import (
    Answer,
    AnswerKind,
    DeliveredCode,
    QueryRequest,
    Reason,
    UpstreamRefused,
)
from connectors.echo import Echo
from connectors.exchange import HttpResponse
from connectors.kasushou.wire import (
    DUPLICATE_TEXTS,
    STATES,
    Envelope,
    read_codes,
    read_envelope,
    told_account,
)
from connectors.loose import as_text, to_minor

# Words of a 400 that tell more than "no" (assumption: the texts are the shops' own).
REFUSAL_TEXTS: tuple[tuple[str, Reason], ...] = (
    ("余额不足", Reason.INSUFFICIENT_BALANCE),
    ("签名", Reason.CREDENTIALS),
    ("价格", Reason.PRICE_CHANGED),
    ("safe_price", Reason.PRICE_CHANGED),
    ("账号", Reason.INVALID_ACCOUNT),
    ("商品", Reason.PRODUCT_UNAVAILABLE),
    ("库存", Reason.PRODUCT_UNAVAILABLE),
)


def refused(envelope: Envelope) -> Answer:
    """What a refusal says, before anybody has looked: UNKNOWN."""
    by_text = (reason for text, reason in REFUSAL_TEXTS if text in envelope.message)
    duplicate = any(text in envelope.message for text in DUPLICATE_TEXTS)
    return Answer(
        kind=AnswerKind.UNKNOWN,
        reason=Reason.DUPLICATE if duplicate else next(by_text, Reason.OTHER),
        code=envelope.code,
        message=envelope.message,
    )


def read_ours(rows: Sequence[Mapping[str, Any]], request: QueryRequest) -> Answer:
    """The one order under our number."""
    ours = [row for row in rows if as_text(row.get("external_orderno")) == request.attempt_no]
    if not rows:
        return Answer(kind=AnswerKind.NOT_FOUND)
    if not ours:
        return no_news("another order was answered", reason=Reason.ECHO_MISMATCH)
    if len(ours) > 1:
        return no_news("several orders under our number", reason=Reason.SEVERAL)
    answer = read_order(ours[0], codes=read_codes(ours[0].get("card_list")))
    if answer.kind is AnswerKind.REVERSED and not request.succeeded_before:
        return replace(answer, kind=AnswerKind.FAILED)
    return answer


def news(callback: Mapping[str, Any]) -> Answer:
    """A callback's answer: a status that nobody knows is a reason to ask."""
    answer = read_order(callback)
    return answer if answer.code in STATES else replace(answer, kind=AnswerKind.UNKNOWN)


def read_order(order: Mapping[str, Any], *, codes: tuple[DeliveredCode, ...] = ()) -> Answer:
    """An order as order/info, the answer to order/buy and a callback show it, all alike."""
    word = text(order.get("status")) or ""
    return Answer(
        # An unknown status is not an end: we ask again.
        kind=STATES.get(word, AnswerKind.PROCESSING),
        echo=Echo(
            order_no=text(order.get("external_orderno")),
            account=told_account(order.get("recharge_info")),
        ),
        upstream_no=text(order.get("ordersn")),
        cost_minor=to_minor(order.get("total_price")),
        refunded_minor=to_minor(order.get("has_back_money")),
        codes=codes,
        code=word,
        message=text(order.get("recharge_hints")) or "",
    )


def read_ok(response: HttpResponse) -> Envelope:
    """The envelope of a call that worked; raises `UpstreamRefused` or `ProtocolError`."""
    expect_ok(response)
    envelope = read_envelope(response.body)
    if not envelope.ok:
        reason = refused(envelope).reason or Reason.OTHER
        raise UpstreamRefused(reason, envelope.code, envelope.message)
    return envelope


def text(value: object) -> str | None:
    """Text of a callback's member, whose numbers are texts of a kind of their own."""
    text = as_text(value)
    return str(text) if text is not None else None
