"""What every connector must do against its simulator: the rows of api.md's table and their kin.

One suite for all; what a platform cannot express is read from its declared capabilities.
"""

import asyncio
import math
from collections.abc import AsyncIterator

import pytest

from connectors import registry
from connectors.contract import (
    AnswerKind,
    Cancellation,
    CancelRequest,
    QueryRequest,
    Reason,
    SubmitRequest,
)
from connectors.simulation.platform import Duplicates
from connectors.transport import HttpTransport, MakeClient, lean_client
from connectors.upstream import Upstream
from tests.clock import LONG_S, put_forward
from tests.contract.connectors.test_connector_transport import httpx_client
from tests.world.connector_rig import Rig, rig_for, stranger_to
from tests.world.connector_samples import BY_FILE, RIGS, SAMPLES

TAKEN = {AnswerKind.ACCEPTED, AnswerKind.SUCCESS}


@pytest.fixture(params=[lean_client, httpx_client])
def client(request: pytest.FixtureRequest) -> MakeClient:
    """Both ways to a platform: directly, and as through a proxy or over HTTP/2."""
    made: MakeClient = request.param
    return made


@pytest.fixture(params=RIGS)
async def rig(request: pytest.FixtureRequest, client: MakeClient) -> AsyncIterator[Rig]:
    """Each connector in turn, with a simulator of its own."""
    async with rig_for(request.param, client=client) as made:
        yield made


def test_every_connector_has_a_sample() -> None:
    """A connector in the registry is in this suite."""
    assert set(SAMPLES) - set(BY_FILE) == set(registry.names())


@pytest.mark.parametrize("name", registry.names())
def test_every_name_in_the_registry_leads_somewhere(name: str) -> None:
    """Capabilities of products, connector, settings and simulator: each row, loaded.

    Seen red for reloadly, whose capabilities had moved to a file of their own.
    """
    sample = SAMPLES[name]
    for product in (sample.product, sample.code_product):
        assert registry.product_capabilities(name, product).deadline_s > 0
    assert registry.settings_of(name)
    registry.create(name, "http://127.0.0.1:1", registry.simulator_settings(name))


# --- the outcome of a submit ----------------------------------------------------------------------


async def test_success_is_found_by_query_and_charged_once(rig: Rig) -> None:
    """000: taken, then SUCCESS by our number, at 98 % of the face, one execution in the ledger."""
    outcome = await rig.submit("000")
    assert outcome.kind in TAKEN
    state = await rig.until(AnswerKind.SUCCESS, "000")
    [order] = rig.executions()
    assert (order.account, order.product) == (rig.account("000"), rig.sample.product)
    assert state.cost_minor == (order.price_minor if rig.sample.tells_cost else None)
    assert state.upstream_no == (outcome.upstream_no or state.upstream_no)


async def test_rejection_is_final_and_executes_nothing(rig: Rig) -> None:
    """001: REJECTED with a reason, nothing in the ledger, and the channel is not paused."""
    outcome = await rig.submit("001")
    assert outcome.kind is AnswerKind.REJECTED
    assert outcome.reason is not None
    assert not outcome.reason.pauses_upstream
    assert rig.executions() == []


async def test_held_order_is_processing_until_released(rig: Rig) -> None:
    """002: PROCESSING as long as the platform says so, SUCCESS after the release."""
    outcome = await rig.submit("002")
    assert outcome.kind is AnswerKind.ACCEPTED
    assert (await rig.query("002")).kind is AnswerKind.PROCESSING
    assert rig.market.release() == 1
    await rig.until(AnswerKind.SUCCESS, "002")


@pytest.mark.parametrize(
    "tail",
    [
        "003",  # executed, then the connection dropped
        "009",  # HTTP 500 after executing
        "011",  # a garbled answer, executed
    ],
)
async def test_lost_answer_is_unknown_and_the_query_finds_it(rig: Rig, tail: str) -> None:
    """Executed, but the answer says nothing: UNKNOWN, then SUCCESS by our number, charged once."""
    assert (await rig.submit(tail)).kind is AnswerKind.UNKNOWN
    await rig.until(AnswerKind.SUCCESS, tail)
    assert len(rig.executions()) == 1


@pytest.mark.parametrize("behaviour", ["truncated", "huge"])
async def test_unreadable_body_is_unknown(rig: Rig, behaviour: str) -> None:
    """A body that is cut or endless: UNKNOWN, sent once."""
    rig.play(behaviour)
    assert (await rig.submit("000")).kind is AnswerKind.UNKNOWN
    await rig.until(AnswerKind.SUCCESS, "000")
    assert len(rig.executions()) == 1


async def test_a_body_that_comes_slowly_is_unknown_at_the_deadline(rig: Rig) -> None:
    """One byte now and then: executed, UNKNOWN when the deadline comes, sent once."""
    rig.play("slow")
    submit = asyncio.create_task(rig.submit("000"))
    while not rig.executions():  # noqa: ASYNC110  the ledger has no event for that
        await asyncio.sleep(0.001)
    put_forward(LONG_S + 1)
    assert (await submit).kind is AnswerKind.UNKNOWN
    await rig.until(AnswerKind.SUCCESS, "000")
    assert len(rig.executions()) == 1


async def test_request_lost_before_execution_is_unknown_and_not_found(rig: Rig) -> None:
    """004: indistinguishable from 003 at submit; the query does not find it, nothing executed."""
    assert (await rig.submit("004")).kind is AnswerKind.UNKNOWN
    assert (await rig.query("004")).kind is rig.sample.absent
    assert rig.executions() == []


async def test_partial_success_says_how_much(rig: Rig) -> None:
    """005: PARTIAL with the delivered part where the platform knows it, else SUCCESS."""
    await rig.submit("005")
    if not rig.upstream.capabilities.knows_partial:
        await rig.until(AnswerKind.SUCCESS, "005")
        return
    state = await rig.until(AnswerKind.PARTIAL, "005")
    assert state.part is not None
    assert state.part.done * 2 == state.part.whole


async def test_reversal_after_success(rig: Rig) -> None:
    """006: SUCCESS first; then REVERSED where the platform knows it, else whatever it says."""
    await rig.submit("006")
    await rig.until(AnswerKind.SUCCESS, "006")
    [order] = rig.executions()
    rig.market.reverse(order)
    await rig.until(rig.sample.after_reversal, "006", succeeded_before=True)


async def test_throttling_is_not_sent_with_its_wait(rig: Rig) -> None:
    """010: 429 twice is NOT_SENT with Retry-After; the same number then succeeds, charged once."""
    for _ in range(2):
        outcome = await rig.submit("010")
        assert (outcome.kind, outcome.reason) == (AnswerKind.NOT_SENT, Reason.RATE_LIMITED)
        assert outcome.retry_after_s == 1.0
    assert (await rig.submit("010")).kind in TAKEN
    await rig.until(AnswerKind.SUCCESS, "010")
    assert len(rig.executions()) == 1


@pytest.mark.parametrize(
    "behaviour",
    ["storm", "error"],  # 503, 500, neither executed
)
async def test_server_error_proves_nothing(rig: Rig, behaviour: str) -> None:
    """5xx without a known business code is UNKNOWN, whatever happened behind it."""
    rig.play(behaviour)
    assert (await rig.submit("000")).kind is AnswerKind.UNKNOWN


@pytest.mark.parametrize(
    ("behaviour", "pauses"),
    [("balance_exhausted", True), ("price_changed", False), ("bad_account", False)],
)
async def test_refusals_tell_the_channel_from_the_order(
    rig: Rig, behaviour: str, *, pauses: bool
) -> None:
    """An exhausted balance pauses the channel; a changed price or a bad account fails the order."""
    rig.play(behaviour)
    outcome = await rig.submit("000")
    assert outcome.kind is AnswerKind.REJECTED
    assert outcome.reason is not None
    assert outcome.reason.pauses_upstream is pauses
    assert rig.executions() == []


async def test_accepted_then_failed(rig: Rig) -> None:
    """A purchase that the platform takes and later gives up ends in FAILED, executed never; one
    that answers with the end refuses at once.
    """
    rig.play("failed")
    outcome = await rig.submit("000")
    if outcome.kind is not AnswerKind.REJECTED:
        assert outcome.kind is AnswerKind.ACCEPTED
        await rig.until(AnswerKind.FAILED, "000")
    assert rig.executions() == []


async def test_refused_connection_is_not_sent(rig: Rig) -> None:
    """A dead platform: NOT_SENT, and a query brings no news instead of a failure."""
    connector = registry.create(rig.connector, "http://127.0.0.1:1", rig.settings)
    async with HttpTransport() as transport:
        dead = Upstream(connector=connector, transport=transport)
        assert (await dead.submit(rig.request("000", "T1"))).kind is AnswerKind.NOT_SENT
        assert (await dead.query(QueryRequest(attempt_no="T1"))).kind is AnswerKind.UNKNOWN


async def test_repeated_number_is_not_executed_twice_unless_the_platform_does(rig: Rig) -> None:
    """A second submit of one number, one after the other: UNKNOWN (ask!), one execution. A platform
    that de-duplicates nothing says so by forbidding re-sends.
    """
    await rig.submit("000")
    second = await rig.submit("000")
    if rig.market.platform.DUPLICATES is Duplicates.ACCEPT:
        assert not rig.upstream.capabilities.resend_allowed
        return
    assert second.kind is rig.sample.taken_again
    assert len(rig.executions()) == 1
    await rig.until(AnswerKind.SUCCESS, "000")


async def test_only_one_request_of_a_submit_may_execute(rig: Rig) -> None:
    """Among the requests of one submit exactly one is marked as executing: it is never repeated."""
    await rig.submit("003")
    assert sum(request.executes for request in rig.transport.sent) == 1


# --- queries --------------------------------------------------------------------------------------


async def test_query_before_visibility_is_not_found_then_found(rig: Rig) -> None:
    """NOT_FOUND soon after a lost submit proves nothing: the same order is found later."""
    rig.play("hidden_dropped")
    assert (await rig.submit("000")).kind is AnswerKind.UNKNOWN
    rig.executions()[0].visible_at = math.inf
    assert (await rig.query("000")).kind is rig.sample.absent
    rig.executions()[0].visible_at = 0.0
    await rig.until(AnswerKind.SUCCESS, "000")
    assert rig.upstream.capabilities.finality_window_s > 0


async def test_failed_query_is_no_news(rig: Rig) -> None:
    """A query answered with a server error never ends an order."""
    rig.play("queries_fail")
    await rig.submit("000")
    assert (await rig.query("000")).kind is AnswerKind.UNKNOWN


# --- the rest -------------------------------------------------------------------------------------


async def test_codes_come_by_query_alone(rig: Rig) -> None:
    """Codes bought on demand: as many as ordered, hidden in every repr, never in a callback."""
    if not rig.upstream.capabilities.supports_codes:
        return
    quantity = min(2, rig.upstream.capabilities.quantity_max or 2)
    request = SubmitRequest(
        attempt_no="C1",
        product_id=rig.sample.code_product,
        account=None,
        quantity=quantity,
        notify_url=rig.notify_url,
    )
    taken = await rig.upstream.submit(request)
    assert taken.kind in TAKEN
    query = rig.code_query("C1", quantity, taken.upstream_no)
    state = await rig.ask_until(AnswerKind.SUCCESS, query)
    assert len(rig.executions("C1")) == 1
    codes = [code.code.reveal() for code in state.codes]
    assert len(set(codes)) == quantity
    assert not any(code in repr((state, rig.inbox.events)) for code in codes)


async def test_balance_falls_by_what_was_charged(rig: Rig) -> None:
    """The balance is read in minor units and falls by the ledger's amount."""
    before = await rig.upstream.balance()
    await rig.submit("000")
    await rig.until(AnswerKind.SUCCESS, "000")
    after = await rig.upstream.balance()
    assert before.amount_minor - after.amount_minor == rig.executions()[0].price_minor


async def test_catalogue_can_be_read_to_its_end(rig: Rig) -> None:
    """Following the cursor ends, with available products at a cost below their face."""
    cursor, items = None, []
    for _ in range(20):
        page = await rig.upstream.catalog(cursor)
        items += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert (cursor, bool(items)) == (None, rig.sample.has_catalog)
    assert len({item.product_id for item in items}) == len(items)
    assert all(item.available for item in items)
    assert all((item.cost_minor or 0) < (item.face_minor or math.inf) for item in items)


async def test_cancel_is_a_request(rig: Rig) -> None:
    """Where the platform cancels, a held order ends CANCELLED, executed never; or it says no, and
    the order goes on.
    """
    outcome = await rig.submit("002")
    cancel = CancelRequest(attempt_no="T1", upstream_no=outcome.upstream_no)
    answer = await rig.upstream.cancel(cancel)
    if not rig.upstream.capabilities.supports_cancel:
        assert answer is Cancellation.UNSUPPORTED
        return
    if answer is Cancellation.REFUSED:
        assert (await rig.query("002")).kind is AnswerKind.PROCESSING
        return
    await rig.until(rig.sample.after_cancel, "002")
    assert rig.executions() == []


async def test_wrong_credentials_buy_nothing(rig: Rig) -> None:
    """The simulator checks signatures: with a wrong key nothing is executed or read."""
    stranger = Upstream(connector=stranger_to(rig), transport=rig.transport)
    outcome = await stranger.submit(rig.request("000", "T1"))
    assert outcome.kind not in TAKEN
    assert rig.market.ledger.orders == []


async def test_no_secret_in_any_repr(rig: Rig) -> None:
    """Neither the connector, its requests nor its results show a key."""
    await rig.submit("000")
    shown = repr((rig.upstream.connector, rig.transport.sent, rig.upstream.session))
    secrets = [
        rig.settings[setting.name]
        for setting in registry.settings_of(rig.connector, rig.settings)
        if setting.secret and setting.name in rig.settings
    ]
    assert secrets
    assert not any(secret in shown for secret in secrets)
