"""A key whose worker died: asked for again, it is done; what it did is not done twice."""

from typing import Any

import pytest

from gateway.ground.desk.rest.once import LIVES_S, Once, Told, UnderWayError
from gateway.ground.http.problems import ProblemError
from tests.world.admin import Operator, in_force

ROUTE = "POST /admin/v1/codes/generate"
PAST = "UPDATE desk_request SET alive_until = now() - interval '1 second' WHERE key = $1"
DIED = """
UPDATE desk_request SET status = NULL, answer = NULL, alive_until = now() - interval '1 second',
       change_id = CASE WHEN $2 THEN change_id END
WHERE key = $1
"""


@pytest.fixture
async def ready(admin: Operator) -> Operator:
    """Who may everything, known to the gateway."""
    await in_force(admin)
    return admin


async def stock(ready: Operator, pool: str) -> int:
    """How many codes it ever had."""
    return int((await ready.get("codes/stats", pool=pool)).json["imported"])


async def test_a_key_that_did_nothing_is_taken_over(ready: Operator, connection: Any) -> None:
    """Of another body it is 409, whoever died. Seen red without the taking over: none was made."""
    key = "died-before-it-0001"
    await ready.post("pools", {"pool": "dead"})
    body = {"count": 20, "pool": "dead", "pattern": "AAAA-9999"}
    nothing = await ready.post("codes/generate", {**body, "count": 1}, idempotency_key=key)
    assert nothing.status == 200
    await connection.execute(DIED, key, False)
    assert (await ready.post("codes/generate", body, idempotency_key=key)).status == 409
    again = await ready.post("codes/generate", {**body, "count": 1}, idempotency_key=key)
    assert (again.status, again.json.get("generated")) == (200, 1), again
    assert await stock(ready, "dead") == 2


async def test_what_was_done_is_not_done_again(ready: Operator, connection: Any) -> None:
    """409 that names its row of the log. Seen red with no change noted: 21 codes more."""
    key = "died-after-it-00001"
    await ready.post("pools", {"pool": "done"})
    body = {"count": 21, "pool": "done", "pattern": "AAAA-9999"}
    assert (await ready.post("codes/generate", body, idempotency_key=key)).status == 200
    await connection.execute(DIED, key, True)
    again = await ready.post("codes/generate", body, idempotency_key=key)
    assert (again.status, again.code, again.json["why"]) == (409, "refused", "answer-lost")
    shown = (await ready.get(f"changes/{again.json['change']}")).json
    assert (shown["action"], shown["subject"]) == ("codes.generate", "done")
    assert await stock(ready, "done") == 21


async def test_who_wakes_up_does_nothing_more(ready: Operator, connection: Any) -> None:
    """Taken for dead while it works, another one goes on: the first neither has an effect nor says
    what the answer is. Seen red without the try in `note_request`.
    """
    assert ready.token
    operator = await connection.fetchval("SELECT id FROM operator WHERE name = 'root'")
    named = (operator, ROUTE, "taken-for-dead-0001")
    first, second = Once(named, b"asked"), Once(named, b"asked")
    assert await first.begin(connection, lives_s=LIVES_S) is None
    with pytest.raises(UnderWayError):
        await second.begin(connection, lives_s=LIVES_S)
    await connection.execute(PAST, named[2])
    assert await second.begin(connection, lives_s=LIVES_S) is None
    with pytest.raises(ProblemError) as told:
        await first.note(connection)
    assert told.value.code == "overloaded"
    await first.give_back(connection)
    await second.note(connection)
    await first.end(connection, Told(status=200, body="{}"), '"first"')
    await second.end(connection, Told(status=200, body="{}"), '"second"')
    answered = await first.begin(connection, lives_s=LIVES_S)
    assert answered == Told(status=200, body='"second"', replayed=True)
