"""A courier between made-up rows and a made-up wire, whose moments a test decides."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from gateway.catalog.rules import Sku, SkuKind
from gateway.ground.errors import StoreUnavailableError
from gateway.orders.line import Line
from gateway.orders.record import OrderRecord
from gateway.webhooks.courier import Courier
from gateway.webhooks.message import Addressee
from gateway.webhooks.record import Outcome, TakenRow
from gateway.webhooks.rules import Answer
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
        self.recorded: list[Outcome] = []
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

    async def record(self, outcomes: Sequence[Outcome]) -> None:
        """Remember."""
        if self.down:
            raise StoreUnavailableError("down")
        self.recorded += outcomes


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
    """A courier and everything around it."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.wire = Wire()
        self.orders: dict[tuple[int, int], OrderRecord] = {}
        self.courier = Courier(
            webhooks=self.rows,
            sender=self.wire,
            sign=lambda partner, id_, at, body: f"v1,{partner}.{id_}.{at}" if body else None,
            learn=self.learn,
            read_orders=self.read_orders,
            order_json=lambda record: json.dumps({"state": record.state}).encode(),
            wall_clock=lambda: 1_767_225_600.5,
            chance=lambda: 0.0,
        )
        self.courier.addressees = {1: Addressee(url=URL, secrets=("s",))}

    async def read_orders(
        self, keys: Sequence[tuple[int, int]]
    ) -> dict[tuple[int, int], OrderRecord]:
        """Those that are there."""
        return {key: self.orders[key] for key in keys if key in self.orders}

    async def learn(self) -> None:
        """Partner 2 is new."""
        self.courier.addressees = {
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
async def running(world: World) -> AsyncIterator[Courier]:
    """The courier, polling."""
    world.courier.start()
    try:
        yield world.courier
    finally:
        world.wire.open.set()
        await world.courier.stop()


def line(id_: int, **changes: Any) -> Line:
    """An order line just committed, its answer given."""
    values: dict[str, Any] = {
        "partner_id": 1, "key_id": "k", "reads_codes": True, "sku": SKU, "out_order_no": f"A{id_}",
        "content_hash": b"", "quantity": 1, "amount_minor": 5, "account": None, "metadata": None,
        "details": None, "quotas": None, "notify": True, "notify_url": None,
        "order_id": id_, "committed_at": "2026-01-01T00:00:00.000000Z",
    }  # fmt: skip
    return Line(**(values | changes))


def row(id_: int, **changes: Any) -> TakenRow:
    """A due row about order 7."""
    values: dict[str, Any] = {
        "id": id_, "partner_id": 1, "order_id": 7, "type": "order.failed", "sequence": 2,
        "url": URL, "to_endpoint": True, "body": None, "replays": 0, "attempts": 0,
        "created_at": MOMENT,
    }  # fmt: skip
    return TakenRow(**(values | changes))
