"""The native allocator, order ids, rate limiter and number filter, seen from Python.

The engine's own tests explore interleavings (loom) and compare it with a model in Rust;
these hold the same promises across the boundary, types and errors included.
"""

import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.ground.native import Allocator
from tests.clock import PATIENCE_S

POOL = 3
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
from gateway.ground.native import Allocator, OrderIds
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
