"""Order ids, rates and number filters: what the core counts besides codes."""

import subprocess
import sys
from functools import partial
from pathlib import Path
from subprocess import PIPE

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ground.native import NumberFilter, OrderIds, RateLimiter
from tests.clock import PATIENCE_S

EPOCH_MS = 1_735_689_600_000  # 2025-01-01T00:00:00Z


@given(
    st.lists(
        st.tuples(st.integers(-(2**40), 2**41 - 2**20), st.integers(0, 9_000)),
        min_size=1,
        max_size=30,
    ),
    st.integers(0, 1023),
)
def test_order_ids_grow_and_name_their_slot(calls: list[tuple[int, int]], slot: int) -> None:
    """Whatever the clock does, ids are positive, grow, carry the slot and are never early."""
    ids, last = OrderIds(slot), 0
    for since_epoch_ms, count in calls:
        batch = [*ids.next_many(EPOCH_MS + since_epoch_ms, count)]
        batch.append(ids.next(EPOCH_MS + since_epoch_ms))
        assert all(a < b for a, b in zip([last, *batch], batch, strict=False))
        assert all(
            number >> 12 & 1023 == slot and number >> 22 >= since_epoch_ms for number in batch
        )
        last = batch[-1]
    assert last < 2**63


@pytest.mark.parametrize("slot", [-1, 1024, 70_000])
def test_a_slot_is_ten_bits(slot: int) -> None:
    """Slots beyond 0..=1023 are refused."""
    with pytest.raises(ValueError, match="slot"):
        OrderIds(slot)


@given(
    rate=st.integers(1, 5_000),
    calls=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 400)), max_size=40),
)
def test_rates_hold_in_every_window(rate: int, calls: list[tuple[int, int]]) -> None:
    """In any stretch of time no more is granted than a full bucket and what dripped in since."""
    limiter, now_ms, grants = RateLimiter.local(16), 5_000, list[tuple[int, int]]()
    for step_ms, permits in calls:
        now_ms += step_ms
        granted, remaining, retry_after_ms = limiter.acquire("k", rate, permits, now_ms * 10**6)
        assert 0 <= remaining <= rate
        assert (retry_after_ms == 0) is granted
        if granted:
            grants.append((now_ms, permits))
    for first, (start_ms, _) in enumerate(grants):
        total = 0
        for at_ms, permits in grants[first:]:
            total += permits
            assert total <= rate + rate * (at_ms - start_ms) / 1_000


TAKE_SHARED = """
import sys
from gateway.ground.native import RateLimiter
limiter = RateLimiter.shared(sys.argv[1], 256)
print("ready", flush=True)
sys.stdin.readline()
print(sum(limiter.acquire("k", 700, 1, 10**9)[0] for _ in range(600)))
"""


def test_processes_share_one_bucket(tmp_path: Path) -> None:
    """Four processes that open the file at once and race for a bucket of 700 get 700."""
    command = [sys.executable, "-c", TAKE_SHARED, str(tmp_path / "rates")]
    start = partial(subprocess.Popen, command, stdin=PIPE, stdout=PIPE, text=True)
    with start() as one, start() as two, start() as three, start() as four:
        racers = (one, two, three, four)
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        taken = [int(racer.communicate(timeout=PATIENCE_S)[0]) for racer in racers]
    assert sum(taken) == 700
    assert RateLimiter.shared(tmp_path / "rates", 256).acquire("k", 700, 1, 10**9)[0] is False


def test_a_damaged_file_starts_anew(tmp_path: Path) -> None:
    """A shared file that is not ours costs nothing but its contents."""
    (tmp_path / "rates").write_bytes(b"not ours")
    assert RateLimiter.shared(tmp_path / "rates", 64).acquire("k", 2, 2, 10**9) == (True, 0, 0)
    with pytest.raises(OSError, match="directory"):
        RateLimiter.shared(tmp_path / "no" / "rates", 64)


def test_a_rate_is_positive() -> None:
    """A rate of 0 is the caller's mistake, not a limit."""
    with pytest.raises(ValueError, match="rate"):
        RateLimiter.local(8).acquire("k", 0, 1, 0)


@given(
    st.lists(st.tuples(st.integers(1, 3), st.text(st.characters(exclude_categories=["Cs"])))),
    st.integers(0, 5),
)
def test_the_filter_forgets_nothing(numbers: list[tuple[int, str]], capacity: int) -> None:
    """Every number added, by whichever way and beyond any capacity, is found."""
    known = NumberFilter(capacity)
    for way, (partner_id, number) in enumerate(numbers):
        if way % 3 == 0:
            known.add_one(partner_id, number)
        elif way % 3 == 1 or "\n" in number or not number:
            known.add(partner_id, ["x", number])
        else:
            known.add_lines(partner_id, f"y\n{number}".encode())
    assert all(known.may_contain(partner_id, number) for partner_id, number in numbers)


def test_the_filter_counts_and_tells_partners_apart() -> None:
    """A large text is read whole; repeats do not count; another partner's numbers are unknown.

    Chance: a full filter of 12 bits a number says "perhaps" to p = 0.54 % of the unknown (a block
    of 256 bits holds Poisson(21.3) numbers). Of 2,000 it is 11; 60 or more come with less than
    10⁻²⁴. While it fills the mean of p is below 0.2 %: of 20,000 some 30 seem to be there already;
    300 or more come with less than 10⁻⁶⁰.
    """
    known = NumberFilter(20_000)
    text = b"\n".join(b"order-%d" % n for n in range(20_000))
    known.add_lines(1, text)
    known.add_lines(1, text)
    assert 19_700 <= len(known) <= 20_000
    assert all(known.may_contain(1, f"order-{n}") for n in range(20_000))
    assert sum(known.may_contain(3, f"order-{n}") for n in range(2_000)) < 60


def test_a_filter_beyond_its_capacity_says_so() -> None:
    """Full is what it was made for: 20,000 of 20,000, whoever's numbers they are."""
    known = NumberFilter(20_000)
    known.add_lines(1, b"\n".join(b"order-%d" % n for n in range(10_000)))
    assert not known.full
    known.add_lines(2, b"\n".join(b"order-%d" % n for n in range(20_000)))
    assert known.full
