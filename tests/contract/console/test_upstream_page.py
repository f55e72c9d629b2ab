"""An upstream's health on one page: a chart made by the server, and what may be asked of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.dispatch.chart import HEIGHT, HOURS, LEAST, WIDTH, chart
from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import Browser, make_person

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
MADE = """INSERT INTO attempt
    (id, partner_id, order_id, upstream_id, product_id, account, quantity, state, created_at,
     sent_at, updated_at)
SELECT n, p.id, n, u.id, 'p', '1', 1, CASE n WHEN 4 THEN 'failed' ELSE 'succeeded' END,
       now(), now(), now() + n * interval '1 second'
FROM upstream u, partner p, generate_series(1, 4) AS n WHERE u.name = 'well' AND p.name = 'well'"""


async def test_a_page_of_its_health(
    tab: Browser, gateway: Gateway, command: Cli, connection: Any
) -> None:
    """What succeeds and how long it takes; the dial test says what stands in its way."""
    assert gateway.url
    assert command("partner", "create", "well").returncode == 0
    added = command(
        "upstream", "add", "well", "--connector", "kasushou", "--base-url", "http://127.0.0.1:9",
        "--set", "userid=1", "--set", "apikey=k",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    ops = make_person(command, "well-ops", "ops")
    page = await tab.sign_in(ops, "/console/upstreams/well", code=ops.recovery_codes.pop())
    assert "Nothing was asked of it lately" in page.text
    await connection.execute(MADE)
    page = await tab.get("/console/upstreams/well")
    assert "4 attempts in 24 hours" in page.text
    assert "75.0 % succeeded" in page.text
    assert "2.50 s" in page.text
    assert len([said for tag, said in page.tags if tag == "svg"]) == 2
    dialled = await tab.submit(page.form("/well/test"))
    assert (dialled.status, "Refused" in dialled.text) == (409, True)  # nobody is there
    paused = await tab.submit((await tab.get("/console/upstreams/well")).form("/well/pause"))
    assert paused.status == 200
    page = await tab.get("/console/upstreams/well")
    assert "Paused" in page.text
    assert page.form("/well/resume")


def _hour(ago: int, attempts: int, succeeded: int, failed: int, seconds: float | None) -> Any:
    return {
        "hour": NOW - timedelta(hours=ago), "attempts": attempts, "succeeded": succeeded,
        "failed": failed, "seconds": seconds,
    }  # fmt: skip


def test_bars_stand_where_their_hours_are() -> None:
    """The newest on the right, each as high as its part; what is there is seen; older is left."""
    made = chart([_hour(24, 9, 9, 0, 1.0), _hour(3, 1, 0, 0, None), _hour(0, 100, 75, 25, 2)], NOW)
    assert [bar.x for bar in made.bars] == [WIDTH * (HOURS - 4), WIDTH * (HOURS - 1)]
    little, much = made.bars
    assert (little.succeeded, little.failed, little.open, little.slow) == (0, 0, LEAST, 0)
    assert (much.succeeded, much.failed, much.open) == (45.0, 15.0, 0)
    assert much.slow == HEIGHT
    assert (made.attempts, made.share, made.most) == (101, 0.75, 100)
    assert chart([], NOW).share is None
