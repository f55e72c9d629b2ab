"""`python -m tests.chaos.soak`: top-ups under every fault, for as long as you like.

The last line of stdout is one JSON object; exit code 1 if anything in it is wrong.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.chaos.topups.run import Plan, Result, run


def main() -> int:
    """Run once."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak", description=__doc__)
    parser.add_argument("--topups", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kill-every", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("--per-second", type=float, default=0.0, help="0: as fast as possible")
    parser.add_argument("--quick", action="store_true", help="no fault that takes minutes to end")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where the data and log stay")
    options = parser.parse_args()
    plan = Plan(
        topups=options.topups,
        seed=options.seed,
        kill_every_s=options.kill_every,
        long_run=not options.quick,
        per_s=options.per_second,
        patience_s=600.0 if options.quick else 900.0,
        kill_database=True,
    )
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        result = asyncio.run(run(plan, options.keep))
    else:
        with tempfile.TemporaryDirectory(prefix="quangate-soak-") as directory:
            result = asyncio.run(run(plan, Path(directory)))
    return report(plan, result)


def report(plan: Plan, result: Result) -> int:
    """Say it; the exit code."""
    figures = asdict(result.verdicts)
    samples = [*figures.pop("samples"), *result.complaints]
    for sample in samples[:20]:
        sys.stderr.write(f"{sample}\n")
    document = {
        "seed": plan.seed,
        "topups": plan.topups,
        "kills": result.kills,
        **figures,
        "audit_complaints": len(result.complaints),
        "states": result.states,
        "seconds": round(result.seconds, 1),
    }
    print(json.dumps(document))  # noqa: T201 — the command's result
    undecided = plan.long_run and result.verdicts.waiting_for_finality
    return 0 if result.verdicts.good and not result.complaints and not undecided else 1


if __name__ == "__main__":
    raise SystemExit(main())
