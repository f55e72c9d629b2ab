"""The loader: one run of wrk with requests that were made before, and what it counted."""

import asyncio
import json
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("load.lua")
STOP_DEADLINE_S = 20.0
# wrk only takes whole seconds; it is stopped by SIGINT and measures how long it really ran.
WRK_SECONDS_MAX = 120


class LoaderError(Exception):
    """The loader is missing or did not report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the loader saw in one round. Latencies in microseconds, from its own clock."""

    requests: int  # answers read to the end
    duration_s: float
    broken: int  # connections that failed, and time-outs
    laps: int  # how often a thread ran out of fresh requests and began again
    p50_us: int
    p99_us: int
    answers: Mapping[str, int]  # by status, and by problem code from 400 on: "409 sold-out"


def wrk_path() -> str:
    """Where wrk is; raises LoaderError with the way to get it."""
    path = shutil.which("wrk")
    if path is None:
        raise LoaderError("the loader wrk is not installed: apt-get install wrk")
    return path


async def run_load(
    *,
    port: int,
    requests: Path,
    seconds: float,
    connections: int,
    threads: int,
    once: bool = False,
    keep: str | None = None,
) -> Load:
    """Send the files `requests`.N to a loopback port for about `seconds`.

    `once`: no longer than until each request of the only thread was answered. `keep`: what answers
    have as this member is found in `requests`.N.kept, a line each.
    """
    extra = [*(["once"] if once else []), *([f"keep={keep}"] if keep else [])]
    process = await asyncio.create_subprocess_exec(
        wrk_path(), "-t", str(threads), "-c", str(connections), "-d", f"{WRK_SECONDS_MAX}s",
        "--timeout", "10s", "-s", str(SCRIPT), f"http://127.0.0.1:{port}", "--", str(requests),
        *extra,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    reading = asyncio.ensure_future(process.communicate())
    try:
        await asyncio.wait({reading}, timeout=seconds)
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        output, errors = await asyncio.wait_for(reading, STOP_DEADLINE_S)
    except BaseException:
        if process.returncode is None:
            process.kill()
        raise
    return parse_report(output.decode(), errors.decode())


def parse_report(output: str, errors: str) -> Load:
    """Read the JSON line that load.lua prints last; raises LoaderError when there is none."""
    lines = output.strip().splitlines()
    try:
        report: dict[str, Any] = json.loads(lines[-1])
    except (IndexError, ValueError):
        raise LoaderError(f"wrk did not report: {(output + errors).strip()[-500:]}") from None
    return Load(duration_s=report.pop("duration_us") / 1e6, **report)
