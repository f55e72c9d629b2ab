"""Reloadly over the wire, where no other platform has the like: tokens that end under way."""

from connectors.contract import AnswerKind, QueryRequest, SubmitRequest
from tests.world.connector_rig import rig_for


async def test_a_token_that_expires_under_way_costs_one_more_call() -> None:
    """The order answered TOKEN_EXPIRED is sent again under a new token: one execution."""
    async with rig_for("reloadly") as rig:
        rig.play("token_expired")
        assert (await rig.submit("000")).kind is AnswerKind.ACCEPTED
        tokens = [sent for sent in rig.transport.sent if sent.url.endswith("/oauth/token")]
        orders = [sent for sent in rig.transport.sent if sent.executes]
        assert (len(tokens), len(orders)) == (2, 2)
        assert orders[0].body == orders[1].body
        await rig.until(AnswerKind.SUCCESS, "000")
        assert len(rig.executions()) == 1


async def test_a_token_lasts_for_many_operations() -> None:
    """One token for everything of a session, until it nears its end."""
    async with rig_for("reloadly") as rig:
        await rig.submit("000", "T1")
        await rig.submit("000", "T2")
        await rig.until(AnswerKind.SUCCESS, "000", "T2")
        await rig.upstream.balance()
        tokens = [sent for sent in rig.transport.sent if sent.url.endswith("/oauth/token")]
        assert len(tokens) == 1


async def test_short_tokens_never_fail_an_order() -> None:
    """A token that is nearly over is fetched anew for each call."""
    async with rig_for("reloadly", settings={"token_ttl_s": "1"}) as rig:
        for number in range(3):
            outcome = await rig.submit("000", f"T{number}")
            assert outcome.kind is AnswerKind.ACCEPTED
        assert len(rig.market.ledger.executions()) == 3


async def test_gift_cards_are_bought_once_when_the_answer_is_lost() -> None:
    """An order of cards whose answer is cut: UNKNOWN, then the cards by our number, bought once."""
    async with rig_for("reloadly") as rig:
        rig.play("executed_dropped")
        product = "giftcard-7@10"
        order = SubmitRequest(attempt_no="G1", product_id=product, account=None, quantity=2)
        assert (await rig.upstream.submit(order)).kind is AnswerKind.UNKNOWN
        asked = QueryRequest(attempt_no="G1", product_id=product, quantity=2)
        state = await rig.ask_until(AnswerKind.SUCCESS, asked)
        assert len(state.codes) == 2
        assert [found.quantity for found in rig.executions("G1")] == [2]
