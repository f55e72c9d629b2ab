"""Fifty decisions of the same thing at once, backends killed between: never more than once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg
import pytest

from gateway.ground.config import Config
from tests.conftest import as_owner
from tests.world.admin import Answered, Operator

People = Mapping[str, Operator]
AT_ONCE = 50
WHY = {"reason": "seen it"}
BALANCE = "SELECT balance FROM account JOIN partner p ON p.id = partner_id WHERE p.name = 'acme'"


@pytest.fixture
async def owner(config: Config) -> AsyncIterator[Any]:
    """Who may end backends."""
    assert config.database_url is not None
    opened = await asyncpg.connect(as_owner(config.database_url))
    yield opened
    await opened.close()


async def ask(ann: Operator, reference: str) -> str:
    """An adjustment that waits."""
    body = {"amount": -7, "reference": reference, "reason": "typed twice"}
    answer = await ann.post("accounts/acme/adjust", body)
    return str(answer.json["approval"]["id"])


async def end_backends(owner: Any) -> None:
    """Of whoever is deciding, a few times."""
    for _ in range(10):
        await asyncio.sleep(0.03)
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            " AND state <> 'idle' AND query ILIKE '%approval%'"
        )


@pytest.mark.parametrize("kills", [False, True], ids=["calm", "kills"])
async def test_it_is_done_once(people: People, owner: Any, kills: bool) -> None:
    """One entry, one row that says done; everybody else is told that it is decided."""
    before = await owner.fetchval(BALANCE)
    reference = f"once-{kills}"
    approval = await ask(people["ann"], reference)
    deciders = (people["bob"], people["root"])

    async def decide(n: int, verb: str = "approve") -> Answered:
        return await deciders[n % 2].post(f"approvals/{approval}/{verb}", WHY)

    killing = asyncio.ensure_future(end_backends(owner)) if kills else None
    answers = await asyncio.gather(*(decide(n) for n in range(AT_ONCE)))
    if killing is not None:
        await killing
    statuses = Counter(answer.status for answer in answers)
    if not kills:
        assert statuses == {200: 1, 409: AT_ONCE - 1}
    assert statuses[200] <= 1
    for n in range(AT_ONCE):  # whoever was cut off tries again
        if (await decide(n)).status == 409:
            break
    shown = (await people["ann"].get(f"approvals/{approval}")).json
    assert shown["state"] == "done"
    entries = await owner.fetchval("SELECT count(*) FROM entry WHERE reference = $1", reference)
    assert (entries, await owner.fetchval(BALANCE)) == (1, before - 7)


async def test_of_yes_and_no_one_holds(people: People, owner: Any) -> None:
    """Whichever is first."""
    before = await owner.fetchval(BALANCE)
    approval = await ask(people["ann"], "yes-or-no")
    answers = await asyncio.gather(
        *(
            people["bob"].post(f"approvals/{approval}/{verb}", WHY)
            for _ in range(10)
            for verb in ("approve", "refuse")
        )
    )
    (first,) = [answer for answer in answers if answer.status == 200]
    moved = {"done": -7, "refused": 0}[first.json["state"]]
    assert await owner.fetchval(BALANCE) == before + moved


async def test_one_key_is_one_request(people: People, owner: Any) -> None:
    """Asked for many times at once with one key: 202 each time, one request."""
    body = {"amount": -7, "reference": "key-1", "reason": "typed twice"}
    answers = await asyncio.gather(
        *(
            people["ann"].post("accounts/acme/adjust", body, idempotency_key="many-at-once-0001")
            for _ in range(10)
        )
    )
    assert {(a.status, a.json["approval"]["id"]) for a in answers} == {
        (202, answers[0].json["approval"]["id"])
    }
    kept = "SELECT count(*) FROM approval WHERE parameters LIKE '%key-1%'"
    assert await owner.fetchval(kept) == 1


async def test_what_waits_is_asked_for_once(people: People, owner: Any) -> None:
    """Asked for many times at once without a key, for one reason or another: one request waits.

    When it is decided, the same may be asked for again. Seen red without the look for it (10
    requests waited), and without the lock before it (several did).
    """
    ann, bob = people["ann"], people["bob"]
    reasons = ("typed twice", "asked again")
    bodies = [{"amount": -7, "reference": "no-key-1", "reason": why} for why in reasons * 5]
    answers = await asyncio.gather(*(ann.post("accounts/acme/adjust", body) for body in bodies))
    (waits,) = {answer.json["approval"]["id"] for answer in answers}
    assert {answer.status for answer in answers} == {202}
    counted = "SELECT count(*) FROM {} WHERE {}::text LIKE '%no-key-1%'"
    assert await owner.fetchval(counted.format("approval", "parameters")) == 1
    assert await owner.fetchval(counted.format("change", "given")) == 1
    assert (await bob.post(f"approvals/{waits}/refuse", WHY)).json["state"] == "refused"
    assert await ask(ann, "no-key-1") != waits


async def test_the_database_knows_who_is_who(owner: Any) -> None:
    """A constraint, whatever a program forgets: nobody decides his own, in any spelling."""
    for person in ("ann", "ANN"):
        with pytest.raises(asyncpg.CheckViolationError, match="approval_four_eyes"):
            await owner.execute(
                "UPDATE approval SET state = 'refused', decided_by = 'x', decider_person = $1,"
                " decided_at = now() WHERE requester_person = 'ann' AND state = 'waiting'",
                person,
            )
    with pytest.raises(asyncpg.PostgresError, match="approval"):
        await owner.execute("UPDATE approval SET parameters = '{}'")
    with pytest.raises(asyncpg.PostgresError, match="approval"):
        await owner.execute("UPDATE approval SET state = 'waiting' WHERE state = 'done'")
    with pytest.raises(asyncpg.PostgresError, match="approval"):
        await owner.execute("DELETE FROM approval")
