"""The notifier between fakes: what it sends, settles and leaves to the database."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from gateway.domain.catalog import Sku, SkuKind
from gateway.domain.errors import StoreUnavailableError
from gateway.domain.order_record import OrderRecord
from gateway.domain.webhook import Answer, WebhookState
from gateway.domain.webhook_record import Outcome, TakenRow
from gateway.flows.line import Line
from gateway.flows.notify import notifier as room
from gateway.flows.notify.message import Addressee, order_of_line
from gateway.flows.notify.notifier import Notifier
from tests.clock import PATIENCE_S

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://partner.example/hook"
SKU = Sku(
    id=3, sku="VIP", name="VIP", kind=SkuKind.CODE, pool_id=4, price_minor=5, currency="CNY",
    face_value_minor=None, account_rule=None, per_buyer=None, low_stock=0, offered_to_all=True,
    on_sale=True, updated_at=MOMENT,
)  # fmt: skip

ORDER = OrderRecord(
    partner_id=1, id=7, out_order_no="A7", content_hash=b"", sku_id=3, quantity=1, amount=5,
    state="delivered", delivered_quantity=1, pool_id=None, seqs=None, account="13800000000",
    metadata=None, failure=None, created_at=MOMENT, updated_at=MOMENT,
)  # fmt: skip


class Rows:
    """The store: gives `due` once, remembers what it is told."""

    def __init__(self) -> None:
        self.due: list[TakenRow] = []
        self.just_made: dict[int, TakenRow] = {}
        self.asked: list[tuple[list[int], list[int]]] = []
        self.claimed: list[int] = []
        self.released: list[int] = []
        self.settled: list[Outcome] = []
        self.down = False

    async def take(
        self, in_memory: Sequence[int], full: Sequence[int], chunk: int
    ) -> list[TakenRow]:
        """What is due."""
        if self.down:
            raise StoreUnavailableError("down")
        self.asked.append((list(in_memory), list(full)))
        due, self.due = self.due[:chunk], self.due[chunk:]
        return due

    async def made(self, ids: Sequence[int]) -> list[TakenRow]:
        """Of these, what was just made."""
        await asyncio.sleep(0)
        return [self.just_made[id_] for id_ in ids if id_ in self.just_made]

    async def claim(self, ids: Sequence[int]) -> None:
        """Remember."""
        self.claimed += ids

    async def release(self, ids: Sequence[int]) -> None:
        """Remember."""
        self.released += ids

    async def recover(self) -> None:
        """Nothing to do."""

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Remember."""
        if self.down:
            raise StoreUnavailableError("down")
        self.settled += outcomes


class Wire:
    """The client: answers with `answer` once `open` is set."""

    def __init__(self) -> None:
        self.answer = Answer(status=200)
        self.open = asyncio.Event()
        self.open.set()
        self.sent: list[tuple[str, Mapping[str, str], Any]] = []

    async def send(
        self, _partner_id: int, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """One request."""
        self.sent.append((url, headers, json.loads(body)))
        await self.open.wait()
        return self.answer


class World:
    """A notifier and everything around it."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.wire = Wire()
        self.orders: dict[tuple[int, int], OrderRecord] = {}
        self.notifier = Notifier(
            webhooks=self.rows,
            sender=self.wire,
            sign=lambda partner, id_, at, body: f"v1,{partner}.{id_}.{at}" if body else None,
            learn=self.learn,
            read_orders=self.read_orders,
            order_json=lambda record: json.dumps({"state": record.state}).encode(),
            wall_clock=lambda: 1_767_225_600.5,
            chance=lambda: 0.0,
        )
        self.notifier.addressees = {1: Addressee(url=URL, secrets=("s",))}

    async def read_orders(
        self, keys: Sequence[tuple[int, int]]
    ) -> dict[tuple[int, int], OrderRecord]:
        """Those that are there."""
        return {key: self.orders[key] for key in keys if key in self.orders}

    async def learn(self) -> None:
        """Partner 2 is new."""
        self.notifier.addressees = {
            1: Addressee(url=URL, secrets=("s",)), 2: Addressee(url=None, secrets=("s",)),
        }  # fmt: skip

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let the loop turn until it holds."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110 - asks fakes that announce nothing
                await asyncio.sleep(0.001)

    async def turn(self) -> None:
        """Let everything that can happen happen."""
        for _ in range(20):
            await asyncio.sleep(0)


@asynccontextmanager
async def running(world: World) -> AsyncIterator[Notifier]:
    """The notifier, polling."""
    world.notifier.start()
    try:
        yield world.notifier
    finally:
        world.wire.open.set()
        await world.notifier.stop()


def line(id_: int, **changes: Any) -> Line:
    """An order line just committed, its answer given."""
    values: dict[str, Any] = {
        "partner_id": 1, "key_id": "k", "reads_codes": True, "sku": SKU, "out_order_no": f"A{id_}",
        "content_hash": b"", "quantity": 1, "amount_minor": 5, "account": None, "metadata": None,
        "details": None, "buyer_id": None, "limit": None, "notify": True, "notify_url": None,
        "order_id": id_, "committed_at": "2026-01-01T00:00:00.000000Z",
    }  # fmt: skip
    return Line(**(values | changes))


def row(id_: int, **changes: Any) -> TakenRow:
    """A due row about order 7."""
    values: dict[str, Any] = {
        "id": id_, "partner_id": 1, "order_id": 7, "type": "order.failed", "sequence": 2,
        "url": URL, "to_endpoint": True, "body": None, "attempts": 0, "created_at": MOMENT,
    }  # fmt: skip
    return TakenRow(**(values | changes))


async def test_what_was_just_committed_leaves_at_once() -> None:
    """Without polling and without reading the order back."""
    world = World()
    world.notifier.created([line(9)])
    await world.until(lambda: bool(world.rows.settled))
    ((url, headers, body),) = world.wire.sent
    assert url == URL
    assert headers["webhook-id"] == "msg_9"
    assert headers["webhook-timestamp"] == "1767225600"
    assert headers["webhook-signature"] == "v1,1.9.1767225600"
    assert body == {
        "type": "order.delivered", "timestamp": "2026-01-01T00:00:00.000000Z",
        "data": {"state": "delivered"}, "sequence": 1,
    }  # fmt: skip
    (outcome,) = world.rows.settled
    assert (outcome.message_id, outcome.state) == (9, WebhookState.DELIVERED)
    await world.turn()
    assert world.notifier.in_memory == 0


async def test_nobody_to_tell_costs_nothing() -> None:
    """No endpoint, not wanted, or a top-up that is not finished: nothing is kept."""
    world = World()
    topup = line(1, sku=Sku(**{f: getattr(SKU, f) for f in SKU.__slots__} | {"pool_id": None}))
    world.notifier.created([line(2, notify=False), line(3, partner_id=2), topup])
    await world.turn()
    assert world.notifier.in_memory == 0
    assert world.wire.sent == []


async def test_the_own_address_of_an_order_wins() -> None:
    """notify_url instead of the endpoint."""
    world = World()
    world.notifier.created([line(1, notify_url="https://elsewhere.example/x")])
    await world.until(lambda: bool(world.rows.settled))
    assert world.wire.sent[0][0] == "https://elsewhere.example/x"


async def test_a_partner_nobody_has_heard_of_is_learnt() -> None:
    """Its first order may come before the news of it."""
    world = World()
    world.notifier.created([line(1, partner_id=2, notify_url=URL)])
    await world.until(lambda: bool(world.rows.settled))
    assert 2 in world.notifier.addressees


async def test_more_than_memory_holds_is_left_to_polling() -> None:
    """The rows are there anyway."""
    world = World()
    world.wire.open.clear()
    world.notifier.created([line(n) for n in range(1, room.HANDED_MAX + 100)])
    assert world.notifier.in_memory == room.HANDED_MAX
    await world.turn()
    world.wire.open.set()
    await world.until(lambda: world.notifier.in_memory == 0)


async def test_a_taken_row_is_composed_from_its_order() -> None:
    """In the state of the event."""
    world = World()
    world.orders[1, 7] = order_of_line(line(7), MOMENT)
    world.rows.due = [row(5)]
    async with running(world):
        await world.until(lambda: bool(world.rows.settled))
    _, headers, body = world.wire.sent[0]
    assert headers["webhook-id"] == "msg_5"
    assert body["data"] == {"state": "failed"}
    assert (body["sequence"], body["timestamp"]) == (2, "2026-01-01T00:00:00.000000Z")


async def test_a_body_is_fixed_at_the_first_attempt() -> None:
    """Later attempts send the stored one."""
    world = World()
    world.rows.due = [row(5, body=b'{"fixed": true}', attempts=3)]
    async with running(world):
        await world.until(lambda: bool(world.rows.settled))
    assert world.wire.sent[0][2] == {"fixed": True}
    assert world.rows.settled[0].attempts_before == 3


async def test_no_endpoint_is_a_dead_letter() -> None:
    """Nothing is sent; the reason is noted."""
    world = World()
    world.rows.due = [row(5, url=None)]
    async with running(world):
        await world.until(lambda: bool(world.rows.settled))
    (outcome,) = world.rows.settled
    assert (outcome.state, outcome.tried, outcome.error) == (
        WebhookState.DEAD, False, room.DISABLED,
    )  # fmt: skip
    assert world.wire.sent == []


async def test_what_is_in_memory_is_not_taken_again() -> None:
    """Polling tells the database; and ignores what came meanwhile."""
    world = World()
    world.wire.open.clear()
    world.notifier.created([line(7)])
    world.rows.due = [row(7, body=b"{}")]
    async with running(world):
        await world.until(lambda: bool(world.rows.asked))
        await world.turn()
        assert world.rows.asked[0] == ([7], [])
        assert len(world.wire.sent) == 1


async def test_what_was_just_made_is_read_with_its_order_and_leaves_at_once() -> None:
    """A settled top-up's row is read, composed of the order that came along, and not claimed."""
    world = World()
    world.rows.just_made = {8: row(8, url=None, type="order.delivered", order=ORDER)}
    world.notifier.made(8)
    await world.until(lambda: bool(world.rows.settled))
    url, _, body = world.wire.sent[0]
    assert (url, body["data"], body["sequence"]) == (URL, {"state": "delivered"}, 2)
    assert (world.rows.claimed, world.rows.asked) == ([], [])


async def test_what_was_just_made_may_be_gone_or_waiting() -> None:
    """A row that is not there (nobody listens, or an earlier event is due) is left to polling."""
    world = World()
    world.notifier.made(8)
    await world.turn()
    assert (world.wire.sent, world.notifier.in_memory) == ([], 0)


async def test_polling_does_not_take_what_is_being_read() -> None:
    """Between its commit and its reading a row counts as in memory; if a poll was faster, it is
    sent once."""
    world = World()
    world.rows.just_made = {8: row(8, order=ORDER)}
    world.rows.due = [row(8, body=b"{}")]
    world.notifier.made(8)
    async with running(world):
        await world.until(lambda: bool(world.rows.asked and world.rows.settled))
        await world.turn()
    assert world.rows.asked[0] == ([8], [])
    assert len(world.wire.sent) == 1


async def test_a_lost_result_is_not_a_lost_message() -> None:
    """The database is away while an answer arrives: out of memory, still due."""
    world = World()
    world.rows.down = True
    world.notifier.created([line(7)])
    await world.until(lambda: bool(world.wire.sent))
    await world.until(lambda: world.notifier.in_memory == 0)
    assert world.rows.settled == []
    world.rows.down = False
    world.rows.due = [row(7, body=b"{}")]
    async with running(world):
        await world.until(lambda: bool(world.rows.settled))
    assert len(world.wire.sent) == 2


async def test_gone_empties_the_queue() -> None:
    """After 410 nothing more goes to the endpoint; other addresses of the partner still do."""
    world = World()
    world.wire.answer = Answer(status=410)
    world.wire.open.clear()
    lines = [line(n) for n in range(1, 101)]
    world.notifier.created([*lines, line(101, notify_url="https://elsewhere.example/x")])
    await world.until(lambda: bool(world.wire.sent))
    await world.turn()
    under_way = len(world.wire.sent)
    world.wire.open.set()
    await world.until(lambda: world.notifier.in_memory == 0)
    to_endpoint = [url for url, _, _ in world.wire.sent if url == URL]
    assert len(to_endpoint) <= under_way
    assert len(world.wire.sent) - len(to_endpoint) == 1
    assert {outcome.gone for outcome in world.rows.settled} == {True}


async def test_stopping_gives_back_what_was_not_started() -> None:
    """Claimed rows are released; calls under way are finished."""
    world = World()
    world.wire.open.clear()
    world.rows.due = [row(n, body=b"{}") for n in range(1, 51)]
    async with running(world):
        await world.until(lambda: world.notifier.in_memory == 50)
        await world.turn()
        sent = len(world.wire.sent)
    assert len(world.rows.settled) == sent
    assert len(world.rows.released) == 50 - sent
