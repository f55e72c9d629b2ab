"""The courier between fakes: what it sends, records and leaves to the database."""

from gateway.catalog.rules import Sku
from gateway.webhooks import courier as room
from gateway.webhooks.attempts import DISABLED
from gateway.webhooks.message import order_of_line
from gateway.webhooks.partner_queue import CALLS_FIRST
from gateway.webhooks.rules import Answer, WebhookState
from tests.world.webhook_world import MOMENT, ORDER, SKU, URL, World, line, row, running


async def test_what_was_just_committed_leaves_at_once() -> None:
    """Without polling and without reading the order back."""
    world = World()
    world.courier.created([line(9)])
    await world.until(lambda: bool(world.rows.recorded))
    ((url, headers, body),) = world.wire.sent
    assert url == URL
    assert headers["webhook-id"] == "msg_9"
    assert headers["webhook-timestamp"] == "1767225600"
    assert headers["webhook-signature"] == "v1,1.9.1767225600"
    assert body == {
        "type": "order.delivered", "timestamp": "2026-01-01T00:00:00.000000Z",
        "data": {"state": "delivered"}, "sequence": 1,
    }  # fmt: skip
    (outcome,) = world.rows.recorded
    assert (outcome.message_id, outcome.state) == (9, WebhookState.DELIVERED)
    await world.turn()
    assert world.courier.in_memory == 0


async def test_nobody_to_tell_costs_nothing() -> None:
    """No endpoint, not wanted, or a top-up that is not finished: nothing is kept."""
    world = World()
    topup = line(1, sku=Sku(**{f: getattr(SKU, f) for f in SKU.__slots__} | {"pool_id": None}))
    world.courier.created([line(2, notify=False), line(3, partner_id=2), topup])
    await world.turn()
    assert world.courier.in_memory == 0
    assert world.wire.sent == []


async def test_the_own_address_of_an_order_wins() -> None:
    """notify_url instead of the endpoint."""
    world = World()
    world.courier.created([line(1, notify_url="https://elsewhere.example/x")])
    await world.until(lambda: bool(world.rows.recorded))
    assert world.wire.sent[0][0] == "https://elsewhere.example/x"


async def test_a_partner_nobody_has_heard_of_is_learnt() -> None:
    """Its first order may come before the news of it."""
    world = World()
    world.courier.created([line(1, partner_id=2, notify_url=URL)])
    await world.until(lambda: bool(world.rows.recorded))
    assert 2 in world.courier.addressees


async def test_more_than_memory_holds_is_left_to_polling() -> None:
    """The rows are there anyway."""
    world = World()
    world.wire.open.clear()
    world.courier.created([line(n) for n in range(1, room.HANDED_MAX + 100)])
    assert world.courier.in_memory == room.HANDED_MAX
    await world.turn()
    world.wire.open.set()
    await world.until(lambda: world.courier.in_memory == 0)


async def test_a_taken_row_is_composed_from_its_order() -> None:
    """In the state of the event."""
    world = World()
    world.orders[1, 7] = order_of_line(line(7), MOMENT)
    world.rows.due = [row(5)]
    async with running(world):
        await world.until(lambda: bool(world.rows.recorded))
    _, headers, body = world.wire.sent[0]
    assert headers["webhook-id"] == "msg_5"
    assert body["data"] == {"state": "failed"}
    assert (body["sequence"], body["timestamp"]) == (2, "2026-01-01T00:00:00.000000Z")


async def test_a_body_is_fixed_at_the_first_attempt() -> None:
    """Later attempts send the stored one."""
    world = World()
    world.rows.due = [row(5, body=b'{"fixed": true}', attempts=3)]
    async with running(world):
        await world.until(lambda: bool(world.rows.recorded))
    assert world.wire.sent[0][2] == {"fixed": True}
    assert world.rows.recorded[0].attempts_before == 3


async def test_no_endpoint_is_a_dead_letter() -> None:
    """Nothing is sent; the reason is noted."""
    world = World()
    world.rows.due = [row(5, url=None)]
    async with running(world):
        await world.until(lambda: bool(world.rows.recorded))
    (outcome,) = world.rows.recorded
    assert (outcome.state, outcome.tried, outcome.error) == (
        WebhookState.DEAD, False, DISABLED,
    )  # fmt: skip
    assert world.wire.sent == []


async def test_what_is_in_memory_is_not_taken_again() -> None:
    """Polling tells the database; and ignores what came meanwhile."""
    world = World()
    world.wire.open.clear()
    world.courier.created([line(7)])
    world.rows.due = [row(7, body=b"{}")]
    async with running(world):
        await world.until(lambda: bool(world.rows.asked))
        await world.turn()
        assert world.rows.asked[0] == ([7], [])
        assert len(world.wire.sent) == 1


async def test_a_replay_of_what_is_under_way_is_sent_too() -> None:
    """Taken while the first delivery waits for its answer: a delivery of its own, recorded as such.

    Seen red with messages told apart by their ids alone.
    """
    world = World()
    world.wire.open.clear()
    world.rows.due = [row(7, body=b"{}")]
    async with running(world):
        await world.until(lambda: len(world.wire.sent) == 1)
        world.rows.due = [row(7, body=b"{}", replays=1)]
        await world.until(lambda: len(world.wire.sent) == 2)
        world.wire.open.set()
        await world.until(lambda: len(world.rows.recorded) == 2)
        assert [outcome.replays for outcome in world.rows.recorded] == [0, 1]
        await world.until(lambda: world.courier.in_memory == 0)


async def test_a_replay_takes_the_place_of_what_still_waits() -> None:
    """Of a message and its replays that wait in memory only the last is sent, and given back."""
    world = World()
    world.wire.open.clear()
    busy = [row(n, body=b"{}") for n in range(1, CALLS_FIRST + 1)]
    world.rows.due = [*busy, row(77, body=b"{}"), row(78, body=b"{}")]
    async with running(world):
        await world.until(lambda: len(world.wire.sent) == CALLS_FIRST)
        world.rows.due = [row(77, body=b"{}", replays=1), row(78, body=b"{}", replays=1)]
        await world.until(lambda: not world.rows.due)
        await world.turn()
        assert world.courier.in_memory == CALLS_FIRST + 2
        world.wire.open.set()
        await world.until(lambda: world.courier.in_memory == 0)
    assert [(o.message_id, o.replays) for o in world.rows.recorded[CALLS_FIRST:]] == [
        (77, 1), (78, 1),
    ]  # fmt: skip


async def test_what_was_just_made_is_read_with_its_order_and_leaves_at_once() -> None:
    """A recorded top-up's row is read, composed of the order that came along, and not claimed."""
    world = World()
    world.rows.just_made = {8: row(8, url=None, type="order.delivered", order=ORDER)}
    world.courier.made(8)
    await world.until(lambda: bool(world.rows.recorded))
    url, _, body = world.wire.sent[0]
    assert (url, body["data"], body["sequence"]) == (URL, {"state": "delivered"}, 2)
    assert (world.rows.claimed, world.rows.asked) == ([], [])


async def test_what_was_just_made_may_be_gone_or_waiting() -> None:
    """A row that is not there (nobody listens, or an earlier event is due) is left to polling."""
    world = World()
    world.courier.made(8)
    await world.turn()
    assert (world.wire.sent, world.courier.in_memory) == ([], 0)


async def test_polling_does_not_take_what_is_being_read() -> None:
    """Between its commit and its reading a row counts as in memory; if a poll was faster, it is
    sent once."""
    world = World()
    world.rows.just_made = {8: row(8, order=ORDER)}
    world.rows.due = [row(8, body=b"{}")]
    world.courier.made(8)
    async with running(world):
        await world.until(lambda: bool(world.rows.asked and world.rows.recorded))
        await world.turn()
    assert world.rows.asked[0] == ([8], [])
    assert len(world.wire.sent) == 1


async def test_a_lost_result_is_not_a_lost_message() -> None:
    """The database is away while an answer arrives: out of memory, still due."""
    world = World()
    world.rows.down = True
    world.courier.created([line(7)])
    await world.until(lambda: bool(world.wire.sent))
    await world.until(lambda: world.courier.in_memory == 0)
    assert world.rows.recorded == []
    world.rows.down = False
    world.rows.due = [row(7, body=b"{}")]
    async with running(world):
        await world.until(lambda: bool(world.rows.recorded))
    assert len(world.wire.sent) == 2


async def test_gone_empties_the_queue() -> None:
    """After 410 nothing more goes to the endpoint; other addresses of the partner still do."""
    world = World()
    world.wire.answer = Answer(status=410)
    world.wire.open.clear()
    lines = [line(n) for n in range(1, 101)]
    world.courier.created([*lines, line(101, notify_url="https://elsewhere.example/x")])
    await world.until(lambda: bool(world.wire.sent))
    await world.turn()
    under_way = len(world.wire.sent)
    world.wire.open.set()
    await world.until(lambda: world.courier.in_memory == 0)
    to_endpoint = [url for url, _, _ in world.wire.sent if url == URL]
    assert len(to_endpoint) <= under_way
    assert len(world.wire.sent) - len(to_endpoint) == 1
    assert {outcome.gone for outcome in world.rows.recorded} == {
        URL, "https://elsewhere.example/x",
    }  # fmt: skip


async def test_stopping_gives_back_what_was_not_started() -> None:
    """Claimed rows are released; calls under way are finished."""
    world = World()
    world.wire.open.clear()
    world.rows.due = [row(n, body=b"{}") for n in range(1, 51)]
    async with running(world):
        await world.until(lambda: world.courier.in_memory == 50)
        await world.turn()
        sent = len(world.wire.sent)
    assert len(world.rows.recorded) == sent
    assert len(world.rows.released) == 50 - sent
