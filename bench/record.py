"""Results that can be judged later: what was measured, of which commit, where and how."""

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.figures import GOALS, Figure
from bench.plan import Plan

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).parent / "results"
RENAMED: Final = {"import_peak_rss_mb": "import_peak_mb"}  # in older results
FSYNC_SAMPLES = 64
WAL_PAGE_BYTES = 8192


def build_record(
    figures: Sequence[Figure],
    plan: Plan,
    *,
    failures: Mapping[str, str],
    not_measured: Mapping[str, str],
    audit: Any,
) -> dict[str, Any]:
    """The content of a result file."""
    return {
        "commit": commit(),
        "dirty": _git("status", "--porcelain", "--untracked-files=no") != "",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(plan.work),
        "method": {k: v for k, v in asdict(plan).items() if k not in {"work", "requests"}}
        | {"loader": "wrk, pre-signed requests, turns A B A B …; see bench/README.md"},
        "figures": {figure.key: figure.as_json() for figure in figures},
        "failures": dict(failures),
        "not_measured": dict(not_measured),
        "audit": audit,
    }


def write_record(record: Mapping[str, Any], directory: Path = RESULTS) -> Path:
    """Write `<date>-<commit>.json`; a later run of the same day and commit takes its place."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{record['date'][:10]}-{record['commit'][:10]}.json"
    staged = path.with_suffix(".tmp")
    staged.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    staged.rename(path)
    return path


def newest_record(directory: Path = RESULTS) -> dict[str, Any] | None:
    """The latest result file by the date within, or None; figures by their names of today."""
    records = [json.loads(p.read_text(encoding="utf-8")) for p in directory.glob("*.json")]
    newest: dict[str, Any] | None = max(records, key=lambda r: str(r["date"]), default=None)
    if newest is not None:
        named = ((RENAMED.get(key, key), one) for key, one in newest["figures"].items())
        newest["figures"] = {key: one for key, one in named if key in GOALS}
    return newest


def commit() -> str:
    """The commit that is checked out, or `unknown` outside a repository."""
    return _git("rev-parse", "HEAD") or "unknown"


def machine(work: Path) -> dict[str, Any]:
    """What the numbers depend on: processor, memory, kernel, and what an fsync costs here."""
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "fsync_us": round(fsync_us(work)),
        "load_average": os.getloadavg()[0],
    }


def fsync_us(directory: Path) -> float:
    """Median microseconds of writing a WAL page and forcing it to disk, where the data lies."""
    taken = []
    path = directory / "fsync.probe"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        for _ in range(FSYNC_SAMPLES):
            began = time.perf_counter_ns()
            os.write(descriptor, bytes(WAL_PAGE_BYTES))
            os.fdatasync(descriptor)
            taken.append((time.perf_counter_ns() - began) / 1000)
    finally:
        os.close(descriptor)
        path.unlink()
    return statistics.median(taken)


def cpu_model() -> str:
    """What the processor calls itself."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=False, capture_output=True, text=True
    )
    return done.stdout.strip() if done.returncode == 0 else ""
