"""What is kept of callbacks, however many strangers send: rows that are bounded and small."""

import asyncio
import hashlib
from typing import Any

import pytest

from gateway.dispatch import evidence as rules
from gateway.dispatch.evidence import Evidence
from gateway.dispatch.received import Allowance, Received
from tests.unit.dispatch.test_callback_intake import UPSTREAM, World, event_of, job

HOUR_S = 3600.0


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups keep no distance here: these tests are about what is kept, not about when."""
    monkeypatch.setattr(rules, "KEPT_APART_S", 0.0)


def received(body: bytes, **changes: Any) -> Received:
    """A callback with this body that nothing proves, unless said otherwise."""
    named = changes.pop("named", False)
    return Received(
        upstream_id=UPSTREAM, event=event_of(**{"trusted": False} | changes), body=body, named=named
    )


async def kept(evidence: Evidence, one: Received, attempt: Any, now: float) -> bool:
    """Whether a row says so once it is done."""
    done = evidence.keep(one, attempt, now)
    if done is not None:
        await done
    return done is not None


async def test_an_attempt_has_a_few_rows_of_what_nothing_proves() -> None:
    """A thousand different unproved bodies about one attempt: eight rows, the rest a number.

    Seen red with ROWS_PER_ATTEMPT not looked at: a thousand rows.
    """
    world = World()
    evidence = Evidence(attempts=world)  # type: ignore[arg-type]
    for n in range(1000):
        await kept(evidence, received(b'{"n":%d}' % n), job(), n / 1000)
    assert len(world.kept) == rules.ROWS_PER_ATTEMPT
    assert evidence.unkept == 1000 - rules.ROWS_PER_ATTEMPT


@pytest.mark.parametrize("workers", [1, 4])
async def test_an_upstream_has_so_many_rows_an_hour(workers: int) -> None:
    """Whatever attempts they name, known or not, in an hour: 2,000 rows of all workers together.

    Seen red with the bucket's burst refilled every second.
    """
    world = World()
    evidence = Evidence(attempts=world, share=1 / workers)  # type: ignore[arg-type]
    for n in range(rules.ROWS_PER_HOUR * 2):
        about = None if n % 2 else job(attempt_id=n + 1)
        await kept(evidence, received(b"%d" % n), about, n * HOUR_S / 1e6)
    assert len(world.kept) == pytest.approx(rules.ROWS_PER_HOUR / workers, rel=0.02)
    before = len(world.kept)
    for n in range(rules.ROWS_PER_HOUR * 2):
        await kept(evidence, received(b"later %d" % n), None, HOUR_S * 2)
    assert len(world.kept) - before <= rules.ROWS_PER_HOUR / workers


async def test_what_is_proved_is_always_kept() -> None:
    """A flood of unproved words takes no room from a signed one, or one to the secret address."""
    world = World()
    evidence = Evidence(attempts=world)  # type: ignore[arg-type]
    for n in range(rules.ROWS_PER_HOUR + 10):
        await kept(evidence, received(b"%d" % n), None, 0.0)
    assert not await kept(evidence, received(b"one more"), job(), 0.0)
    assert await kept(evidence, received(b"signed", trusted=True), job(), 0.0)
    assert await kept(evidence, received(b"named", named=True), job(), 0.0)


async def test_the_same_words_are_one_row_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five hundred equal callbacks: one row is written, and told four hundred and ninety-nine more.

    Seen red with each of them written.
    """
    monkeypatch.setattr(rules, "COUNT_EVERY_S", 0.0)
    world = World()
    evidence = Evidence(attempts=world)  # type: ignore[arg-type]
    for _ in range(500):
        await kept(evidence, received(b"again"), job(), 0.0)
    for _ in range(20):  # turns of the loop, no time
        await asyncio.sleep(0)
    assert len(world.kept) == 1
    assert {attempt for attempt, _ in world.counted} == {7}
    assert sum(times for _, times in world.counted) == 499


async def test_of_what_nothing_proves_the_beginning_is_kept() -> None:
    """A KiB of an unproved body, all of a signed one; the digest of all of it either way."""
    world = World()
    evidence = Evidence(attempts=world)  # type: ignore[arg-type]
    body = b"x" * 60_000
    await kept(evidence, received(body), job(), 0.0)
    await kept(evidence, received(body, trusted=True), job(attempt_id=8), 0.0)
    assert [len(evidence) for _, _, evidence in world.kept] == [1024, 60_000]
    assert world.digests == [hashlib.sha256(body).digest()[:16]] * 2


async def test_what_was_not_written_is_written_when_it_comes_again() -> None:
    """A repetition of what failed is not taken for something that is there."""
    world = World(failing={"keep"})
    evidence = Evidence(attempts=world)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="away"):
        await kept(evidence, received(b"once"), job(), 0.0)
    world.failing = set()
    assert await kept(evidence, received(b"once"), job(), 0.0)
    assert len(world.kept) == 1


def test_an_allowance_fills_up_to_its_burst() -> None:
    """One second's worth unless said otherwise, and full from the start."""
    second = Allowance(per_s=2.0)
    assert [second.take(100.0) for _ in range(3)] == [True, True, False]
    hour = Allowance(per_s=1.0, burst=5.0)
    assert [hour.take(0.0) for _ in range(6)] == [True] * 5 + [False]
    assert hour.take(1.0)
