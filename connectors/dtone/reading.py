"""What DT One's answers say."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.answer import (
    no_news,
    throttled_submit,
    unreadable_submit,
)
from connectors.contract import Answer, AnswerKind, Context, QueryRequest, Reason
from connectors.dtone.wire import (
    CREATED,
    EXTERNAL_ID_USED,
    TRANSACTION_NOT_FOUND,
    echo_of,
    errors_of,
    pin_of,
    price_of,
    refusal_reason,
    status_of,
)
from connectors.exchange import HttpResponse, ProtocolError
from connectors.loose import (
    as_int,
    as_object,
    as_objects,
    as_text,
    read_json,
    read_object,
)

# What a transaction's state says when it is the answer of its own submit.
SUBMIT_KINDS: Mapping[AnswerKind, AnswerKind] = {
    AnswerKind.SUCCESS: AnswerKind.SUCCESS,
    AnswerKind.FAILED: AnswerKind.REJECTED,
    AnswerKind.CANCELLED: AnswerKind.REJECTED,
}


def read_submit(response: HttpResponse, context: Context) -> Answer:
    """What a submit was answered with; UNKNOWN where it may have been executed."""
    throttled = throttled_submit(response, context.now)
    if throttled is not None:
        return throttled
    try:
        answer = read_json(response.body)
    except ProtocolError as error:
        answer, unreadable = {}, str(error)
    else:
        unreadable = ""
    if response.status not in {200, 201, 202}:
        return read_refused(answer, response, unreadable)
    transaction = as_object(answer)
    if as_text(transaction.get("id")) is None or "status" not in transaction:
        return unreadable_submit(response, unreadable or "the answer is no transaction")
    read = read_transaction(transaction)
    kind = SUBMIT_KINDS.get(read.kind, AnswerKind.ACCEPTED)
    return replace(read, kind=kind, reason=Reason.OTHER if kind is AnswerKind.REJECTED else None)


def read_refused(answer: object, response: HttpResponse, unreadable: str) -> Answer:
    """An error body: refused only if every code in it is an explicit refusal."""
    errors = errors_of(answer)
    reasons = [refusal_reason(code) for code, _ in errors]
    code, message = errors[0] if errors else (str(response.status), unreadable)
    if not errors and response.status in {401, 403}:
        reasons = [Reason.CREDENTIALS]
    if reasons and reasons[0] is not None and None not in reasons:
        return Answer(kind=AnswerKind.REJECTED, reason=reasons[0], code=code, message=message)
    reason = Reason.DUPLICATE if code == EXTERNAL_ID_USED else Reason.UNREADABLE
    return Answer(kind=AnswerKind.UNKNOWN, reason=reason, code=code, message=message)


def read_list(answer: list[Any], request: QueryRequest) -> Answer:
    """The one transaction under our number, or that there is none."""
    transactions = as_objects(answer)
    ours = [t for t in transactions if as_text(t.get("external_id")) == request.attempt_no]
    if not answer:
        return Answer(kind=AnswerKind.NOT_FOUND)
    if not ours:
        return no_news("another order was answered", reason=Reason.ECHO_MISMATCH)
    if len(ours) > 1:
        return no_news("several transactions under our number", reason=Reason.SEVERAL)
    return read_transaction(ours[0])


def read_query_error(answer: object, response: HttpResponse) -> Answer:
    """NOT_FOUND only by the platform's own word for it; a bare 404 may be a wrong base URL."""
    errors = errors_of(answer)
    if response.status == 404 and {code for code, _ in errors} == {TRANSACTION_NOT_FOUND}:
        return Answer(kind=AnswerKind.NOT_FOUND, code=TRANSACTION_NOT_FOUND)
    code, message = errors[0] if errors else (str(response.status), "")
    return no_news(message, reason=Reason.OTHER, code=code)


def read_transaction(transaction: Mapping[str, Any]) -> Answer:
    """A transaction as a submit answers it, as a query shows it and as a callback tells it."""
    kind, word = status_of(transaction)
    price_minor, currency = price_of(transaction)
    return Answer(
        kind=kind,
        echo=echo_of(transaction),
        upstream_no=as_text(transaction.get("id")),
        cost_minor=price_minor,
        currency=currency,
        codes=pin_of(transaction) if kind is AnswerKind.SUCCESS else (),
        code=word,
    )


def is_created(response: HttpResponse) -> bool:
    """Whether the answer is that of a transaction made, and not confirmed yet."""
    status = as_object(read_object(response.body).get("status"))
    return as_int(as_object(status.get("class")).get("id")) == CREATED
