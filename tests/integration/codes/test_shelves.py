"""A pool's codes lie on shelves: what is moved, lent and given back is counted exactly."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from gateway.audit.run import audit
from gateway.audit.store import AuditSnapshot
from gateway.catalog.rules import CurrentCatalog
from gateway.catalog.store import read_catalog
from gateway.codes import shelve
from gateway.codes.outlet import outlet_of
from gateway.codes.shelf_ending import ShelfEnding
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.desk.transaction import administration
from tests.clock import PATIENCE_S
from tests.world.shelves import Shelves, pool_of


@pytest.fixture
async def shelves(database: Any, connection: Any) -> AsyncIterator[Shelves]:
    """A pool of 20 codes that never expire."""
    async with pool_of(database, connection, [None] * 20) as made:
        yield made


async def test_a_shelf_takes_exactly_its_codes_from_main(shelves: Shelves) -> None:
    """20 codes, 6 of them on a shelf: 14 are left on main, and each is counted once."""
    await shelves.put_up("app", 6)
    listed = await shelves.listed()
    assert list(listed) == ["main", "app"]
    assert (listed["main"]["free"], listed["app"]["free"]) == (14, 6)


async def test_a_shelf_larger_than_what_is_free_is_refused(shelves: Shelves) -> None:
    """It says how many there are, and nothing is half-done: no shelf, no lease taken back."""
    worker = shelves.worker()
    granted = await worker.refill(shelves.id, 4, [])
    with pytest.raises(DeskRefusedError, match="shelf='main', most=20, count=21"):
        await shelves.put_up("app", 21)
    listed = await shelves.listed()
    assert list(listed) == ["main"]
    renewal = await worker.renew([grant.lease_id for grant in granted.grants])
    assert renewal.gone == ()


@pytest.mark.parametrize(
    ("why", "more"),
    [
        ("reserve-without-borrow", {"reserve": 1}),
        ("one-seller", {"sku": "A", "channel": "B"}),
        ("not-found", {"sku": "nobody"}),
        ("not-found", {"channel": "nobody"}),
        ("not-found", {"campaign": "nobody"}),
        ("until-over", {"until": datetime(2020, 1, 1, tzinfo=UTC)}),
    ],
)
async def test_what_a_shelf_cannot_be_is_said(shelves: Shelves, why: str, more: Any) -> None:
    """Each refusal names its reason, and leaves main as it was."""
    with pytest.raises(DeskRefusedError) as refusal:
        await shelves.put_up("app", 5, **more)
    assert (refusal.value.why or refusal.value.code) == why
    assert (await shelves.listed())["main"]["free"] == 20


async def test_leases_are_asked_back_before_a_move(shelves: Shelves) -> None:
    """18 of 20 codes are leased: a shelf of 12 gets them, and the old lease is over (I7)."""
    worker = shelves.worker()
    granted = await worker.refill(shelves.id, 1000, [])
    held = [grant.lease_id for grant in granted.grants]
    granted = await worker.refill(shelves.id, 1000, held)
    held += [grant.lease_id for grant in granted.grants]
    assert (await shelves.listed())["main"]["leased"] > 12
    await shelves.put_up("app", 12)
    assert set((await worker.renew(held)).gone) == set(held)
    listed = await shelves.listed()
    assert (listed["app"]["free"], listed["main"]["free"]) == (12, 8)


async def test_a_move_is_whole_or_nothing(shelves: Shelves) -> None:
    """Moving more than a shelf has moves none of it."""
    await shelves.put_up("app", 6)
    assert await shelves.move("app", "main", 2) == 2
    with pytest.raises(DeskRefusedError, match="shelf='app', most=4, count=5"):
        await shelves.move("app", "main", 5)
    listed = await shelves.listed()
    assert (listed["app"]["free"], listed["main"]["free"]) == (4, 16)


async def test_workers_lease_from_the_shelf_they_name(shelves: Shelves) -> None:
    """Two shelves, one worker: neither sees the other's codes, and each is sold out by itself."""
    app = await shelves.put_up("app", 6)
    worker = shelves.worker()
    got: set[int] = set()
    held: list[int] = []
    while (answer := await worker.refill(app, 1000, held)).verdict == "granted":
        assert answer.pool_id == shelves.id
        held += [grant.lease_id for grant in answer.grants]
        got |= {seq for grant in answer.grants for seq in range(grant.lo, grant.hi)}
    assert (answer.verdict, len(got)) == ("mine", 6)
    other = await shelves.worker().refill(app, 1, [])
    assert other.verdict == "others"
    main = await worker.refill(shelves.id, 1, [])
    assert not got & {seq for grant in main.grants for seq in range(grant.lo, grant.hi)}


async def test_a_closed_shelf_gives_back_what_it_has_leased_parts_too(shelves: Shelves) -> None:
    """10 on the shelf, 2 sold under a lease that is still held: 8 go back to main, 2 stay there."""
    app = await shelves.put_up("app", 10)
    worker = shelves.worker()
    granted = await worker.refill(app, 1000, [])
    await shelves.sell(granted, 2)
    assert await shelves.close("app") == 8
    listed = await shelves.listed()
    assert (listed["app"]["codes"], listed["app"]["delivered"]) == (2, 2)
    assert listed["main"]["free"] == 18
    assert (await worker.refill(app, 1, [])).verdict == "closed"
    with pytest.raises(DeskRefusedError, match="shelf-closed"):
        await shelves.close("app")


async def test_a_shelf_ends_by_the_database_s_clock(shelves: Shelves) -> None:
    """Once its time has come, whoever looks after leases closes it."""
    until = datetime.now(UTC) + timedelta(hours=1)
    app = await shelves.put_up("app", 10, until=until)
    await shelves.worker().renew([])
    assert (await shelves.listed())["app"]["closed_at"] is None
    await shelves.connection.execute("UPDATE shelf SET ends_at = now() WHERE id = $1", app)
    await shelves.worker().renew([])
    listed = await shelves.listed()
    assert listed["app"]["closed_at"] is not None
    assert listed["main"]["free"] == 20


async def test_an_empty_shelf_borrows_as_many_as_are_wanted(shelves: Shelves) -> None:
    """Main lends all it has, others that borrow what is above their reserve; each is counted."""
    app = await shelves.put_up("app", 2, borrow=True)
    await shelves.put_up("web", 8, borrow=True, reserve=5)
    await shelves.put_up("own", 9)
    worker = shelves.worker()
    held: list[int] = []

    async def wants(short: int) -> str:
        answer = await worker.refill(app, 1000, held, short=short)
        held.extend(grant.lease_id for grant in answer.grants)
        return answer.verdict

    assert [await wants(1), await wants(1)] == ["granted", "granted"]
    assert (await shelves.listed())["app"]["borrowed"] == 0
    assert await wants(0) == "others"  # asked ahead of need: nothing is borrowed, nor is it over
    assert await wants(2) == "granted"  # main has one, web lends the other
    listed = await shelves.listed()
    assert [listed[s]["lent"] for s in ("main", "web", "own")] == [1, 1, 0]
    assert (listed["app"]["borrowed"], listed["app"]["codes"]) == (2, 4)
    assert await wants(10) == "granted"
    listed = await shelves.listed()
    assert (listed["web"]["lent"], listed["web"]["free"]) == (3, 5)  # its reserve stays
    assert await wants(1) == "mine"
    assert listed["own"]["free"] == 9


async def test_what_a_lender_has_leased_is_no_proof_of_nothing(shelves: Shelves) -> None:
    """Main's last codes are leased: the borrower is told to ask for them, not that all is sold."""
    app = await shelves.put_up("app", 1, borrow=True)
    seller, borrower = shelves.worker(), shelves.worker()
    held: list[int] = []
    while (answer := await seller.refill(shelves.id, 1000, held)).verdict == "granted":
        held += [grant.lease_id for grant in answer.grants]
    own = [g.lease_id for g in (await borrower.refill(app, 1, [], short=1)).grants]
    assert (await borrower.refill(app, 1, own, short=1)).verdict == "others"
    await seller.give_back(shelves.id)
    assert (await borrower.refill(app, 1, own, short=1)).verdict == "granted"
    assert (await shelves.listed())["app"]["borrowed"] == 1


async def test_codes_must_last_as_long_as_they_are_sold_for(database: Any, connection: Any) -> None:
    """Codes of 3, 10 and 40 days: who needs 30 gets the last, who needs none the first."""
    async with pool_of(database, connection, [3, 3, 10, 10, 40, 40]) as shelves:
        worker = shelves.worker()

        async def granted(days: int) -> set[int]:
            answer = await worker.refill(outlet_of(shelves.id, days), 1, [])
            return {seq for grant in answer.grants for seq in range(grant.lo, grant.hi)}

        assert await granted(30) == {4}
        assert await granted(0) == {0}
        assert await granted(5) == {2}
        # 4 is free no more, 5 alone lasts 30 days, and it is leased under no other promise.
        ends = await connection.fetch(
            "SELECT life_days, sell_until < now() + interval '11 days' AS soon FROM lease"
            " WHERE pool_id = $1 AND state = 'active' ORDER BY life_days", shelves.id,
        )  # fmt: skip
        assert [(row["life_days"], row["soon"]) for row in ends] == [
            (0, True),
            (5, True),
            (30, True),
        ]


async def test_short_lived_codes_are_sold_out_for_who_needs_long_ones(
    database: Any, connection: Any
) -> None:
    """All codes expire in ten days: for thirty it is sold out, for none it is not."""
    async with pool_of(database, connection, [10, 10]) as shelves:
        worker = shelves.worker()
        assert (await worker.refill(outlet_of(shelves.id, 30), 1, [])).verdict == "sold_out"
        assert (await worker.refill(shelves.id, 1, [])).verdict == "granted"
        assert (await worker.refill(outlet_of(shelves.id, 30), 1, [])).verdict == "sold_out"


async def test_nothing_is_free_or_leased_off_its_shelf(shelves: Shelves) -> None:
    """Past the code that keeps to it, the database refuses: a free range, a lease, a range."""
    app = await shelves.put_up("app", 6)
    with pytest.raises(asyncpg.CheckViolationError, match="does not lie on shelf"):
        await shelves.connection.execute(
            "INSERT INTO fragment (pool_id, lo, hi, shelf_id) VALUES ($1, 15, 16, $2)",
            shelves.id, app,
        )  # fmt: skip
    with pytest.raises(asyncpg.CheckViolationError, match="does not lie on shelf"):
        await shelves.connection.execute(
            "INSERT INTO lease (pool_id, lo, hi, worker_id, expires_at)"
            " VALUES ($1, 5, 7, gen_random_uuid(), now())",
            shelves.id,
        )
    with pytest.raises(asyncpg.CheckViolationError, match="while it is free or leased"):
        await shelves.connection.execute("DELETE FROM shelf_range WHERE shelf_id = $1", app)
    with pytest.raises(asyncpg.ExclusionViolationError, match="shelf_range_disjoint"):
        await shelves.connection.execute(
            "INSERT INTO shelf_range (pool_id, lo, hi, shelf_id) VALUES ($1, 3, 9, $2)",
            shelves.id, app,
        )  # fmt: skip


async def test_neighbouring_moves_are_one_range(shelves: Shelves) -> None:
    """Code by code to a shelf and back: what is recorded does not grow with the moves."""
    await shelves.put_up("app", 1)
    for _ in range(9):
        await shelves.move("main", "app", 1)
    ranges = "SELECT count(*) FROM shelf_range WHERE pool_id = $1"
    assert await shelves.connection.fetchval(ranges, shelves.id) == 1
    for _ in range(10):
        await shelves.move("app", "main", 1)
    assert await shelves.connection.fetchval(ranges, shelves.id) == 0


async def test_the_audit_agrees_after_all_of_it(shelves: Shelves) -> None:
    """Moves, loans, sales, closing, voiding: no finding of I3."""
    app = await shelves.put_up("app", 4, borrow=True)
    worker = shelves.worker()
    granted = await worker.refill(app, 1000, [], short=6)
    await worker.refill(app, 1000, [g.lease_id for g in granted.grants], short=6)
    await shelves.connection.execute("SELECT void_codes($1, '{0,5,19}', 'test')", shelves.id)
    await shelves.move("main", "app", 3)
    await worker.give_back()
    await shelves.listed()
    await shelves.close("app")
    await shelves.listed()
    async with shelves.connection.transaction(isolation="repeatable_read"):
        found = await audit(AuditSnapshot(shelves.connection))
    findings = {each.invariant: each for each in found}
    assert findings["I3"].ok, findings["I3"].detail


async def test_a_shelf_is_closed_at_its_end_at_once(shelves: Shelves) -> None:
    """A worker watches the ends by the database's clock, and hears of shelves that end sooner."""
    closed = asyncio.Event()
    catalog = CurrentCatalog((await read_catalog(shelves.database.pool)).catalog)

    async def close() -> None:
        await shelves.worker().close_ended_shelves()
        closed.set()

    ending = ShelfEnding(catalog=catalog, close=close, now=lambda: datetime.now(UTC))
    task = asyncio.create_task(ending.run())
    await shelves.put_up("app", 10, until=datetime.now(UTC) + timedelta(seconds=0.2))
    catalog.now = (await read_catalog(shelves.database.pool)).catalog
    ending.changed()
    async with asyncio.timeout(PATIENCE_S):
        while (await shelves.listed())["app"]["closed_at"] is None:
            closed.clear()
            await closed.wait()
    task.cancel()
    assert (await shelves.listed())["main"]["free"] == 20


async def test_a_campaign_s_shelf_ends_with_it(shelves: Shelves) -> None:
    """Its end is moved with the campaign's, and ended early it gives all it has back at once."""
    sku, campaign = f"sku-{shelves.pool}", f"campaign-{shelves.pool}"
    await shelves.connection.execute(
        "INSERT INTO sku (sku, name, kind, pool_id, price) VALUES ($1, $1, 'code', $2, 1)",
        sku, shelves.id,
    )  # fmt: skip
    await shelves.connection.execute(
        "INSERT INTO campaign (name, sku_id, starts_at, ends_at)"
        " SELECT $1, id, now(), now() + interval '1 h' FROM sku WHERE sku = $2", campaign, sku,
    )  # fmt: skip
    await shelves.put_up("flash", 5, campaign=campaign)
    ends_at = datetime.now(UTC) + timedelta(hours=1)
    async with administration(shelves.database) as db:
        await shelve.end_with_campaign(db, campaign, ends_at)
    assert (await shelves.listed())["flash"]["until"] == ends_at
    async with administration(shelves.database) as db:
        assert await shelve.close_with_campaign(db, campaign) == 5
        assert await shelve.close_with_campaign(db, campaign) == 0
    assert (await shelves.listed())["main"]["free"] == 20
