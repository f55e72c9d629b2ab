"""Lists that look at a bounded number of rows for a page: page by page they show what matches."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.ground.shares import Shares
from gateway.ground.sql.database import Database
from gateway.ground.sql.pools import BoundedPool
from gateway.orders import store as orders
from gateway.orders.record import ID_EPOCH_MS, ID_SHIFT, OrderFilter
from gateway.orders.store import OrderStore
from gateway.webhooks import read_store as webhook_reads
from gateway.webhooks.delivery import DeliveryFilter
from gateway.webhooks.read_store import WebhookDesk

START = datetime(2026, 3, 1, tzinfo=UTC)
COUNT = 60
STATES = ("delivered", "failed", "processing")


def id_of(n: int) -> int:
    """Orders come a day apart, so that times and ids tell them apart."""
    made_ms = int((START + timedelta(days=n)).timestamp() * 1000) - ID_EPOCH_MS
    return made_ms << ID_SHIFT


def pool_of(database: Database) -> BoundedPool:
    """The connections as a worker has them."""
    return BoundedPool(database.pool, Shares(total=2, own=1, waiting_max=9, wait_s=600))


@pytest.fixture
async def history(database: Database) -> int:
    """60 orders and messages of a partner; its id. Of each state a third, SKU 1 rarely."""
    known: int | None = await database.pool.fetchval("SELECT id FROM partner WHERE name = 'p'")
    if known is not None:
        return known
    partner: int = await database.pool.fetchval(
        "INSERT INTO partner (name, webhook_secret) VALUES ('p', '') RETURNING id"
    )
    for n in range(COUNT):
        state, moment = STATES[n % 3], START + timedelta(days=n)
        await database.pool.execute(
            "INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity,"
            " amount, state, delivered_quantity, refunded, account, created_at, updated_at)"
            " VALUES ($1, $2, $3, '', $4, 1, 1, $5, $6, $7, '1', $8, $8)",
            *(partner, id_of(n), f"A{n}", 1 if n in {2, 3, 50} else 2, state),
            *(int(state == "delivered"), int(state == "failed"), moment),
        )
        await database.pool.execute(
            "INSERT INTO webhook (id, partner_id, order_id, type, sequence, state)"
            " VALUES ($1, $2, $1, 'order.delivered', 1, $3)",
            *(id_of(n), partner, ("pending", "dead", "delivered")[n % 3 if n < 20 else 2]),
        )
    return partner


@pytest.mark.parametrize("scan_max", [4, 7, 1000])
@pytest.mark.parametrize("state", [None, *STATES, "partial"])
@pytest.mark.parametrize("sku", [None, 1, 3])
@pytest.mark.parametrize(
    ("first", "end"), [(None, None), (10, None), (None, 30), (55, 90), (70, 80)]
)
async def test_pages_of_orders_show_what_matches(
    database: Database,
    history: int,
    monkeypatch: pytest.MonkeyPatch,
    *,
    scan_max: int,
    state: str | None,
    sku: int | None,
    first: int | None,
    end: int | None,
) -> None:
    """Cursor by cursor every match comes once, newest first, and the last page says so."""
    monkeypatch.setattr(orders, "SCAN_MAX", scan_max)
    store, shown, before, pages = OrderStore(pool_of(database)), [], None, 0
    while True:
        page = await store.page(
            history,
            OrderFilter(
                state=state,
                sku_id=sku,
                created_from=None if first is None else START + timedelta(days=first),
                created_to=None if end is None else START + timedelta(days=end),
                before_id=before,
            ),
            3,
        )
        assert len(page.records) <= 3
        shown += [record.out_order_no for record in page.records]
        pages += 1
        before = page.next_before_id
        if before is None:
            break
    assert shown == [
        f"A{n}"
        for n in reversed(range(COUNT))
        if (state is None or STATES[n % 3] == state)
        and (sku is None or (1 if n in {2, 3, 50} else 2) == sku)
        and (first or 0) <= n < (end or COUNT)
    ]
    assert pages <= COUNT // 3 + COUNT // scan_max + 2


@pytest.mark.parametrize("scan_max", [4, 1000])
@pytest.mark.parametrize("state", [None, "pending", "dead", "delivered"])
@pytest.mark.parametrize("order", [None, 5, 6, 99])
async def test_pages_of_deliveries_show_what_matches(
    database: Database,
    history: int,
    monkeypatch: pytest.MonkeyPatch,
    *,
    scan_max: int,
    state: str | None,
    order: int | None,
) -> None:
    """The same of messages."""
    monkeypatch.setattr(webhook_reads, "SCAN_MAX", scan_max)
    desk, shown, before = WebhookDesk(pool_of(database)), [], None
    while True:
        filter_ = DeliveryFilter(
            state=state, order_id=None if order is None else id_of(order), before_id=before
        )
        page = await desk.page(history, filter_, 3)
        shown += [record.id for record in page.records]
        before = page.next_before_id
        if before is None:
            break
    assert shown == [
        id_of(n)
        for n in reversed(range(COUNT))
        if state in {None, ("pending", "dead", "delivered")[n % 3 if n < 20 else 2]}
        and order in {None, n}
    ]


async def test_a_page_may_be_empty_although_there_are_more(
    database: Database, history: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies further back than one look goes is found by the cursor, not by waiting."""
    monkeypatch.setattr(orders, "SCAN_MAX", 5)
    page = await OrderStore(pool_of(database)).page(history, OrderFilter(sku_id=3), 50)
    assert page.records == []
    assert page.next_before_id == id_of(COUNT - 6)
