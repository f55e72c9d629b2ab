"""What one call into the native core costs, Python to Python: the loop around it is included."""

import secrets
import tempfile
import time
from collections.abc import Callable, Mapping
from itertools import repeat
from pathlib import Path
from typing import Any, Final

from bench.figures import Figure
from bench.plan import Plan, Teller
from bench.spread import spread
from gateway.ground.native import Allocator, KeyRing, Vault, new_partner_secrets, seal_claimed

POOL = 1
BATCH = 1
LEASE_CODES = 65_536  # the largest lease there is (design D3)
RUN = 256
PLAINTEXT = b'{"code":"%s"}'
ROUNDS_PER_PLAN_ROUND = 2  # a round takes milliseconds, so there are more of them


async def measure_core(plan: Plan, teller: Teller) -> list[Figure]:
    """Claims and seals; every round works on fresh leases, built outside the clock."""
    rounds = plan.rounds * ROUNDS_PER_PLAN_ROUND
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as directory, teller.steps("micro", rounds) as steps:
        core = _Core(Path(directory))
        taken: dict[str, list[float]] = {name: [] for name in _ROUNDS}
        for _ in range(rounds):
            for name, run in _ROUNDS.items():
                taken[name].append(run(core))
            steps.done(f"one claim {taken['claim_one'][-1]:.0f} ns")
        spreads = {name: spread(values) for name, values in taken.items()}
    for key, measured, beside in (
        ("claim_ns", "claim_one", ("claim_many", "yardstick")),
        ("claim_run_ns_per_code", "claim_run", ()),
        ("seal_us_per_code", "seal_lines", ("seal_runs",)),
    ):
        detail = {name: spreads[name].as_json() for name in beside}
        figures.append(Figure(key=key, spread=spreads[measured], detail=detail))
    return figures


class _Core:
    """A vault, a partner's key and allocators with a full lease of sealed codes."""

    def __init__(self, directory: Path) -> None:
        self.vault = Vault.open(str(directory / "kek"))
        self.vault.new_dek(BATCH)
        self.keys = KeyRing()
        self.key_id = "qk_bench"
        _, _, signing_blob, delivery_blob = new_partner_secrets(self.vault, self.key_id)
        self.keys.put(self.key_id, signing_blob, delivery_blob, self.vault)
        plain = [PLAINTEXT % secrets.token_hex(8).encode() for _ in range(LEASE_CODES)]
        sealed = self.vault.seal_records(POOL, BATCH, 0, plain)
        self.records = [BATCH.to_bytes(8, "big") + record for record in sealed]

    def leased(self) -> Allocator:
        """An allocator with every code free."""
        allocator = Allocator()
        allocator.publish(POOL, 1, 1, 0, self.records)
        return allocator


def _yardstick(_: _Core) -> float:
    """Nanoseconds per call of a builtin that returns a tuple: what any such call costs here."""
    began = time.perf_counter_ns()
    for number in repeat(7, LEASE_CODES):
        divmod(number, 3)
    return (time.perf_counter_ns() - began) / LEASE_CODES


def _claim_one(core: _Core) -> float:
    """Nanoseconds per claim of one code."""
    claim_one = core.leased().claim_one
    began = time.perf_counter_ns()
    for pool in repeat(POOL, LEASE_CODES):
        claim_one(pool)
    return (time.perf_counter_ns() - began) / LEASE_CODES


def _claim_many(core: _Core) -> float:
    """Nanoseconds per claim of one code, 256 requests in a crossing: what the order path does."""
    claim_many = core.leased().claim_many
    requests = [(POOL, 1)] * RUN
    began = time.perf_counter_ns()
    for batch in repeat(requests, LEASE_CODES // RUN):
        claim_many(batch)
    return (time.perf_counter_ns() - began) / LEASE_CODES


def _claim_run(core: _Core) -> float:
    """Nanoseconds per code of runs of 256, over several allocators to have enough calls."""
    allocators = [core.leased() for _ in range(8)]
    began = time.perf_counter_ns()
    for allocator in allocators:
        claim = allocator.claim
        for quantity in repeat(RUN, LEASE_CODES // RUN):
            claim(POOL, quantity)
    return (time.perf_counter_ns() - began) / (LEASE_CODES * len(allocators))


def _seal_lines(core: _Core) -> float:
    """Microseconds per code when 256 orders of one code are sealed in a crossing."""
    allocator = core.leased()
    batches = []
    for _ in range(16):
        runs = allocator.claim_many([(POOL, 1)] * RUN)
        batches.append([(core.key_id, POOL, run) for run in runs])
    return _seal(core, allocator, batches)


def _seal_runs(core: _Core) -> float:
    """Microseconds per code when one order of 256 codes is sealed in a crossing."""
    allocator = core.leased()
    batches = [[(core.key_id, POOL, allocator.claim(POOL, RUN))] for _ in range(16)]
    return _seal(core, allocator, batches)


def _seal(core: _Core, allocator: Allocator, batches: list[Any]) -> float:
    began = time.perf_counter_ns()
    for lines in batches:
        sealed = seal_claimed(core.vault, core.keys, allocator, lines)
        assert None not in sealed  # a line that cannot be opened would cost nothing
    return (time.perf_counter_ns() - began) / (len(batches) * RUN) / 1000


_ROUNDS: Final[Mapping[str, Callable[[_Core], float]]] = {
    "yardstick": _yardstick,
    "claim_one": _claim_one,
    "claim_many": _claim_many,
    "claim_run": _claim_run,
    "seal_lines": _seal_lines,
    "seal_runs": _seal_runs,
}
