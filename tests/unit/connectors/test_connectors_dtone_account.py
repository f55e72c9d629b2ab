"""DT One beside orders: balance, catalogue, settings."""

import pytest

from connectors.contract import (
    Cancellation,
    CancelRequest,
    UpstreamRefused,
)
from connectors.dtone.connector import Dtone
from connectors.dtone.wire import DtoneSettings
from connectors.exchange import ProtocolError
from connectors.settings import SettingsError
from tests.world.connector_play import deal, ok, play
from tests.world.dtone_samples import (
    CONTEXT,
    DTONE,
    SECRET,
    TOP_UP,
    transaction,
)


def test_balance_in_our_currency() -> None:
    """`available` of the currency in the settings; without one, of the first."""
    balances = [
        {"available": 1.005, "unit": "EUR"},
        {"available": "77", "unit": "JPY"},
    ]
    wants_yen = DtoneSettings(api_key="k", api_secret=SECRET, currency="JPY")
    yen = play(Dtone(base_url="http://d.test", settings=wants_yen).balance(CONTEXT), ok(balances))
    assert (yen.result.amount_minor, yen.result.currency) == (77, "JPY")
    assert play(DTONE.balance(CONTEXT), ok(balances)).result.currency == "EUR"
    with pytest.raises(ProtocolError):
        play(DTONE.balance(CONTEXT), ok([]))
    with pytest.raises(UpstreamRefused):
        play(DTONE.balance(CONTEXT), ok({}, status=401))


def test_the_catalogue_is_read_by_its_headers() -> None:
    """Pages follow X-Total-Pages; a PIN product is a code; a face in another currency is none."""
    product = {
        "id": 1310,
        "name": "P",
        "type": "FIXED_VALUE_PIN_PURCHASE",
        "destination": {"amount": 10, "unit": "IDR"},
        "prices": {"wholesale": {"amount": 9.8, "unit": "USD"}},
    }
    played = play(DTONE.catalog(None, CONTEXT), ok([product], **{"x-total-pages": "2"}))
    [item] = played.result.items
    assert (item.kind, item.cost_minor, item.face_minor) == ("code", 980, None)
    assert played.result.next_cursor == "2"
    last = play(DTONE.catalog("2", CONTEXT), ok([product], **{"x-total-pages": "2"}))
    assert "page=2" in last.requests[0].url
    assert last.result.next_cursor is None


def test_confirmed_transactions_are_not_cancelled() -> None:
    """A submit confirms its own transaction: there is nothing to cancel."""
    assert play(DTONE.cancel(CancelRequest(attempt_no="T1"), CONTEXT)).result is (
        Cancellation.UNSUPPORTED
    )


@pytest.mark.parametrize("wrong", [{"mode": "later"}, {"identifier": "email"}])
def test_wrong_choices_are_refused(wrong: dict[str, str]) -> None:
    """A setting outside its choices stops the start."""
    with pytest.raises(SettingsError):
        DtoneSettings(api_key="k", api_secret=SECRET, **wrong)  # type: ignore[arg-type]


def test_a_synchronous_call_may_hold() -> None:
    """mode=sync waits longer than the documented 180 s."""
    sync = Dtone(
        base_url="http://d.test",
        settings=DtoneSettings(api_key="k", api_secret=SECRET, mode="sync"),
    )
    played = deal(sync.submit, TOP_UP, CONTEXT, ok(transaction(7), status=201))
    assert played.requests[0].url.endswith("/v1/sync/transactions")
    assert played.requests[0].deadline_s > 180
    assert sync.capabilities.deadline_s > 180
