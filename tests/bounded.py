"""Runs code in a process that is ended when it computes for ever.

The bound is no measure of speed: what is tried under it takes milliseconds, or hours.
"""

import resource
import subprocess
import sys

CPU_S_MAX = 60


def output_of(code: str) -> str:
    """What the code prints; fails when it does not end within a minute of processor time."""

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        preexec_fn=bound,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr or f"ended by signal {-done.returncode}"
    return done.stdout.strip()
