"""What DingConnect's answers say."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.answer import (
    expect_ok,
    no_news,
    throttled_submit,
    unreadable_submit,
)
from connectors.contract import Answer, AnswerKind, Context, Reason, UpstreamRefused
from connectors.dingconnect.wire import (
    DUPLICATE,
    INVALID,
    OK,
    PARTIAL,
    RATE_LIMITED,
    REJECTED_CODES,
    Envelope,
    cost_of,
    distributor_ref,
    echo_of,
    pin_of,
    read_envelope,
    state_of,
    transfer_ref,
)
from connectors.exchange import HttpResponse, ProtocolError
from connectors.loose import as_object, as_objects

SUBMIT_KINDS: Mapping[AnswerKind, AnswerKind] = {
    AnswerKind.SUCCESS: AnswerKind.SUCCESS,
    AnswerKind.FAILED: AnswerKind.REJECTED,
    AnswerKind.CANCELLED: AnswerKind.REJECTED,
}


def read_answer(response: HttpResponse, context: Context) -> Answer:
    """What the HTTP status says by itself (not much), then the envelope."""
    throttled = throttled_submit(response, context.now)
    if throttled is not None:
        return throttled
    if response.status in {401, 403}:
        return Answer(
            kind=AnswerKind.REJECTED, reason=Reason.CREDENTIALS, code=str(response.status)
        )
    try:
        envelope = read_envelope(response.body)
    except ProtocolError as error:
        return unreadable_submit(response, str(error))
    return read_submit(envelope)


def read_submit(envelope: Envelope) -> Answer:
    """The record's state if it has ended or runs; without one, what the error codes say."""
    record = as_object(envelope.members.get("TransferRecord"))
    codes = {code for code, _ in envelope.errors}
    if DUPLICATE in codes:
        return outcome(AnswerKind.UNKNOWN, Reason.DUPLICATE, envelope)
    if RATE_LIMITED in codes:
        return outcome(AnswerKind.NOT_SENT, Reason.RATE_LIMITED, envelope)
    read = read_record(record)
    if read.code and (not codes or read.kind is AnswerKind.FAILED):
        kind = SUBMIT_KINDS.get(read.kind, AnswerKind.ACCEPTED)
        reason = reason_of(envelope) if kind is AnswerKind.REJECTED else None
        return replace(read, kind=kind, reason=reason, code=envelope.code, message=envelope.message)
    reasons = {REJECTED_CODES.get(code) for code in codes}
    if codes and envelope.result_code == INVALID:
        # Invalid by the platform's own class: no code of it was ever executed.
        reasons = {reason or Reason.INVALID_REQUEST for reason in reasons}
    if reasons and None not in reasons and transfer_ref(record) is None:
        return outcome(AnswerKind.REJECTED, reason_of(envelope), envelope)
    return outcome(AnswerKind.UNKNOWN, Reason.UNREADABLE, envelope)


def reason_of(envelope: Envelope) -> Reason:
    """Why DingConnect refused, in the words of the contract."""
    return REJECTED_CODES.get(envelope.code, Reason.OTHER)


def outcome(kind: AnswerKind, reason: Reason, envelope: Envelope) -> Answer:
    """An answer of this kind, with their code and message."""
    return Answer(kind=kind, reason=reason, code=envelope.code, message=envelope.message)


def read_record(record: Mapping[str, Any]) -> Answer:
    """A transfer as SendTransfer answers it and as ListTransferRecords shows it."""
    kind, word = state_of(record)
    cost_minor, currency = cost_of(record)
    return Answer(
        kind=kind,
        echo=echo_of(record),
        upstream_no=transfer_ref(record),
        cost_minor=cost_minor,
        currency=currency,
        codes=pin_of(record) if kind is AnswerKind.SUCCESS else (),
        code=word,
    )


def read_records(items: list[Any], attempt_no: str) -> Answer:
    """The one live record under our number; failed tries beside it do not count."""
    records = [as_object(item.get("TransferRecord")) or item for item in as_objects(items)]
    ours = [record for record in records if distributor_ref(record) == attempt_no]
    if not ours:
        if items:
            return no_news("another order was answered", reason=Reason.ECHO_MISMATCH)
        return Answer(kind=AnswerKind.NOT_FOUND)
    dead = {AnswerKind.FAILED, AnswerKind.CANCELLED}
    live = [record for record in ours if state_of(record)[0] not in dead]
    if len(live) > 1:
        # No de-duplication: each of them was paid. Which one counts is for a person.
        return no_news("several transfers under our number", reason=Reason.SEVERAL)
    return read_record((live or ours)[0])


def read_ok(response: HttpResponse) -> Envelope:
    """The envelope of a call that worked; raises `UpstreamRefused` or `ProtocolError`."""
    if response.status in {401, 403, 429}:
        expect_ok(response)
    envelope = read_envelope(response.body)
    if envelope.result_code not in {OK, PARTIAL}:
        raise UpstreamRefused(reason_of(envelope), envelope.code, envelope.message)
    return envelope
