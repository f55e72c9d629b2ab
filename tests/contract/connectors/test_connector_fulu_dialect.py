"""Fulu's second dialect between connector and simulator: the settings of its samples."""

from collections.abc import AsyncIterator

import pytest

from connectors.contract import AnswerKind, QueryRequest, Reason, SubmitRequest
from tests.wire_samples import load
from tests.world.connector_rig import Rig, rig_for

SETTINGS = load("fulu-second").settings


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """A connector that speaks the second dialect; the simulator needs no setting for it."""
    async with rig_for("fulu", connector_settings=SETTINGS) as made:
        yield made


async def test_a_top_up_is_found_by_query_and_charged_once(rig: Rig) -> None:
    """000: taken, then SUCCESS with the ledger's price."""
    assert (await rig.submit("000")).kind is AnswerKind.ACCEPTED
    state = await rig.until(AnswerKind.SUCCESS, "000")
    [order] = rig.executions()
    assert state.cost_minor == order.price_minor


async def test_a_held_one_is_processing(rig: Rig) -> None:
    """002: PROCESSING until released."""
    await rig.submit("002")
    assert (await rig.query("002")).kind is AnswerKind.PROCESSING
    rig.market.release()
    await rig.until(AnswerKind.SUCCESS, "002")


@pytest.mark.parametrize("tail", ["003", "009", "011"])
async def test_a_lost_answer_is_unknown_and_found(rig: Rig, tail: str) -> None:
    """Executed, but the answer says nothing: UNKNOWN, then SUCCESS, charged once."""
    assert (await rig.submit(tail)).kind is AnswerKind.UNKNOWN
    await rig.until(AnswerKind.SUCCESS, tail)
    assert len(rig.executions()) == 1


async def test_refusals_and_unknown_numbers(rig: Rig) -> None:
    """001 is REJECTED, an empty purse pauses, a number that was never ordered is NOT_FOUND."""
    assert (await rig.submit("001")).kind is AnswerKind.REJECTED
    assert (await rig.query("001")).kind is AnswerKind.NOT_FOUND
    rig.play("balance_exhausted")
    refused = await rig.submit("000", "T2")
    assert (refused.kind, refused.reason) == (AnswerKind.REJECTED, Reason.INSUFFICIENT_BALANCE)


async def test_cards_come_plain_with_their_end(rig: Rig) -> None:
    """order.query brings as many cards as were ordered, with number, password and expiry."""
    order = SubmitRequest(attempt_no="C1", product_id="910005", account=None, quantity=2)
    assert (await rig.upstream.submit(order)).kind is AnswerKind.ACCEPTED
    query = QueryRequest(attempt_no="C1", product_id="910005", quantity=2)
    state = await rig.ask_until(AnswerKind.SUCCESS, query)
    assert len({code.code.reveal() for code in state.codes}) == 2
    assert all(code.pin and code.expires_at for code in state.codes)


async def test_the_balance_is_that_of_the_account_bought_from(rig: Rig) -> None:
    """merchant.balance.query: the account of type 1."""
    assert (await rig.upstream.balance()).amount_minor == rig.market.balance_minor


async def test_a_callback_is_read_out_of_its_envelope(rig: Rig) -> None:
    """The order stands in `biz_content`, under the sign of the whole; a forged one is refused."""
    await rig.submit("013")
    await rig.inbox.wait_for(lambda inbox: len(inbox.events) == 1 and len(inbox.refused) == 1)
    [event] = rig.inbox.events
    assert (event.attempt_no, event.answer.kind) == ("T1", AnswerKind.SUCCESS)
    assert b"biz_content" in rig.inbox.calls[-1].body
