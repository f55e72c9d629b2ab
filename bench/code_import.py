"""How fast a supplier's code file goes on sale, and how much memory that takes."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import Figure
from bench.plan import Plan, Teller
from bench.servers import ROOT, ServerError, quangate
from bench.spread import spread
from gateway.ground.sql.embedded import EmbeddedServer

POOL = "imported"
CHUNK = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRun:
    """One `quangate codes import` as a process."""

    answer: dict[str, Any]
    seconds: float
    peak_rss_mb: float


async def measure_import(plan: Plan, teller: Teller) -> list[Figure]:
    """Import one generated file into an empty pool; PostgreSQL runs before the clock starts."""
    data = plan.work / "import"
    file = plan.work / "codes.csv"
    server = EmbeddedServer(data)
    await asyncio.to_thread(server.start)
    try:
        await quangate(data, "pool", "create", POOL)
        write_code_file(file, plan.import_codes)
        with teller.steps("import", 1) as steps:
            run = await asyncio.to_thread(_import, data, file)
            per_s = run.answer["imported"] / run.seconds
            steps.done(f"{per_s:,.0f} codes/s, {run.peak_rss_mb:.0f} MB")
    finally:
        file.unlink(missing_ok=True)
        await asyncio.to_thread(server.release)
    if run.answer["imported"] != plan.import_codes:
        raise ServerError(f"the import took {run.answer} of {plan.import_codes} codes")
    detail = {"codes": plan.import_codes, "seconds": round(run.seconds, 2)}
    return [
        Figure(key="import_codes_per_s", spread=spread([per_s]), detail=detail),
        Figure(key="import_peak_mb", spread=spread([run.peak_rss_mb]), detail=detail),
    ]


def write_code_file(path: Path, codes: int) -> None:
    """A CSV of distinct random codes of 20 characters with a pin, as suppliers send them."""
    with path.open("w", encoding="ascii") as out:
        out.write("code,pin\n")
        for start in range(0, codes, CHUNK):
            out.writelines(_lines(start, min(CHUNK, codes - start)))


def _lines(start: int, count: int) -> Iterator[str]:
    noise = secrets.token_hex(8 * count).upper()
    for i in range(count):
        random = noise[16 * i : 16 * i + 16]
        # The number makes it distinct without a set of all codes in memory.
        yield f"{random[:11]}{start + i:09X},{random[11:]}\n"


def _import(data: Path, file: Path) -> ImportRun:
    """Run the command; the wall clock and the peak of its resident memory are its own."""
    output_path = file.with_suffix(".out")
    with output_path.open("w+b") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "codes", "import", str(file), "--pool", POOL,
             "--data", str(data), "--json"],
            cwd=ROOT, stdout=output, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    lines = output_path.read_text(encoding="utf-8").strip().splitlines()
    output_path.unlink()
    if process.returncode != 0 or not lines:
        raise ServerError(f"the import failed: {lines[-1:]}")
    return ImportRun(
        answer=json.loads(lines[-1]), seconds=seconds, peak_rss_mb=usage.ru_maxrss / 1024
    )
