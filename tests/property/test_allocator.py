"""The native allocator, order ids, rate limiter and number filter, seen from Python.

The engine's own tests explore interleavings (loom) and compare it with a model in Rust;
these hold the same promises across the boundary, types and errors included.
"""

import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from subprocess import PIPE

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.native import Allocator, NumberFilter, OrderIds, RateLimiter
from tests.clock import PATIENCE_S

POOL = 3
EPOCH_MS = 1_735_689_600_000  # 2025-01-01T00:00:00Z
LEASE_IDS = st.integers(1, 5)

Run = tuple[int, int, int, int]


def lo_of(lease_id: int) -> int:
    """Leases of the tests lie far apart in the sequence."""
    return lease_id * 1_000


def publish(codes: Allocator, lease_id: int, count: int) -> None:
    """A lease of `count` records whose bytes name their positions."""
    lo = lo_of(lease_id)
    codes.publish(POOL, lease_id, 10 + lease_id, lo, [b"%d" % (lo + n) for n in range(count)])


def positions(runs: Iterable[Run]) -> list[int]:
    """Every position of some runs."""
    return [seq for _, _, seq_lo, count in runs for seq in range(seq_lo, seq_lo + count)]


class AllocatorMachine(RuleBasedStateMachine):
    """The allocator beside sets of positions: no code twice, sold = published - free."""

    def __init__(self) -> None:
        super().__init__()
        self.codes = Allocator()
        self.size: dict[int, int] = {}
        self.free: dict[int, set[int]] = {}
        self.held: dict[int, set[int]] = {}
        self.closed: set[int] = set()

    @rule(lease_id=LEASE_IDS, count=st.integers(0, 70))
    def publish(self, lease_id: int, count: int) -> None:
        """A lease is published once, and never empty."""
        if count == 0 or lease_id in self.free:
            with pytest.raises(ValueError, match="lease"):
                publish(self.codes, lease_id, count)
            return
        publish(self.codes, lease_id, count)
        self.size[lease_id] = count
        self.free[lease_id] = set(range(lo_of(lease_id), lo_of(lease_id) + count))
        self.held[lease_id] = set()

    @rule(quantity=st.integers(1, 60))
    def claim(self, quantity: int) -> None:
        """All or nothing, by what is free."""
        self.take(quantity, self.codes.claim(POOL, quantity))

    @rule()
    def claim_one(self) -> None:
        """The fast path gives what `claim(…, 1)` gives."""
        run = self.codes.claim_one(POOL)
        self.take(1, run and [(*run, 1)])

    @rule(quantities=st.lists(st.integers(1, 30), max_size=5))
    def claim_many(self, quantities: list[int]) -> None:
        """A batch is served in order, each line for itself."""
        answers = self.codes.claim_many([(POOL, quantity) for quantity in quantities])
        assert len(answers) == len(quantities)
        for quantity, runs in zip(quantities, answers, strict=True):
            self.take(quantity, runs)

    def take(self, quantity: int, runs: list[Run] | None) -> None:
        """Book a grant; a refusal must be one for want of codes."""
        if runs is None:
            assert sum(map(len, self.free.values())) < quantity
            return
        assert len(positions(runs)) == quantity
        for lease_id, epoch, seq_lo, count in runs:
            assert epoch == 10 + lease_id
            for seq in range(seq_lo, seq_lo + count):
                self.free[lease_id].remove(seq)
                self.held[lease_id].add(seq)
                assert self.codes.record(POOL, lease_id, seq) == b"%d" % seq

    @rule(lease_id=LEASE_IDS, offset=st.integers(-2, 70), count=st.integers(0, 70))
    def give_back(self, lease_id: int, offset: int, count: int) -> None:
        """Only held positions come back; what was not held is refused without effect."""
        seq_lo = lo_of(lease_id) + offset
        run = set(range(seq_lo, seq_lo + count))
        inside = offset >= 0 and count > 0 and offset + count <= self.size.get(lease_id, 0)
        if lease_id in self.free and not inside:
            with pytest.raises(ValueError, match="not inside the lease"):
                self.codes.give_back(POOL, lease_id, seq_lo, count)
        elif lease_id not in self.free or lease_id in self.closed:
            assert self.codes.give_back(POOL, lease_id, seq_lo, count) is False
        elif run <= self.held[lease_id]:
            assert self.codes.give_back(POOL, lease_id, seq_lo, count) is True
            self.held[lease_id] -= run
            self.free[lease_id] |= run
        else:
            with pytest.raises(ValueError, match="not claimed"):
                self.codes.give_back(POOL, lease_id, seq_lo, count)

    @rule(lease_id=LEASE_IDS)
    def close(self, lease_id: int) -> None:
        """Closing drops exactly what was free, once."""
        assert self.codes.close(POOL, lease_id) == len(self.free.get(lease_id, ()))
        if lease_id in self.free:
            self.closed.add(lease_id)
            self.free[lease_id] = set()

    @rule(lease_id=LEASE_IDS)
    def forget(self, lease_id: int) -> None:
        """Forgetting closes, and the records are gone."""
        assert self.codes.forget(POOL, lease_id) is (lease_id in self.free)
        assert self.codes.record(POOL, lease_id, lo_of(lease_id)) is None
        for book in (self.free, self.held, self.size):
            book.pop(lease_id, None)
        self.closed.discard(lease_id)

    @invariant()
    def adds_up(self) -> None:
        """Counters and lists agree with the sets."""
        assert self.codes.remaining(POOL) == sum(map(len, self.free.values()))
        live = [lease_id for lease_id, free in self.free.items() if free]
        assert self.codes.capacity(POOL) == sum(self.size[lease_id] for lease_id in live)
        assert self.codes.lease_ids(POOL) == sorted(self.free.keys() - self.closed)


TestAllocator = AllocatorMachine.TestCase
TestAllocator.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_threads_never_share_a_code() -> None:
    """Eight threads that claim, return and claim again hold every code once in the end."""
    codes = Allocator()
    for lease_id, count in ((1, 900), (2, 1), (3, 600)):
        publish(codes, lease_id, count)

    def buy(quantity: int) -> list[int]:
        kept: list[int] = []
        while (runs := codes.claim(POOL, quantity)) is not None:
            lease_id, _, seq_lo, count = runs[0]
            if seq_lo % 3 == 0 and codes.give_back(POOL, lease_id, seq_lo, count):
                runs = [*runs[1:], *(codes.claim(POOL, count) or [])]
            kept += positions(runs)
        return kept

    with ThreadPoolExecutor(8) as threads:
        held = [seq for kept in threads.map(buy, [1, 2, 3, 1, 5, 7, 1, 2]) for seq in kept]
    while (run := codes.claim_one(POOL)) is not None:
        held.append(run[2])
    assert sorted(held) == [*range(1_000, 1_900), 2_000, *range(3_000, 3_600)]


def test_a_bad_batch_claims_nothing() -> None:
    """A batch with a bad line is refused as a whole, before anything is taken."""
    codes = Allocator()
    publish(codes, 1, 10)
    with pytest.raises(ValueError, match="quantity"):
        codes.claim_many([(POOL, 3), (POOL, 0)])
    with pytest.raises(OverflowError):
        codes.claim_many([(POOL, 3), (POOL, -1)])
    with pytest.raises(TypeError):
        codes.claim_many([(POOL, 3), (POOL, "x")])  # type: ignore[list-item]
    assert codes.remaining(POOL) == 10


def test_a_failed_publication_changes_nothing() -> None:
    """A record that is not bytes leaves no half-published lease behind."""
    codes = Allocator()
    with pytest.raises(TypeError):
        codes.publish(POOL, 1, 1, 0, [b"x", "y"])  # type: ignore[list-item]
    assert (codes.remaining(POOL), codes.lease_ids(POOL)) == (0, [])
    publish(codes, 1, 2)
    assert codes.remaining(POOL) == 2


IN_A_CHILD = """
import os
from gateway.native import Allocator, OrderIds
codes, ids = Allocator(), OrderIds(1)
codes.publish(3, 1, 1, 0, [b"a", b"b"])
calls = [
    lambda: codes.claim(3, 1),
    lambda: codes.claim_one(3),
    lambda: codes.claim_many([(3, 1)]),
    lambda: codes.publish(3, 2, 1, 9, [b"c"]),
    lambda: codes.give_back(3, 1, 0, 1),
    lambda: codes.close(3, 1),
    lambda: codes.forget(3, 1),
    lambda: ids.next(0),
    lambda: ids.next_many(0, 2),
]
child = os.fork()
if child == 0:
    refused = 0
    for call in calls:
        try:
            call()
        except RuntimeError:
            refused += 1
    fresh = Allocator()
    fresh.publish(3, 9, 1, 0, [b"z"])
    os._exit(refused if fresh.claim_one(3) == (9, 1, 0) else 99)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == len(calls), status
assert codes.claim(3, 2) == [(1, 1, 0, 2)]
"""


def test_a_forked_child_owns_nothing() -> None:
    """After a fork the child's calls raise, a new allocator of its own works, the parent sells."""
    subprocess.run([sys.executable, "-c", IN_A_CHILD], check=True, timeout=PATIENCE_S)


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
from gateway.native import RateLimiter
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
