"""What the answers and callbacks of a described protocol say."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from connectors.answer import no_news
from connectors.contract import (
    Answer,
    AnswerKind,
    CatalogItem,
    DeliveredCode,
    QueryRequest,
    Reason,
)
from connectors.echo import Echo
from connectors.exchange import ProtocolError
from connectors.generic.parts import Compiled, Seen
from connectors.generic.paths import at, read_amount, rows_at, text_at, text_of
from connectors.generic.protocol import Answers, Codes, Goods, Query, When
from connectors.loose import as_int, read_object
from connectors.secret import Secret


class Verdict(StrEnum):
    """What the code of an answer proves, by the file's lists. The words are the lists'."""

    OK = "ok"
    REFUSED = "refused"
    REFUSED_UPSTREAM = "refused_upstream"
    REFUSED_IF_ABSENT = "refused_if_absent"
    THROTTLED = "throttled"
    DUPLICATE = "duplicate"
    ABSENT = "absent"
    UNKNOWN = "unknown"


_LISTS: Final[tuple[Verdict, ...]] = tuple(one for one in Verdict if one is not Verdict.UNKNOWN)
_REASONS: Final[Mapping[Verdict, Reason]] = {
    # Which of the two it is the file may say; both pause the upstream.
    Verdict.REFUSED_UPSTREAM: Reason.CREDENTIALS,
    Verdict.THROTTLED: Reason.RATE_LIMITED,
    Verdict.DUPLICATE: Reason.DUPLICATE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An answer: `body` as received, and what its code and message prove."""

    body: Mapping[str, Any]
    code: str
    message: str
    verdict: Verdict
    reason: Reason


def read_envelope(body: bytes, words: Answers, query: Query | None = None) -> Envelope:
    """Read an answer; raises `ProtocolError`. `query`: it may have its own lists."""
    answer = read_object(body)
    code = text_at(answer, words.code)
    if code is None:
        raise ProtocolError(f"the answer has no {words.code}")
    message = text_at(answer, words.message) or ""
    lists: dict[Verdict, tuple[str, ...]] = {one: getattr(words, one) for one in _LISTS}
    if query is not None:
        own = {Verdict.OK: query.ok, Verdict.ABSENT: query.absent}
        lists |= {verdict: codes for verdict, codes in own.items() if codes is not None}
    verdict = _verdict(code, message, lists, words)
    named = words.reasons.get(message) or words.reasons.get(code)
    reason = Reason(named) if named else _REASONS.get(verdict, Reason.OTHER)
    return Envelope(body=answer, code=code, message=message, verdict=verdict, reason=reason)


def _verdict(
    code: str, message: str, lists: Mapping[Verdict, tuple[str, ...]], words: Answers
) -> Verdict:
    """A success is a success whatever it says; a whole message says more than a code; a code that
    is in no list proves nothing.
    """
    if code in lists[Verdict.OK]:
        return Verdict.OK
    if message.strip() in words.texts:
        return Verdict(words.texts[message.strip()])
    return next((verdict for verdict, codes in lists.items() if code in codes), Verdict.UNKNOWN)


# --- orders ---------------------------------------------------------------------------------------


def read_order(order: Any, seen: Seen, currency: str, *, buys_codes: bool = False,
               code_states: Mapping[str, str] | None = None) -> Answer:  # fmt: skip
    """What is said of an order; raises `ProtocolError` if its state is not there.

    A state that nobody knows is no end: PROCESSING, and it is asked for again.
    """
    word = text_at(order, seen.state)
    if word is None:
        raise ProtocolError(f"the answer has no {seen.state}")
    states = {**seen.states, **(code_states or {})} if buys_codes else seen.states
    told = read_sums(order, seen, currency)
    return replace(
        told,
        kind=AnswerKind(states.get(word, "processing")),
        code=word,
        message=text_at(order, seen.message) or "",
    )


def read_sums(order: Any, seen: Seen, currency: str) -> Answer:
    """What an answer says it is about, its numbers and its sums; no word of what became of it."""
    refunded = seen.refunded.minor(order, currency) if seen.refunded else None
    if refunded is not None and not is_one_of(order, seen.refunded_when):
        refunded = 0
    delivered = seen.delivered
    face = delivered.minor(order, currency) if delivered and delivered.unit else None
    return Answer(
        kind=AnswerKind.UNKNOWN,
        echo=Echo(
            order_no=text_at(order, seen.echo.attempt),
            account=text_at(order, seen.echo.account),
            product=text_at(order, seen.echo.product),
            quantity=as_int(at(order, seen.echo.quantity)),
        ),
        upstream_no=text_at(order, seen.upstream_no),
        cost_minor=seen.cost.minor(order, currency) if seen.cost else None,
        refunded_minor=refunded,
        delivered_quantity=delivered.count(order) if delivered and not delivered.unit else None,
        delivered_face_minor=face,
    )


def is_one_of(value: Any, when: When | None) -> bool:
    """Whether a member has one of the values that count; without a condition all do."""
    return when is None or text_at(value, when.at) in when.values


def read_query(protocol: Compiled, envelope: Envelope, request: QueryRequest) -> Answer:
    """The order of an answer to a query; raises `ProtocolError`."""
    query, order = protocol.protocol.query, envelope.body
    if query.rows:
        found = _ours(envelope, query, request)
        if isinstance(found, Answer):
            return found
        order = found
    answer = read_order(
        order, protocol.queried, protocol.currency,
        buys_codes=request.account is None, code_states=query.code_states,
    )  # fmt: skip
    if answer.kind is AnswerKind.REVERSED and not request.succeeded_before:
        answer = replace(answer, kind=AnswerKind.FAILED)
    return replace(answer, codes=read_codes(order, query.codes))


def _ours(envelope: Envelope, query: Query, request: QueryRequest) -> Mapping[str, Any] | Answer:
    """The one row under our number, or what its absence or its company says."""
    rows = rows_at(envelope.body, query.rows)
    if rows is None or not all(isinstance(row, dict) for row in rows):
        raise ProtocolError(f"the answer has no list {query.rows}")
    if not rows:
        return Answer(kind=AnswerKind.NOT_FOUND, message=envelope.message)
    ours = [row for row in rows if text_at(row, query.echo.attempt) == request.attempt_no]
    if not ours:
        return no_news("another order was answered", reason=Reason.ECHO_MISMATCH)
    if len(ours) > 1:
        return no_news("several orders under our number", reason=Reason.SEVERAL)
    return dict(ours[0])


def read_codes(order: Any, places: Codes | None) -> tuple[DeliveredCode, ...]:
    """The codes of an order: objects, or texts that are kept whole."""
    if places is None:
        return ()
    found = at(order, places.rows)
    cards = found if isinstance(found, list) else []
    return tuple(code for card in cards if (code := _read_code(card, places)) is not None)


def _read_code(card: Any, places: Codes) -> DeliveredCode | None:
    if not isinstance(card, Mapping):
        text = text_of(card)
        return DeliveredCode(code=Secret(text)) if text else None
    code, pin = text_at(card, places.code), text_at(card, places.pin)
    first, second = (code, pin) if code else (pin, None)
    if first is None:
        return None
    return DeliveredCode(code=Secret(first), pin=Secret(second) if second else None)


# --- goods ----------------------------------------------------------------------------------------


def read_goods(row: Any, goods: Goods, currency: str) -> CatalogItem | None:
    """A product of the list; None: it has no id."""
    product_id = text_at(row, goods.id)
    if product_id is None:
        return None
    sells_codes = goods.sells_codes is not None and is_one_of(row, goods.sells_codes)
    return CatalogItem(
        product_id=product_id,
        name=text_at(row, goods.name) or product_id,
        kind="code" if sells_codes else "topup",
        face_minor=_minor(row, goods.face, currency),
        cost_minor=_minor(row, goods.cost, currency),
        currency=currency,
        available=is_one_of(row, goods.available),
    )


def _minor(row: Any, place: str, currency: str) -> int | None:
    return read_amount(place).minor(row, currency) if place else None
