"""A real gateway in a process of its own, for tests that talk HTTP to it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.ground.config import Config

ROOT = Path(__file__).parents[2]
START_DEADLINE_S = 300.0
STOP_DEADLINE_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A running gateway."""

    port: int
    pid: int
    log: Path

    @property
    def url(self) -> str:
        """Without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running_gateway(
    config: Config, log: Path, settings: Mapping[str, str] | None = None
) -> Iterator[Gateway]:
    """`quangate serve` on a free port; it has to drain and exit with 0 at the end."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("QUANGATE_")}
    environment = {
        **inherited,
        "QUANGATE_DATA": str(config.data),
        "QUANGATE_DATABASE_URL": config.database_url or "",
        **(settings or {}),
    }
    with log.open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "serve", "--port", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=environment,
            cwd=ROOT,
        )
    try:
        yield Gateway(port=_wait_for_port(process, log), pid=process.pid, log=log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_DEADLINE_S) == 0, log.read_text(encoding="utf-8")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _wait_for_port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", log.read_text("utf-8"))
        if found:
            return int(found.group(1))
        time.sleep(0.02)
    raise AssertionError(f"the gateway did not start: {log.read_text('utf-8')}")
