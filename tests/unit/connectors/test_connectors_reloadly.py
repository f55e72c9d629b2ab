"""What is bought at Reloadly and for how much: upstreams.md §1.6 and §9."""

from typing import Any

import pytest

from connectors.contract import AnswerKind, Reason, SubmitRequest
from connectors.denomination import split_product
from connectors.exchange import HttpResponse
from connectors.reloadly.connector import Reloadly
from connectors.reloadly.countries import COUNTRY_BY_CALLING_CODE, country_of
from connectors.reloadly.wire import (
    ReloadlySettings,
    Service,
    read_product,
)
from connectors.secret import Secret
from tests.world.connector_play import deal, ok, play
from tests.world.reloadly_samples import (
    BASE,
    CARDS,
    NUMBER,
    RELOADLY,
    TOP_UP,
    gift,
    ready,
    topup,
)


@pytest.mark.parametrize(
    ("product_id", "service", "number", "amount"),
    [
        ("88", Service.TOPUPS, "88", None),
        ("operator-88", Service.TOPUPS, "88", None),
        ("operator:88", Service.TOPUPS, "88", None),
        ("giftcard-120", Service.GIFTCARDS, "120", None),
        ("giftcard:120", Service.GIFTCARDS, "120", None),
        ("giftcard-120@25.50", Service.GIFTCARDS, "120", "25.50"),
        ("88@10USD", Service.TOPUPS, "88", "10"),
        ("88@ten", Service.TOPUPS, "88@ten", None),  # no amount: for the platform to refuse
    ],
)
def test_product_ids(product_id: str, service: Service, number: str, amount: str | None) -> None:
    """The prefix tells the service, `@` the amount; a bare number is an operator."""
    product = read_product(product_id)
    assert (product.service, product.number) == (service, number)
    assert (product.denomination and str(product.denomination.amount)) == amount


def test_denominations_keep_their_currency() -> None:
    """`@5.00USD` is an amount of dollars, `@5` of whatever the account has."""
    _, dollars = split_product("1@5.00USD")
    _, own = split_product("1@5")
    assert dollars is not None
    assert own is not None
    assert (dollars.currency, own.currency) == ("USD", None)


OPERATOR = {
    "operatorId": 88,
    "senderCurrencyCode": "USD",
    "destinationCurrencyCode": "NGN",
    "supportsLocalAmounts": True,
    "fixedAmounts": [],
}


@pytest.mark.parametrize(
    ("face_minor", "currency", "operator", "amount", "local"),
    [
        (1000, "USD", OPERATOR, 10, False),  # the account's currency
        (500_050, "NGN", OPERATOR, 5000.5, True),  # the destination's
        (None, "CNY", {**OPERATOR, "fixedAmounts": [7.5]}, 7.5, False),  # the only amount there is
    ],
)
def test_amounts_fit_the_operators_currencies(
    face_minor: int | None, currency: str, operator: dict[str, Any], amount: float, *, local: bool
) -> None:
    """A face goes out in a currency that the operator has, and says in which."""
    request = SubmitRequest(
        attempt_no="T1", product_id="88", account=NUMBER, face_minor=face_minor, currency=currency
    )
    played = deal(RELOADLY.submit, request, ready(), ok(operator), ok({"transactionId": 1}))
    assert played.requests[0].url == f"{BASE}/operators/88"
    assert not played.requests[0].executes
    assert (played.sent(1)["amount"], played.sent(1)["useLocalAmount"]) == (amount, local)


@pytest.mark.parametrize(
    ("face_minor", "currency", "operator"),
    [
        (1000, "CNY", OPERATOR),  # ten yuan are not ten dollars
        (500_000, "NGN", {**OPERATOR, "supportsLocalAmounts": False}),
        (None, "USD", OPERATOR),  # any amount will do, so none is chosen
        (None, "USD", {**OPERATOR, "fixedAmounts": [5, 10]}),
    ],
)
def test_amounts_are_never_guessed(
    face_minor: int | None, currency: str, operator: dict[str, Any]
) -> None:
    """The same number in another currency is another sum: nothing is ordered."""
    request = SubmitRequest(
        attempt_no="T1", product_id="88", account=NUMBER, face_minor=face_minor, currency=currency
    )
    outcome = deal(RELOADLY.submit, request, ready(), ok(operator)).result
    assert (outcome.kind, outcome.reason) == (AnswerKind.REJECTED, Reason.INVALID_REQUEST)


def test_an_account_of_known_currency_needs_no_look_up() -> None:
    """currency=USD: a face in dollars goes out at once."""
    made = ReloadlySettings(client_id="c", client_secret=Secret("s"), currency="USD")
    request = SubmitRequest(
        attempt_no="T1", product_id="88", account=NUMBER, face_minor=1000, currency="USD"
    )
    played = play(
        Reloadly(base_url=BASE, settings=made).submit(request, ready()), ok({"transactionId": 1})
    )
    assert played.sent()["amount"] == 10


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (ok({}, status=429), AnswerKind.NOT_SENT),
        (ok({}, status=403), AnswerKind.NOT_SENT),
    ],
)
def test_a_look_up_that_fails_has_sent_nothing(answer: HttpResponse, kind: AnswerKind) -> None:
    """The order comes after it: NOT_SENT."""
    request = SubmitRequest(attempt_no="T1", product_id="88", account=NUMBER, face_minor=1)
    assert deal(RELOADLY.submit, request, ready(), answer).result.kind is kind


@pytest.mark.parametrize(
    ("account", "country"),
    [
        ("+8613800138000", "CN"),
        ("13800138000", "CN"),  # as it is written at home
        ("+13105551234", "US"),
        ("+14165551234", "CA"),
        ("+18765551234", "JM"),
        ("447700900123", "GB"),
        ("+77010000000", "KZ"),
        ("+79010000000", "RU"),
        (NUMBER, "NG"),
        ("+852 5123", None),
        ("mail@x.test", None),
        ("+", None),
    ],
)
def test_numbers_tell_their_country(account: str, country: str | None) -> None:
    """The longest calling code decides; what is no number has no country."""
    assert country_of(account) == country


def test_calling_codes_are_well_formed() -> None:
    """Digits to two capital letters, the longest code within the search."""
    assert all(code.isdigit() and len(code) <= 4 for code in COUNTRY_BY_CALLING_CODE)
    assert all(name.isupper() and len(name) == 2 for name in COUNTRY_BY_CALLING_CODE.values())


@pytest.mark.parametrize("account", [NUMBER, NUMBER.lstrip("+")])
def test_a_top_up_goes_out_as_documented(account: str) -> None:
    """topups-async with our number; the phone as it was given, with or without `+`."""
    request = SubmitRequest(attempt_no="T1", product_id="88@10", account=account)
    played = deal(RELOADLY.submit, request, ready(), ok({"transactionId": 4602}))
    assert played.requests[0].url == f"{BASE}/topups-async"
    assert played.requests[0].executes
    assert played.sent() == {
        "operatorId": 88,
        "amount": 10,
        "useLocalAmount": False,
        "customIdentifier": "T1",
        "recipientPhone": {"countryCode": "NG", "number": account},
    }
    assert (played.result.kind, played.result.upstream_no) == (AnswerKind.ACCEPTED, "4602")


def test_gift_cards_go_to_their_own_host() -> None:
    """orders at the gift-card service, with its token; nobody is mailed the codes."""
    played = deal(RELOADLY.submit, CARDS, ready(), ok(gift("PENDING")))
    [sent] = played.requests
    assert sent.url == "https://giftcards.reloadly.test/orders"
    assert sent.headers["authorization"] == "Bearer kept-giftcards"
    assert sent.headers["accept"] == "application/com.reloadly.giftcards-v1+json"
    assert played.sent() == {
        "productId": 120,
        "quantity": 2,
        "unitPrice": 25,
        "customIdentifier": "T1",
        "senderName": "Quangate",
        "recipientEmail": "nobody@quangate.invalid",
    }
    assert (played.result.kind, played.result.cost_minor) == (AnswerKind.ACCEPTED, 4900)


@pytest.mark.parametrize(
    ("account", "member", "value"),
    [
        ("a@x.test", "recipientEmail", "a@x.test"),
        (NUMBER, "recipientPhoneDetails", {"countryCode": "NG", "phoneNumber": NUMBER}),
    ],
)
def test_a_gift_card_may_be_sent_to_somebody(account: str, member: str, value: Any) -> None:
    """An account is where the platform itself sends the card."""
    request = SubmitRequest(attempt_no="T1", product_id="giftcard-120@25", account=account)
    sent = deal(RELOADLY.submit, request, ready(), ok(gift("PENDING"))).sent()
    assert sent[member] == value


@pytest.mark.parametrize(
    "request_",
    [
        SubmitRequest(attempt_no="T1", product_id="88@10", account=None),
        SubmitRequest(attempt_no="T1", product_id="88@10", account=NUMBER, quantity=2),
        SubmitRequest(attempt_no="T1", product_id="88@10", account="nobody"),
    ],
)
def test_what_the_platform_cannot_express_is_refused_here(request_: SubmitRequest) -> None:
    """Airtime for nobody, for two, or for a number without a country: nothing is sent."""
    assert deal(RELOADLY.submit, request_, ready()).result.kind is AnswerKind.REJECTED


@pytest.mark.parametrize(
    ("status", "answer", "kind", "reason"),
    [
        (400, "INSUFFICIENT_BALANCE", AnswerKind.REJECTED, Reason.INSUFFICIENT_BALANCE),
        (400, "INVALID_RECIPIENT_PHONE", AnswerKind.REJECTED, Reason.INVALID_ACCOUNT),
        (400, "COULD_NOT_AUTO_DETECT_OPERATOR", AnswerKind.REJECTED, Reason.INVALID_ACCOUNT),
        (400, "INVALID_AMOUNT_FOR_OPERATOR", AnswerKind.REJECTED, Reason.INVALID_REQUEST),
        (
            400,
            "OPERATOR_UNAVAILABLE_OR_CURRENTLY_INACTIVE",
            AnswerKind.REJECTED,
            Reason.PRODUCT_UNAVAILABLE,
        ),
        (400, "MAX_DAILY_TRANSACTION_COUNT_REACHED", AnswerKind.REJECTED, Reason.RATE_LIMITED),
        (400, "CUSTOM_IDENTIFIER_ALREADY_USED", AnswerKind.UNKNOWN, Reason.DUPLICATE),
        (400, "PHONE_RECENTLY_RECHARGED", AnswerKind.UNKNOWN, Reason.DUPLICATE),  # by us?
        (
            400,
            "TRANSACTION_CANNOT_BE_PROCESSED_AT_THE_MOMENT",
            AnswerKind.UNKNOWN,
            Reason.UNREADABLE,
        ),
        (400, "TOPUP_TRANSACTION_FAILED", AnswerKind.UNKNOWN, Reason.UNREADABLE),
        (400, "SOMETHING_NEW", AnswerKind.UNKNOWN, Reason.UNREADABLE),
        (500, None, AnswerKind.UNKNOWN, Reason.UNREADABLE),
        (403, None, AnswerKind.REJECTED, Reason.CREDENTIALS),
        (429, "RATE_LIMIT_REACHED", AnswerKind.NOT_SENT, Reason.RATE_LIMITED),
        (200, None, AnswerKind.UNKNOWN, Reason.UNREADABLE),  # no transaction in it
    ],
)
def test_submit_errors(status: int, answer: str | None, kind: AnswerKind, reason: Reason) -> None:
    """Only the documented refusals refuse; everything else is asked about."""
    body = ok({"errorCode": answer, "message": "m"}, status=status)
    outcome = deal(RELOADLY.submit, TOP_UP, ready(), body).result
    assert (outcome.kind, outcome.reason) == (kind, reason)


def test_an_echo_of_something_else_is_unknown() -> None:
    """An answer that names another order, operator or phone is for a person to see."""
    for wrong in ({"customIdentifier": "T2"}, {"operatorId": 1}, {"recipientPhone": "999"}):
        outcome = deal(RELOADLY.submit, TOP_UP, ready(), ok(topup(**wrong))).result
        assert (outcome.kind, outcome.reason) == (AnswerKind.UNKNOWN, Reason.ECHO_MISMATCH)
