"""The figures we publish: one row each, with its target, and what a measurement returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bench.spread import Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A published figure. `target` is a bound to reach; None: there is none yet."""

    title: str
    unit: str
    target: float | None
    at_least: bool = True  # False: the target is the most it may be

    def met(self, value: float) -> bool | None:
        """Whether a value reaches the target; None without one."""
        if self.target is None:
            return None
        return value >= self.target if self.at_least else value <= self.target


# In the order of the published table.
GOALS: Final[Mapping[str, Goal]] = {
    "ratio_echo": Goal(
        title="single orders, one worker, against a bare aiohttp + uvloop echo of the same bytes",
        unit="×", target=1.6,
    ),
    "ratio_protocol_echo": Goal(
        title="the same against an echo by llhttp on uvloop, without aiohttp",
        unit="×", target=0.30,
    ),
    "echo_cpu_us": Goal(
        title="e: processor time of one request of the aiohttp echo, in the same rounds",
        unit="µs", target=None, at_least=False,
    ),
    "cpu_order_e": Goal(
        title="processor time of a single order, gateway and PostgreSQL",
        unit="e", target=0.7, at_least=False,
    ),
    "wal_bytes_per_order": Goal(
        title="log written for a single order", unit="bytes", target=450, at_least=False
    ),
    "growth_ratio": Goal(
        title="the same with 10 M orders and as many codes of others in the database, to without",
        unit="×", target=0.95,
    ),
    "unloaded_p50_echo": Goal(
        title="one order at a time, p50, against the echo's", unit="×", target=8.0, at_least=False
    ),
    "open_p99_echo": Goal(
        title="orders due by chance at 70 % of the peak, p99, against an echo's p50 alone",
        unit="×", target=15.0, at_least=False,
    ),
    "two_workers_ratio": Goal(
        title="one partner's single orders at two workers, against one", unit="×", target=1.7
    ),
    "ratio_skip_locked": Goal(
        title="single orders against FastAPI + asyncpg, `SKIP LOCKED`, a transaction per order",
        unit="×", target=5.0,
    ),
    "ratio_fastapi_one_statement": Goal(
        title="the same against FastAPI + asyncpg, one statement per order", unit="×", target=6.0
    ),
    "ratio_go_one_statement": Goal(
        title="the same against Go's net/http + pgx, one statement per order", unit="×", target=3.0
    ),
    "cpu_ratio_go_one_statement": Goal(
        title="of it, processor time of an order of Go's and PostgreSQL, against ours",
        unit="×", target=5.0,
    ),
    "ratio_redis_always": Goal(
        title="the same against FastAPI + a Lua script in Redis, its log synced always",
        unit="×", target=7.0,
    ),
    "batch_codes_per_s": Goal(
        title="batch endpoint, 100 lines a request", unit="codes/s", target=60_000
    ),
    "batch_line_e": Goal(
        title="processor time of a line of a batch, gateway and PostgreSQL",
        unit="e", target=0.12, at_least=False,
    ),
    "sold_out_ratio_echo": Goal(
        title="sold-out answers against the echo", unit="×", target=0.85
    ),
    "quota_ratio": Goal(
        title="orders with three quotas, one of them a campaign's total, against plain ones",
        unit="×", target=0.75,
    ),
    "hold_confirm_ratio": Goal(
        title="a hold and its confirm, against plain orders", unit="×", target=0.40
    ),
    "refusal_echo": Goal(
        title="processor time of the dearest refusal that looks at the signature",
        unit="echoes", target=1.0, at_least=False,
    ),
    "refusal_head_echo": Goal(
        title="the same of the dearest that the head suffices for",
        unit="echoes", target=0.25, at_least=False,
    ),
    "shapes": Goal(
        title="seven shapes of load: goodput of the worst, of the lesser of peak and offered",
        unit="×", target=0.90,
    ),
    "shapes_p99_ratio": Goal(
        title="the same: p99 of what is accepted, against that at 70 % of the peak",
        unit="×", target=2.0, at_least=False,
    ),
    "shapes_recovered_s": Goal(
        title="the same: until all is as before", unit="s", target=10.0, at_least=False
    ),
    "flood_p99_ratio": Goal(
        title="p99 of partners at 5 % of the peak each while another sends twenty times as much",
        unit="×", target=1.2, at_least=False,
    ),
    "two_nodes_ratio": Goal(
        title="single orders at two gateways on one PostgreSQL, against one with two workers",
        unit="×", target=0.95,
    ),
    "redis_ratio": Goal(title="single orders with Redis, against without", unit="×", target=0.97),
    "redis_lost_ratio": Goal(
        title="the same while it is flushed, frozen or gone", unit="×", target=0.97
    ),
    "backup_ratio": Goal(
        title="single orders while a backup is taken, against without", unit="×", target=0.90
    ),
    "topups_per_s": Goal(
        title="top-ups from order to told partner, ended by callback", unit="/s", target=1_500
    ),
    "topup_e": Goal(
        title="processor time of a top-up, gateway and PostgreSQL together",
        unit="e", target=3.5, at_least=False,
    ),
    "topup_wal_records": Goal(
        title="records of PostgreSQL's log for a top-up, from order to told partner",
        unit="records", target=25, at_least=False,
    ),
    "dead_upstream_cost": Goal(
        title="of these, lost while two dead upstreams are ordered from as well",
        unit="%", target=5.0, at_least=False,
    ),
    "order_to_upstream_p99_ms": Goal(
        title="from a top-up's commit to its arrival upstream at half that pace, p99",
        unit="ms", target=50, at_least=False,
    ),
    "callbacks_burst_slowest_s": Goal(
        title="the slowest acknowledgement in a burst of 100,000 callbacks",
        unit="s", target=2.0, at_least=False,
    ),
    "recovery_s": Goal(
        title="from a restart after SIGKILL, 10,000 top-ups under way, to the first call upstream",
        unit="s", target=5.0, at_least=False,
    ),
    "claim_ns": Goal(
        title="claiming one code, Python to Python", unit="ns", target=100, at_least=False
    ),
    "claim_run_ns_per_code": Goal(
        title="claiming a run of 256, per code", unit="ns", target=1.0, at_least=False
    ),
    "seal_us_per_code": Goal(
        title="decrypting and sealing as JWE, batches of 256, per code",
        unit="µs", target=0.6, at_least=False,
    ),
    "import_codes_per_s": Goal(
        title="importing a code file", unit="codes/s", target=200_000
    ),
    "import_peak_mb": Goal(
        title="memory of the import at its peak", unit="MB", target=200, at_least=False
    ),
    "first_order_s": Goal(
        title="from an empty directory to the first order", unit="s", target=3.0, at_least=False
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure: a key of GOALS, its value (a median) and how it scattered.

    `worst`: it is as good as the worst of what was measured. `parts`: what it consists of, which
    the line of `--json` has in its place.
    """

    key: str
    spread: Spread
    detail: Mapping[str, Any] = field(default_factory=dict)
    worst: bool = False
    parts: Mapping[str, Any] | None = None

    @property
    def value(self) -> float:
        """What is published."""
        if self.worst:
            return self.spread.minimum if GOALS[self.key].at_least else self.spread.maximum
        return self.spread.median

    def as_json(self) -> dict[str, Any]:
        """For the result file."""
        goal = GOALS[self.key]
        return {
            "value": rounded(self.value),
            "unit": goal.unit,
            "target": goal.target,
            "met": goal.met(self.value),
            "spread": self.spread.as_json(),
            **({"parts": dict(self.parts)} if self.parts is not None else {}),
            **({"detail": dict(self.detail)} if self.detail else {}),
        }


def rounded(value: float) -> float:
    """Four significant digits: more than any of these measurements has."""
    return float(f"{value:.4g}")
