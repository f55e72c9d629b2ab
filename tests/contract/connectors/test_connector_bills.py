"""The list of a day's transactions at the platforms that have one, against their simulators."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors import registry
from connectors.bill import BillRow
from connectors.contract import AnswerKind, SubmitRequest
from connectors.simulation.server import running
from connectors.transport import HttpTransport
from connectors.upstream import Upstream

SETTINGS = {
    "dtone": {"api_key": "demo_api_key", "api_secret": "demo_api_secret"},
    "reloadly": {"client_id": "demo_client_id", "client_secret": "demo_client_secret"},
    "dingconnect": {"api_key": "demo_api_key"},
}


async def all_rows(platform: Upstream, day_offset: int = 0) -> list[BillRow]:
    """Every row of a day, page by page."""
    day = (datetime.now(UTC) + timedelta(days=day_offset)).date()
    rows: list[BillRow] = []
    cursor: str | None = None
    while True:
        page = await platform.bill(day, cursor)
        assert page is not None
        rows += page.rows
        cursor = page.next_cursor
        if cursor is None:
            return rows


@pytest.mark.parametrize("name", SETTINGS)
async def test_a_platforms_list_has_what_was_sold(name: str) -> None:
    """Over more than one page; with our number, what was charged, when, and how it ended."""
    sold = 230  # dtone and dingconnect have 100 on a page, reloadly 200
    async with running(name, settings=SETTINGS[name]) as simulator:
        transport = HttpTransport()
        connector = registry.create(name, simulator.url, SETTINGS[name])
        platform = Upstream(connector=connector, transport=transport)
        for number in range(sold):
            outcome = await platform.submit(
                SubmitRequest(
                    attempt_no=f"{number}",
                    product_id="900010@10",
                    account=f"+86138{number:05d}888",
                    face_minor=1000,
                )
            )
            assert outcome.kind in {"accepted", "success"}, outcome
        rows = await all_rows(platform)
        assert sorted(int(row.our_no or -1) for row in rows) == list(range(sold))
        charged = {order.our_no: order.price_minor for order in simulator.market.ledger.orders}
        assert {row.our_no: row.amount_minor for row in rows} == charged
        assert {row.kind for row in rows} <= {AnswerKind.SUCCESS, AnswerKind.PROCESSING}
        assert all(row.at is not None and row.upstream_no for row in rows)
        assert await all_rows(platform, day_offset=-3) == []
        await transport.close()


async def test_a_platform_without_a_list_says_so() -> None:
    """There is nothing to page through, and no request is made."""
    settings = {"app_key": "k", "secret": "0123456789abcdef0123456789abcdef"}
    connector = registry.create("fulu", "http://127.0.0.1:9", settings)
    transport = HttpTransport()
    platform = Upstream(connector=connector, transport=transport)
    assert await platform.bill(datetime.now(UTC).date()) is None
    await transport.close()
