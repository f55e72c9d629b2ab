"""What never arrived, on one page: one is sent again, or all of a partner's since a time."""

from typing import Any

import pytest

from gateway.webhooks.pages import SAID_DISABLED, SAID_FAILING, SAID_REACHED, counted, standing
from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import Browser, Page, make_person

URL = "https://127.0.0.1:9/nobody"
MADE = """INSERT INTO webhook
    (id, partner_id, type, sequence, state, attempts, last_error, created_at)
SELECT ((extract(epoch FROM d.at) * 1000)::bigint - 1735689600000) << 22, p.id,
       'order.delivered', 1, 'dead', 10, 'answered 410', d.at
FROM partner p, (SELECT now() - n * interval '1 day' AS at FROM generate_series(1, 3) AS n) AS d
WHERE p.name = $1"""
OLDEST = "SELECT min(id) FROM webhook"


async def test_one_or_all_since(
    tab: Browser, gateway: Gateway, command: Cli, connection: Any
) -> None:
    """One by its button, the rest by a time; each is replayed once. Seen red without the time in
    the statement: all three were sent.
    """
    assert gateway.url
    assert command("partner", "create", "deaf").returncode == 0
    assert command("webhook", "set", "deaf", URL).returncode == 0
    await connection.execute("DELETE FROM webhook")
    await connection.execute(MADE, "deaf")
    oldest = await connection.fetchval(OLDEST)
    caretaker = make_person(command, "caretaker", "admin")
    page = await tab.sign_in(
        caretaker, "/console/dead-letters", code=caretaker.recovery_codes.pop()
    )
    assert "3 dead" in page.text
    assert "answered 410" in page.text
    done = await tab.submit(page.form(f"/webhooks/{oldest}/replay"))
    assert done.status == 200
    assert await _replays(connection) == [1, 0, 0]
    since = await connection.fetchval("SELECT to_char(now() - interval '36 hours', $1)", ISO)
    form = page.form("/deaf/webhook/replay-dead")
    done = await tab.submit(form, since=since)
    assert (done.status, "Replayed 1" in done.text) == (200, True)
    assert await _replays(connection) == [1, 0, 1]
    wrong: Page = await tab.submit((await tab.get("/console/dead-letters")).form("dead"), since="x")
    assert (wrong.status, await _replays(connection)) == (400, [1, 0, 1])


ISO = 'YYYY-MM-DD"T"HH24:MI:SSOF":00"'


async def _replays(connection: Any) -> list[int]:
    rows = await connection.fetch("SELECT replays FROM webhook ORDER BY id")
    return [row["replays"] or 0 for row in rows]


async def test_nobody_is_told_what_cannot_be_sent(
    tab: Browser, command: Cli, connection: Any
) -> None:
    """One and all are refused while the endpoint is disabled, or there is none, which is named
    with what to do; tries and state stay. Seen red: "Done", and all were dead again at once.
    """
    command("partner", "create", "numb")
    command("webhook", "set", "numb", URL)
    await connection.execute("DELETE FROM webhook")
    await connection.execute(MADE, "numb")
    oldest = await connection.fetchval(OLDEST)
    await connection.execute("UPDATE webhook_endpoint SET disabled_at = now()")
    one = command("webhook", "replay", str(oldest), "--json")
    assert (one.returncode, one.json["error"]["code"]) == (1, "endpoint-disabled")
    assert URL in one.json["error"]["detail"]
    assert "webhook set" in one.json["error"]["detail"]
    caretaker = make_person(command, "mender", "ops")
    page = await tab.sign_in(
        caretaker, "/console/dead-letters", code=caretaker.recovery_codes.pop()
    )
    for form in (page.form(f"/webhooks/{oldest}/replay"), page.form("/numb/webhook/replay-dead")):
        told = await tab.submit(form)
        assert (told.status, URL in told.text) == (409, True)
    await connection.execute("DELETE FROM webhook_endpoint")
    all_ = command("webhook", "replay-dead", "numb", "--json")
    assert (all_.returncode, all_.json["error"]["code"]) == (1, "no-endpoint")
    assert await _replays(connection) == [0, 0, 0]
    # What has an address of its own needs no endpoint.
    await connection.execute("UPDATE webhook SET url = $1 WHERE id = $2", URL, oldest)
    assert command("webhook", "replay", str(oldest)).returncode == 0
    assert await _replays(connection) == [1, 0, 0]


@pytest.mark.parametrize(
    ("disabled_at", "failing_since", "said"),
    [(1, 1, SAID_DISABLED), (None, 1, SAID_FAILING), (None, None, SAID_REACHED)],
)
def test_how_it_goes(disabled_at: Any, failing_since: Any, said: str) -> None:
    """The worst is said, and a count that stopped says so."""
    row: Any = {"disabled_at": disabled_at, "failing_since": failing_since}
    assert standing(row)[0] == said
    assert (counted(1000), counted(1001)) == ("1,000", "1,000+")
