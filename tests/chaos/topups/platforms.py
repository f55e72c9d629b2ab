"""Six simulated platforms that fail in every way of faults.md D and E, by one seed."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from connectors import registry
from connectors.simulation import running
from connectors.simulation.market import Market

# What share of all purchases meets which fault. Faults that end in minutes, by the platform's
# finality window, are for the long run only.
FAULTS: Final[Mapping[str, float]] = {
    "rejected": 0.04,
    "failed": 0.02,
    "executed_dropped": 0.03,
    "partial": 0.02,
    "reversed": 0.02,
    "callbacks_doubled": 0.05,
    "callback_first": 0.03,
    "error_executed": 0.03,
    "throttled": 0.001,
    "garbled": 0.02,
    "truncated": 0.01,
    "no_callback": 0.03,
    "forged_callback": 0.04,
    "late_callback": 0.02,
    "callbacks_stormed": 0.005,
    "contradicted": 0.01,
    "mismatched": 0.01,
    "token_expired": 0.002,
    "hidden": 0.01,
    "hidden_dropped": 0.01,
    "price_changed": 0.01,
    "bad_account": 0.01,
}
FAULTS_OF_THE_LONG_RUN: Final[Mapping[str, float]] = {
    "dropped": 0.01,
    "storm": 0.005,
    "slow": 0.001,
    "huge": 0.002,
    "balance_exhausted": 0.0005,
}
NEVER_RESENT: Final = {"dingconnect"}  # what never arrived there waits for a person
LISTS: Final = {"dtone", "reloadly", "dingconnect"}  # have a list of the day
# Have none, or one without a word for what was taken back: these need a bill.
BILLS: Final = {"fulu", "kasushou", "dayuanren", "dingconnect"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformUnderTest:
    """One platform account."""

    name: str
    connector: str
    url: str
    market: Market


@asynccontextmanager
async def platforms(seed: int, *, long_run: bool) -> AsyncIterator[list[PlatformUnderTest]]:
    """All six, listening; a reversal comes two seconds after success."""
    async with AsyncExitStack() as stack:
        made = []
        for connector in registry.names():
            simulator = await stack.enter_async_context(
                running(
                    connector,
                    settings={"reversal_delay_s": "2", "time_scale": "0.1"},
                    script=script(connector, seed, long_run=long_run),
                )
            )
            made.append(
                PlatformUnderTest(
                    name=connector,
                    connector=connector,
                    url=simulator.url,
                    market=simulator.market,
                )
            )
        yield made


def script(connector: str, seed: int, *, long_run: bool) -> dict[str, Any]:
    """What goes wrong at one platform."""
    faults = dict(FAULTS)
    if long_run and connector not in NEVER_RESENT:
        faults |= FAULTS_OF_THE_LONG_RUN
    if connector == "kasushou":
        del faults["contradicted"]  # its word for a failure, "refunded", takes a success back
    rules, left = [], 1.0
    for name, share in faults.items():
        # Each rule throws its own die: its share is of what the rules before it left.
        rules.append({"account": "", "do": name, "share": share / left})
        left -= share
    # A seed of its own: what one platform refuses, the next one may sell.
    place = registry.names().index(connector)
    return {"seed": seed * 16 + place, "latency_ms": [5, 60], "rules": rules}


def settings_of(connector: str) -> dict[str, str]:
    """The simulator's default credentials, and nothing an operator may leave out."""
    defaults = registry.simulator_settings(connector)
    needed = {one.name for one in registry.settings_of(connector, defaults) if one.required}
    return {k: v for k, v in defaults.items() if k in needed or k == "webhook_secret"}
