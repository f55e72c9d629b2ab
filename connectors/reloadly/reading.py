"""Reads Reloadly's answers: orders, reports, catalogue rows. Pure functions of parsed JSON."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from connectors.answer import (
    no_news,
    unreadable_submit,
)
from connectors.contract import (
    Ack,
    Answer,
    AnswerKind,
    CallbackEvent,
    CallbackRefused,
    CatalogItem,
    Reason,
)
from connectors.exchange import HttpResponse, ProtocolError
from connectors.loose import as_decimal, as_object, as_text, read_object, to_minor
from connectors.reloadly.wire import (
    REJECTED_CODES,
    SEEN_BEFORE_CODES,
    STATES,
    Service,
    cost_of,
    echo_of,
)


def read_submit(response: HttpResponse) -> Answer:
    """A transaction id is ACCEPTED, a documented refusal REJECTED, anything else UNKNOWN."""
    try:
        answer = read_object(response.body)
    except ProtocolError as error:
        return _read_status(response) or unreadable_submit(response, str(error))
    if response.status not in {200, 201, 202}:
        return _read_error(answer, response)
    number = as_text(answer.get("transactionId")) or as_text(answer.get("id"))
    if number is None:
        return unreadable_submit(response, "the answer has no transaction")
    return replace(read_transaction(answer), kind=AnswerKind.ACCEPTED)


def _read_status(response: HttpResponse) -> Answer | None:
    """A 401 (after a new token) or 403 was not executed, whatever its body says."""
    if response.status not in {401, 403}:
        return None
    code = str(response.status)
    return Answer(kind=AnswerKind.REJECTED, reason=Reason.CREDENTIALS, code=code)


def _read_error(answer: Mapping[str, Any], response: HttpResponse) -> Answer:
    refused = _read_status(response)
    if refused is not None:
        return refused
    code = as_text(answer.get("errorCode")) or ""
    message = as_text(answer.get("message")) or ""
    reason = REJECTED_CODES.get(code)
    if reason is not None:
        return Answer(kind=AnswerKind.REJECTED, reason=reason, code=code, message=message)
    return Answer(
        kind=AnswerKind.UNKNOWN,
        reason=Reason.DUPLICATE if code in SEEN_BEFORE_CODES else Reason.UNREADABLE,
        code=code or str(response.status),
        message=message,
    )


def read_transaction(transaction: Mapping[str, Any], word: str | None = None) -> Answer:
    """A transaction as an order answers it, as a report shows it and as a webhook tells it.

    `word`: its status, where that is told beside it.
    """
    word = word or as_text(transaction.get("status")) or ""
    cost_minor, currency = cost_of(transaction)
    number = as_text(transaction.get("transactionId")) or as_text(transaction.get("id"))
    return Answer(
        # An unknown word is not an end: we ask again.
        kind=STATES.get(word.upper(), AnswerKind.PROCESSING),
        echo=echo_of(transaction),
        upstream_no=number,
        cost_minor=cost_minor,
        currency=currency,
        code=word,
    )


def report_rows(answer: object) -> list[dict[str, Any]]:
    """The rows of a report; raises `ProtocolError` if it is none."""
    content = as_object(answer).get("content") if isinstance(answer, dict) else answer
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise ProtocolError("the answer is no report")
    return content


def page_of(answer: object) -> tuple[list[dict[str, Any]], bool]:
    """The rows of a page, and whether it is the last; a bare list is the only page."""
    last = as_object(answer).get("last") if isinstance(answer, dict) else True
    return report_rows(answer), last is not False


def read_product_row(service: Service, row: Mapping[str, Any]) -> CatalogItem | None:
    """An operator or a gift card. Only a product with a single amount has a face and a cost."""
    gift = service is Service.GIFTCARDS
    number = as_text(row.get("productId")) if gift else None
    number = number or as_text(row.get("operatorId")) or as_text(row.get("id"))
    if number is None:
        return None
    amounts = row.get("fixedSenderDenominations" if gift else "fixedAmounts")
    face = as_decimal(amounts[0]) if isinstance(amounts, list) and len(amounts) == 1 else None
    currency = as_text(row.get("senderCurrencyCode")) or ""
    percent = as_decimal(row.get("discountPercentage" if gift else "commission")) or Decimal(0)
    cost = None if face is None else face * (100 - percent) / 100
    return CatalogItem(
        product_id=f"giftcard-{number}" if gift else number,
        name=as_text(row.get("productName")) or as_text(row.get("name")) or number,
        kind="code" if gift else "topup",
        face_minor=to_minor(face, currency),
        cost_minor=to_minor(cost, currency),
        currency=currency,
        available=(as_text(row.get("status")) or "ACTIVE").upper() == "ACTIVE",
    )


def read_count(rows: list[dict[str, Any]], ours: list[dict[str, Any]]) -> Answer:
    """What a report says that does not hold exactly one transaction of ours."""
    if ours:
        return no_news("several transactions under our number", reason=Reason.SEVERAL)
    if rows:
        return no_news("another order was answered", reason=Reason.ECHO_MISMATCH)
    return Answer(kind=AnswerKind.NOT_FOUND)


def read_event(message: Mapping[str, Any]) -> CallbackEvent:
    """Ids and status, wherever the platform put them: under `data`, `transaction`, or both."""
    data = as_object(message.get("data"))
    inner = as_object(data.get("transaction")) or as_object(message.get("transaction"))
    members = {**message, **data, **inner}
    attempt_no = as_text(members.get("customIdentifier"))
    if attempt_no is None:
        raise CallbackRefused("the webhook names no order", status=400)
    # The status of the envelope is the news; that of the transaction inside may be older.
    word = as_text(data.get("status")) or as_text(members.get("status"))
    answer = read_transaction(members, word)
    if answer.code.upper() not in STATES:  # A word that nobody knows is a reason to ask.
        answer = replace(answer, kind=AnswerKind.UNKNOWN)
    return CallbackEvent(
        ack=Ack(body=b"ok"),
        attempt_no=attempt_no,
        answer=answer,
        trusted=True,
        holds_codes=bool(members.get("pinDetail")),
    )
