"""Working through cases: next, take, assign, note, snooze, escalate; and who may."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import Cli
from tests.contract.cases.conftest import WHY, Counter


async def _emptied(counter: Counter) -> None:
    """Nothing waits any more."""
    while (case := (await counter.sam.post("cases/next")).json["case"]) is not None:
        await counter.sam.post(f"cases/{case['case_no']}/refuse", WHY)


async def test_no_two_people_get_one(counter: Counter) -> None:
    """Twenty ask at once for ten cases: ten get one each, the others none. Seen red without FOR
    NO KEY UPDATE SKIP LOCKED.
    """
    await _emptied(counter)
    opened = {await counter.opened(await counter.order(codes=1), "question") for _ in range(10)}
    answers = await asyncio.gather(
        *(who.post("cases/next") for _ in range(10) for who in (counter.sue, counter.sam))
    )
    got = [answer.json["case"]["case_no"] for answer in answers if answer.json["case"]]
    assert {answer.status for answer in answers} == {200}
    assert len(got) == len(set(got))
    assert set(got) == opened


async def test_who_waits_longest_is_next(counter: Counter) -> None:
    """But for those that rest, and behind those escalated."""
    await _emptied(counter)
    first, second, third = [
        await counter.opened(await counter.order(codes=1), "question") for _ in range(3)
    ]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    snoozed = await counter.sue.post(f"cases/{first}/snooze", {"until": tomorrow})
    assert snoozed.status == 200, snoozed
    assert (await counter.sue.post(f"cases/{third}/escalate")).json["level"] == 1
    order = [(await counter.sue.post("cases/next")).json["case"] for _ in range(3)]
    assert [case and case["case_no"] for case in order] == [third, second, None]
    assert order[0]["assigned_to"] == "sue"
    assert order[0]["state"] == "in_review"


async def test_a_case_is_one_persons(counter: Counter) -> None:
    """Taken by one it is refused to the other, until it is given on."""
    case_no = await counter.opened(await counter.order(codes=1), "question")
    assert (await counter.sue.post(f"cases/{case_no}/take")).json["assigned_to"] == "sue"
    assert (await counter.sue.post(f"cases/{case_no}/take")).status == 200
    taken = await counter.sam.post(f"cases/{case_no}/take")
    assert (taken.status, taken.code) == (409, "refused")
    given = await counter.sue.post(f"cases/{case_no}/assign", {"operator": "sam"})
    assert given.json["assigned_to"] == "sam"
    assert (await counter.sam.post(f"cases/{case_no}/take")).status == 200
    answered = await counter.sam.post(f"cases/{case_no}/resolve", {"reason": "like this"})
    assert (answered.json["state"], answered.json["outcome"]) == ("resolved", "answered")
    assert (await counter.case(case_no))["answer"] == "like this"


async def test_operators_open_cases(counter: Counter) -> None:
    """201; a second open one of the line is 409 `case-open`."""
    order = await counter.order()
    body = {"order_no": order["order_no"], "kind": "refund", "reason": "called us", "amount": 40}
    made = await counter.sue.post("cases", body)
    assert (made.status, made.json["opened_by"], made.json["amount"]) == (201, "sue", 40)
    again = await counter.sue.post("cases", body)
    assert (again.status, again.code) == (409, "case-open")
    seen = (await counter.partner.get(f"/v1/cases?order_no={order['order_no']}")).json["data"]
    assert [case["case_no"] for case in seen] == [made.json["case_no"]]


@pytest.mark.parametrize("verb", ["approve", "refuse", "resolve"])
async def test_deciding_wants_a_reason_at_the_shell(
    counter: Counter, command: Cli, verb: str
) -> None:
    """As everywhere: exit 2, and nothing was done. Seen red when it was done without one."""
    case_no = await counter.opened(await counter.order(), "question")
    assert command("case", verb, case_no, "--json").returncode == 2
    assert (await counter.case(case_no))["state"] == "opened"
    assert command("case", verb, case_no, "--reason", "looked", "--json").returncode == 0


@pytest.mark.parametrize("verb", ["approve", "refuse", "resolve"])
async def test_deciding_wants_a_reason(counter: Counter, verb: str) -> None:
    """400 at `/reason`; finance decides and does not take; others do neither."""
    case_no = await counter.opened(await counter.order(), "question")
    bare = await counter.sue.post(f"cases/{case_no}/{verb}")
    assert (bare.status, bare.json["errors"][0]["pointer"]) == (400, "/reason")
    denied = await counter.fay.post(f"cases/{case_no}/take")
    assert (denied.status, denied.json["permission"]) == (403, "cases:take")
    missing = await counter.fay.post(f"cases/77/{verb}", WHY)
    assert (missing.status, missing.code) == (404, "not-found")
    assert (await counter.fay.post(f"cases/{case_no}/{verb}", WHY)).status == 200
    late = await counter.fay.post(f"cases/{case_no}/{verb}", WHY)
    assert (late.status, late.code) == (409, "refused")
