"""What is read from Reloadly's reports, cards, balance and catalogue: upstreams.md §1.6."""

from typing import Any

import pytest

from connectors.contract import (
    AnswerKind,
    Cancellation,
    CancelRequest,
    QueryRequest,
    Reason,
    UpstreamRefused,
)
from connectors.exchange import HttpResponse, ProtocolError
from connectors.reloadly.connector import Reloadly
from connectors.reloadly.wire import (
    ReloadlySettings,
    read_cards,
)
from connectors.secret import Secret
from connectors.settings import SettingsError
from tests.world.connector_play import deal, ok, play
from tests.world.reloadly_samples import (
    ASKED,
    BASE,
    CARDS_ASKED,
    NUMBER,
    RELOADLY,
    context,
    gift,
    ready,
    report,
    topup,
)

# --- query ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("PROCESSING", AnswerKind.PROCESSING),
        ("PENDING", AnswerKind.PROCESSING),
        ("SUCCESSFUL", AnswerKind.SUCCESS),
        ("FAILED", AnswerKind.FAILED),
        ("REFUNDED", AnswerKind.REVERSED),
        ("successful", AnswerKind.SUCCESS),
        ("ON_HOLD", AnswerKind.PROCESSING),  # a word nobody knows is not an end
        (None, AnswerKind.PROCESSING),
    ],
)
def test_airtime_is_asked_by_our_number_then_by_theirs(word: str | None, kind: AnswerKind) -> None:
    """The report by customIdentifier gives the id, the status call the state."""
    status = ok({"status": word, "transaction": topup()})
    played = deal(RELOADLY.query, ASKED, ready(), report(topup()), status)
    first, second = played.requests
    assert first.url.startswith(f"{BASE}/topups/reports/transactions?customIdentifier=T1")
    assert second.url == f"{BASE}/topups/4602/status"
    assert [first.executes, second.executes] == [False, False]
    assert (played.result.kind, played.result.cost_minor) == (kind, 980)


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (report(), AnswerKind.NOT_FOUND, None),
        (report(topup(customIdentifier="T2")), AnswerKind.UNKNOWN, Reason.ECHO_MISMATCH),
        (report(topup(), topup()), AnswerKind.UNKNOWN, Reason.SEVERAL),
        (ok({}, status=429), AnswerKind.UNKNOWN, Reason.RATE_LIMITED),
    ],
)
def test_reports_without_our_transaction(
    answer: HttpResponse, kind: AnswerKind, reason: Reason | None
) -> None:
    """Only an empty report is NOT_FOUND."""
    state = deal(RELOADLY.query, ASKED, ready(), answer).result
    assert (state.kind, state.reason) == (kind, reason)


def test_what_is_no_report_is_no_answer() -> None:
    """An object without content, or another status, proves nothing."""
    with pytest.raises(ProtocolError):
        deal(RELOADLY.query, ASKED, ready(), ok({}))
    with pytest.raises(ProtocolError):
        deal(RELOADLY.query, ASKED, ready(), ok({"content": []}, status=500))


def test_cards_are_fetched_with_success() -> None:
    """A third call brings the cards, once all are there; they are in no repr."""
    cards = ok([{"cardNumber": "N1", "pinCode": "P1"}, {"cardNumber": "N2", "pinCode": 77}])
    played = deal(RELOADLY.query, CARDS_ASKED, ready(), report(gift("SUCCESSFUL")), cards)
    host = "https://giftcards.reloadly.test"
    assert played.requests[0].url.startswith(f"{host}/reports/transactions?customIdentifier=T1")
    assert played.requests[1].url == f"{host}/orders/transactions/9/cards"
    first, second = played.result.codes
    assert (first.code.reveal(), first.pin and first.pin.reveal()) == ("N1", "P1")
    assert (second.code.reveal(), second.pin and second.pin.reveal()) == ("N2", "77")
    assert "N1" not in repr(played.result)


@pytest.mark.parametrize(
    "cards", [ok([]), ok([{"cardNumber": "N1"}]), ok({}, status=500), ok(None)]
)
def test_success_without_its_cards_is_asked_again(cards: HttpResponse) -> None:
    """SUCCESSFUL with too few cards is not delivered yet."""
    state = deal(RELOADLY.query, CARDS_ASKED, ready(), report(gift("SUCCESSFUL")), cards).result
    assert (state.kind, state.reason, state.codes) == (
        AnswerKind.PROCESSING,
        Reason.CODES_MISSING,
        (),
    )


def test_cards_sent_to_somebody_are_not_fetched() -> None:
    """With an account the platform delivers them itself."""
    asked = QueryRequest(
        attempt_no="T1", product_id="giftcard-120", account=NUMBER, quantity=2, currency="USD"
    )
    state = deal(RELOADLY.query, asked, ready(), report(gift("SUCCESSFUL"))).result
    assert (state.kind, state.codes) == (AnswerKind.SUCCESS, ())


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        ([{"cardNumber": None, "pinCode": "P"}], [("P", None, None)]),
        ([{"cardNumber": "https://x.test/1", "pinCode": ""}],
         [("https://x.test/1", None, "https://x.test/1")]),
        ([{"redemptionUrl": "https://x.test/2", "pinCode": "P"}], [("P", None, "https://x.test/2")]),
        ({"cards": [{"cardNumber": 12, "pinCode": "P"}]}, [("12", "P", None)]),
        ([{}, None, "x"], []),
        (None, []),
    ],
)  # fmt: skip
def test_cards_are_typed_loosely(
    answer: Any, codes: list[tuple[str, str | None, str | None]]
) -> None:
    """The documentation's typing is loose: numbers as text or not, PINs alone, links."""
    read = [
        (c.code.reveal(), c.pin and c.pin.reveal(), c.url and c.url.reveal())
        for c in read_cards(answer)
    ]
    assert read == codes


# --- the rest -------------------------------------------------------------------------------------


def test_balance_and_catalogue() -> None:
    """One wallet; operators first, then gift cards, each to its last page."""
    answer = ok({"balance": 19.95, "currencyCode": "USD"})
    assert play(RELOADLY.balance(ready()), answer).result.amount_minor == 1995
    with pytest.raises(ProtocolError):
        play(RELOADLY.balance(ready()), ok({}))
    row = {"operatorId": 88, "name": "N", "senderCurrencyCode": "USD", "commission": 2}
    more = ok({"content": [{**row, "fixedAmounts": [10]}], "last": False})
    first = play(RELOADLY.catalog(None, ready()), more).result
    assert [(i.product_id, i.face_minor, i.cost_minor) for i in first.items] == [("88", 1000, 980)]
    assert first.next_cursor == "topups:2"
    last = play(RELOADLY.catalog("topups:2", ready()), ok({"content": [row], "last": True})).result
    assert (last.items[0].face_minor, last.next_cursor) == (None, "giftcards:1")
    card = {"productId": 120, "productName": "G", "senderCurrencyCode": "USD"}
    end = play(RELOADLY.catalog("giftcards:1", ready()), ok({"content": [card]})).result
    assert (end.items[0].product_id, end.items[0].kind) == ("giftcard-120", "code")
    assert end.next_cursor is None


def test_an_account_without_gift_cards_says_so() -> None:
    """services=topups lists operators only; a name that is no service stops the start."""
    made = ReloadlySettings(client_id="c", client_secret=Secret("s"), services="topups")
    page = play(
        Reloadly(base_url=BASE, settings=made).catalog(None, ready()), ok({"content": []})
    ).result
    assert page.next_cursor is None
    with pytest.raises(SettingsError):
        ReloadlySettings(client_id="c", client_secret=Secret("s"), services="airtime")


def test_there_is_no_cancellation() -> None:
    """The platform has none."""
    cancelled = play(RELOADLY.cancel(CancelRequest(attempt_no="T1"), ready()))
    assert cancelled.result is Cancellation.UNSUPPORTED


def test_a_balance_without_a_token_is_refused() -> None:
    """Wrong credentials are told as such."""
    with pytest.raises(UpstreamRefused) as refused:
        play(RELOADLY.balance(context()), ok({}, status=401))
    assert refused.value.reason is Reason.CREDENTIALS


def test_the_gap_between_two_top_ups_is_declared() -> None:
    """PHONE_RECENTLY_RECHARGED within two minutes: the gateway waits so long."""
    assert RELOADLY.capabilities.min_gap_per_account_s == 120.0
