"""Callbacks of every connector against its simulator: doubled, early, forged, stale, repeated."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from connectors.contract import AnswerKind, CallbackRefused, CallbackRequest
from tests.world.connector_rig import Rig, changed, rig_for, stranger_to
from tests.world.connector_samples import RIGS

TAKEN = {AnswerKind.ACCEPTED, AnswerKind.SUCCESS}


@pytest.fixture(params=RIGS)
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    """Each connector in turn, with a simulator of its own."""
    async with rig_for(request.param) as made:
        yield made


def _has_callbacks(rig: Rig) -> bool:
    return rig.upstream.capabilities.callbacks


async def test_callback_names_the_attempt_and_is_acknowledged(rig: Rig) -> None:
    """000: one callback, readable, acknowledged so that it is not repeated; codes never in it."""
    await rig.submit("000")
    if not _has_callbacks(rig):
        with pytest.raises(CallbackRefused):
            rig.upstream.parse_callback(CallbackRequest(method="POST", path="/"))
        return
    await rig.inbox.wait_for(lambda inbox: len(inbox.events) == 1)
    [event] = rig.inbox.events
    assert event.attempt_no == "T1"
    assert event.answer.kind is AnswerKind.SUCCESS
    assert event.trusted is rig.upstream.capabilities.callbacks_trusted
    # Unacknowledged, it would come again after milliseconds at this time scale.
    await rig.submit("000", "T2")
    await rig.inbox.wait_for(lambda inbox: len(inbox.events) >= 2)
    assert [e.attempt_no for e in rig.inbox.events] == ["T1", "T2"]


async def test_doubled_callbacks_out_of_order_leave_the_query_in_charge(rig: Rig) -> None:
    """007: every copy is acknowledged, also the late "processing"; the query still says SUCCESS."""
    await rig.submit("007")
    if _has_callbacks(rig):
        await rig.inbox.wait_for(
            lambda inbox: [e.answer.kind for e in inbox.events].count(AnswerKind.SUCCESS) == 2
        )
        assert rig.inbox.refused == []
    await rig.until(AnswerKind.SUCCESS, "007")


async def test_callback_before_the_answer(rig: Rig) -> None:
    """008: by the time the submit returns, its callback has already been here."""
    outcome = await rig.submit("008")
    assert outcome.kind in TAKEN
    if _has_callbacks(rig):
        assert [event.attempt_no for event in rig.inbox.events] == ["T1"]


async def test_no_callback_ever(rig: Rig) -> None:
    """012: the query alone finds the end, and no callback comes."""
    await rig.submit("012")
    await rig.until(AnswerKind.SUCCESS, "012")
    assert rig.inbox.calls == []


async def test_forged_callback_is_refused(rig: Rig) -> None:
    """013: the forged one is refused with 401, or is no more than a hint; the true one is read."""
    await rig.submit("013")
    if not _has_callbacks(rig):
        return
    if not rig.sample.callbacks_signed:
        await rig.inbox.wait_for(lambda inbox: len(inbox.events) >= 2)
        assert not any(event.trusted for event in rig.inbox.events)
        await rig.until(AnswerKind.SUCCESS, "013")
        return
    await rig.inbox.wait_for(lambda inbox: len(inbox.events) >= 1 and len(inbox.calls) >= 2)
    assert [refusal.ack.status for refusal in rig.inbox.refused] == [401]
    assert rig.inbox.events[0].answer.kind is AnswerKind.SUCCESS
    await rig.until(AnswerKind.SUCCESS, "013")


async def test_tampered_callback_is_refused(rig: Rig) -> None:
    """A true callback with another order's number, or without its signature, is refused."""
    await rig.submit("000", "T1")
    if not _has_callbacks(rig):
        return
    await rig.inbox.wait_for(lambda inbox: len(inbox.calls) == 1)
    [call] = rig.inbox.calls
    assert rig.upstream.parse_callback(call).attempt_no == "T1"
    garbage = (replace(call, body=b""), replace(call, body=b"\xff\xfe\x00"))
    unsigned = {name: text for name, text in call.headers.items() if "sign" not in name}
    forgeries = (
        changed(call, b"T1", b"T9"),
        replace(call, body=call.body.replace(b"sign", b"nosign"), headers=unsigned, query=""),
    )
    for forged in garbage + (forgeries if rig.sample.callbacks_signed else ()):
        with pytest.raises(CallbackRefused):
            rig.upstream.parse_callback(forged)


async def test_stale_callback_is_refused(rig: Rig) -> None:
    """A signed callback that is a day old is refused where it carries its time; where it carries
    none it is a hint without trust, so that a replay costs one query.
    """
    await rig.submit("000")
    if not _has_callbacks(rig):
        return
    await rig.inbox.wait_for(lambda inbox: len(inbox.calls) == 1)
    [call] = rig.inbox.calls
    tomorrow = rig.upstream.now() + 86_400
    if rig.sample.callbacks_dated:
        with pytest.raises(CallbackRefused, match="stale"):
            rig.upstream.connector.parse_callback(call, tomorrow)
    else:
        assert not rig.upstream.connector.parse_callback(call, tomorrow).trusted


async def test_unacknowledged_callback_is_repeated(rig: Rig) -> None:
    """A receiver that answers with an error is called again, on the platform's schedule."""
    await rig.submit("002")
    if not _has_callbacks(rig) or not rig.sample.callbacks_signed:
        return
    rig.upstream.connector = stranger_to(rig)
    rig.market.release()
    await rig.inbox.wait_for(lambda inbox: len(inbox.refused) >= 3)
    assert rig.inbox.events == []
