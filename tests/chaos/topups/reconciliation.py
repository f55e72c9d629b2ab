"""What an operator does the day after: `quangate reconcile` for every upstream.

Where a platform's list does not tell everything, a bill does, written from what it really did.
"""

import asyncio
import csv
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from connectors.simulation.ledger import OrderState
from gateway.ground.config import Config
from tests.chaos.processes import ROOT
from tests.chaos.topups.platforms import BILLS, LISTS, PlatformUnderTest

WORDS = {OrderState.SUCCESS: "success", OrderState.PARTIAL: "partial",
         OrderState.REVERSED: "reversed"}  # fmt: skip


async def reconcile(config: Config, platforms: Sequence[PlatformUnderTest], began: float) -> None:
    """Reconcile every day of the run; `began` in Unix seconds. Raises if a command cannot run."""
    first, last = datetime.fromtimestamp(began, UTC).date(), datetime.now(UTC).date()
    for platform in platforms:
        for day in sorted({first, last}):
            command = ["reconcile", platform.name, str(day)]
            if platform.connector in LISTS:
                await asyncio.to_thread(_run, config, command)
            if platform.connector in BILLS:
                command += ["--file", str(_write_bill(platform, config.data))]
                await asyncio.to_thread(_run, config, command)


def _run(config: Config, command: Sequence[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway", *command, "--data", str(config.data),
         "--database-url", config.database_url or ""],
        capture_output=True, text=True, cwd=ROOT, check=False, timeout=300,
    )  # fmt: skip
    # 1 with differences on stdout: some of them need a person, and the books are compared anyway.
    assert done.returncode in {0, 1}, done.stderr
    assert "matched" in done.stdout, done.stderr


def _write_bill(platform: PlatformUnderTest, directory: Path) -> Path:
    path = directory / f"bill-{platform.name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        bill = csv.writer(file)
        bill.writerow(["our_no", "upstream_no", "state", "amount"])
        for order in platform.market.ledger.executions():
            if word := WORDS.get(order.state):
                bill.writerow([order.our_no, order.upstream_no, word, order.price_minor])
    return path
