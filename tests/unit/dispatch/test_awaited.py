"""An acceptance waits a moment for the end: it is written once, or overtaken, never lost."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from connectors.contract import AnswerKind, Capabilities
from connectors.judgement import Judgement
from gateway.dispatch import awaited as room
from gateway.dispatch.attempt import AttemptState, News
from gateway.dispatch.awaited import END_TOLD_S, Awaited
from gateway.dispatch.job import Job
from gateway.dispatch.settlement import Decision, Next
from tests.clock import pass_time, turns

ABLE = Capabilities(callbacks_trusted=True, asked_by_our_number=True)
ACCEPTED = Decision(news=News.ACCEPTED, check_in_s=1.0)
ANSWER = Judgement(kind=AnswerKind.ACCEPTED, upstream_no="U7", cost_minor=98)


class Written(list[int]):
    """The attempts whose acceptance was written; `fails`: not this time."""

    fails = False

    async def write(self, job: Job, decision: Decision, answer: Judgement) -> str:
        """As the decisions carry it out."""
        assert (decision, answer) == (ACCEPTED, ANSWER)
        self.append(job.attempt_id)
        if self.fails:
            raise RuntimeError
        return "applied"


def job(number: int = 7, **members: Any) -> Job:
    """A top-up that was sent for the first time."""
    return Job(
        attempt_id=number, partner_id=1, order_id=number, sku_id=1, upstream_id=1, product_id="25",
        quantity=1, amount_minor=100, cost_max_minor=None, face_minor=None, ordered_at=0.0,
        since=0.0, **{"account": "13800138000", **members},
    )  # fmt: skip


async def test_an_end_in_time_leaves_nothing_to_write() -> None:
    """Told within the moment: the acceptance is never written, and what it told is in the job."""
    written, one = Written(), job()
    awaited = Awaited(written.write)
    awaited.sent(one)
    assert awaited.put_off(one, ACCEPTED, ANSWER, ABLE)
    assert awaited.has_accepted(7)
    assert (one.upstream_no, one.cost_minor) == ("U7", 98)
    awaited.ended(one)
    await pass_time(2 * END_TOLD_S)
    assert written == []
    assert (awaited.get(7), awaited.has_accepted(7)) == (None, False)


async def test_without_an_end_it_is_written_once() -> None:
    """A callback that is lost or late: each acceptance is written when its moment is over."""
    written = Written()
    awaited = Awaited(written.write)
    for number in (1, 2):
        one = job(number)
        awaited.sent(one)
        assert awaited.put_off(one, ACCEPTED, ANSWER, ABLE)
        await pass_time(END_TOLD_S / 2)
    assert written == [1]
    await pass_time(2 * END_TOLD_S)
    assert written == [1, 2]
    assert awaited.get(1) is not None  # its end is still awaited
    assert not awaited.has_accepted(1)


async def test_a_worker_that_ends_writes_what_waits() -> None:
    """A drain leaves no acceptance behind, also when writing one of them breaks."""
    written = Written()
    written.fails = True
    awaited = Awaited(written.write)
    for number in (1, 2, 3):
        one = job(number)
        awaited.sent(one)
        awaited.put_off(one, ACCEPTED, ANSWER, ABLE)
    await awaited.stop()
    await pass_time(2 * END_TOLD_S)
    assert sorted(written) == [1, 2, 3]


@pytest.mark.parametrize(
    ("one", "decision", "able"),
    [
        (job(), structs.replace(ACCEPTED, news=News.UNCERTAIN), ABLE),
        (job(), structs.replace(ACCEPTED, next=Next.HOLD), ABLE),
        (job(state=AttemptState.UNCERTAIN), ACCEPTED, ABLE),  # its order is told to be in doubt
        (job(account=""), ACCEPTED, ABLE),  # codes come by a query alone
        (job(), ACCEPTED, replace(ABLE, callbacks_trusted=False)),
        (job(), ACCEPTED, replace(ABLE, asked_by_our_number=False)),  # the number must be durable
    ],
)
async def test_what_may_not_wait(one: Job, decision: Decision, able: Capabilities) -> None:
    """All but a plain acceptance that is recoverable without its row is written at once."""
    awaited = Awaited(Written().write)
    awaited.sent(one)
    assert not awaited.put_off(one, decision, ANSWER, able)


async def test_an_end_that_came_before_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The callback overtook the answer to the submit, or the job is forgotten: nothing waits."""
    awaited, one = Awaited(Written().write), job()
    awaited.sent(one)
    awaited.ended(one)
    assert not awaited.put_off(one, ACCEPTED, ANSWER, ABLE)
    monkeypatch.setattr(room, "AWAITED_MAX", 1)
    awaited.sent(one)
    awaited.sent(job(8))
    await turns()
    assert not awaited.put_off(one, ACCEPTED, ANSWER, ABLE)
