"""`quangate demo --console`: a shop with a week behind it, which serves until it is told to end."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pyotp
import pytest

from gateway.demo.week.past import move_to_the_past
from gateway.ground.errors import RefusedError
from gateway.ground.outside.process import quangate
from gateway.ground.sql.embedded import EmbeddedServer
from tests.world.no_script import browser

pytestmark = pytest.mark.slow


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A shop that was made once for all tests: its directory, its line, and how it ended."""

    data: Path
    line: dict[str, Any]
    signed_in: dict[str, int]
    exit_code: int
    answers_after: bool


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Made, looked at by its three operators, and ended by the signal of Ctrl-C."""
    return asyncio.run(_made(tmp_path_factory.mktemp("week") / "shop"))


async def _made(data: Path) -> Shown:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "demo", "--console", "--small", "--json",
        "--keep", str(data), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    told = asyncio.create_task(process.stderr.read())
    try:
        line = await process.stdout.readline()
        assert line, (await told).decode()
        document = json.loads(line)
        assert "operators" in document, document
        people = document["operators"]
        signed_in = {one["operator"]: await _sign_in(document["console"], one) for one in people}
    finally:
        process.send_signal(signal.SIGINT)
        rest, exit_code = await process.stdout.read(), await process.wait()
    assert rest == b""  # one line, whatever comes
    await told
    async with httpx.AsyncClient() as client:
        try:
            await client.get(document["console"])
            answers = True
        except httpx.ConnectError:
            answers = False
    return Shown(
        data=data, line=document, signed_in=signed_in, exit_code=exit_code, answers_after=answers
    )


async def _sign_in(console: str, one: dict[str, Any]) -> int:
    """The status of the first page for somebody who signs in as the line says."""
    async with browser(console.removesuffix("/console")) as tab:
        code = pyotp.TOTP(one["totp_secret"]).now()
        said = {"operator": one["operator"], "password": one["password"], "code": code}
        await tab.post("/console/sign-in", said)
        page = await tab.get("/console")
    assert page.path == "/console", page.text
    return page.status


@pytest.fixture(scope="module")
def dsn(shown: Shown) -> Iterator[str]:
    """Where the database of what it left is, as its owner."""
    server = EmbeddedServer(shown.data)
    server.start(may_make=False)
    yield server.dsn
    server.release()


@pytest.fixture
async def books(dsn: str) -> AsyncIterator[Any]:
    """A connection to it."""
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def test_it_prints_one_line_and_its_operators_can_sign_in(shown: Shown) -> None:
    """Admin, support and finance, each with what one needs; ended, nothing of it answers."""
    roles = {one["operator"]: one["role"] for one in shown.line["operators"]}
    assert sorted(roles.values()) == ["admin", "finance", "support"]
    assert shown.signed_in == dict.fromkeys(roles, 200)
    assert all(one["totp_uri"].startswith("otpauth://") for one in shown.line["operators"])
    assert shown.exit_code == 0
    assert not shown.answers_after


async def test_its_books_add_up_with_and_without_what_was_written_outside(shown: Shown) -> None:
    """Moved as it was, the audit is content: chains, states, money, stock."""
    assert (await quangate(shown.data, "audit"))["ok"]
    assert (await quangate(shown.data, "audit", "--anchors"))["ok"]


async def test_its_schema_is_as_old_as_what_is_in_it(shown: Shown) -> None:
    """No code of it came before codes had an expiry of their own. Seen red: 99 unsold ones did."""
    checks = (await quangate(shown.data, "doctor"))["checks"]
    (expiry,) = (check for check in checks if check["name"] == "expiry")
    assert "imported by a release" not in expiry["detail"]


async def test_its_orders_fill_a_week_and_their_numbers_agree(books: Any) -> None:
    """Each day has some, none is of the future, and a number was made when its order was."""
    now = datetime.now(UTC)
    days = await books.fetch("SELECT created_at::date AS day, count(*) AS n FROM orders GROUP BY 1")
    assert len(days) >= 7
    found = await books.fetchrow(
        "SELECT min(created_at) AS first, max(created_at) AS last, max(abs("
        "extract(epoch FROM created_at) * 1000 - 1735689600000 - (id >> 22))) AS apart FROM orders"
    )
    assert timedelta(days=6, hours=23) < now - found["first"] < timedelta(days=8)
    assert found["last"] <= now
    assert found["apart"] < 3_600_000  # a minute of the making: the machine may be slow


async def test_it_has_something_of_everything(books: Any) -> None:
    """States of orders and cases, dead webhooks, imports, reveals, alerts, what waits for two.

    Whether an order waits for a person hangs on the platform's second callback: it may be late.
    """
    states = {r["state"] for r in await books.fetch("SELECT DISTINCT state FROM orders")}
    assert {"delivered", "failed", "processing", "reversed"} <= states
    cases = {r["state"] for r in await books.fetch("SELECT DISTINCT state FROM service_case")}
    assert {"opened", "in_review", "refused", "resolved"} <= cases
    approvals = {r["state"] for r in await books.fetch("SELECT DISTINCT state FROM approval")}
    assert {"waiting", "done", "refused"} <= approvals
    for table, where in (
        ("webhook", "state = 'dead'"),
        ("code_import", "rejected > 0"),
        ("reveal", "via = 'operator'"),
        ("alert", "resolved_at IS NULL"),
        ("campaign", "ends_at > now()"),
        ("channel", "true"),
        ("entry", "kind = 'refund'"),
    ):
        assert await books.fetchval(f"SELECT EXISTS (SELECT FROM {table} WHERE {where})"), table


async def test_what_waits_for_a_second_person_ends_a_day_after_it_was_asked(books: Any) -> None:
    """Terms moved with what they are counted from."""
    terms = await books.fetch("SELECT expires_at - requested_at AS term FROM approval")
    assert {row["term"] for row in terms} == {timedelta(days=1)}


async def test_a_shop_that_anybody_used_before_is_never_moved(shown: Shown, books: Any) -> None:
    """What is older than the making is somebody's: nothing is moved, and the reason is told.

    Seen red without the look at what is older.
    """
    before = await books.fetchval("SELECT max(created_at) FROM orders")
    with pytest.raises(RefusedError, match="only a demo's own shop"):
        await move_to_the_past(shown.data, [], time.time())
    assert await books.fetchval("SELECT max(created_at) FROM orders") == before


async def test_ended_while_it_is_made_it_leaves_nothing_running(tmp_path: Path) -> None:
    """Ctrl-C does not have to wait for the shop."""
    data = tmp_path / "shop"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "demo", "--console", "--small", "--keep", str(data),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    while b"hiring" not in (said := await process.stderr.readline()):
        assert said
    process.send_signal(signal.SIGINT)
    output, said = await process.communicate()
    assert process.returncode == 0
    assert output == b""
    assert b"Traceback" not in said
    assert not (data / "postgres" / "postmaster.pid").exists()
