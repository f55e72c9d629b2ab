"""A real gateway process that a test may kill, stop, wake and start again on the same data."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway.ground.config import Config

ROOT = Path(__file__).parents[2]
START_DEADLINE_S = 300.0
STOP_DEADLINE_S = 300.0
GATEWAY = ("gateway",)
GATEWAY_WITH_FAILPOINT = ("tests.chaos.gateway_with_failpoint",)


class GatewayProcess:
    """`quangate serve` on a free port; it outlives nothing that goes wrong in the test."""

    def __init__(
        self,
        config: Config,
        log: Path,
        *,
        workers: int = 1,
        settings: Mapping[str, str] | None = None,
        failpoint: str | None = None,
        clock_s: float | None = None,
        tree: Path = ROOT,
    ) -> None:
        self._config = config
        self.log = log
        self._workers = workers
        self._settings = dict(settings or {})
        self._failpoint = failpoint
        self._tree = tree  # whose code it runs
        self._clock_s = clock_s  # how far its wall clock is ahead
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    async def __aenter__(self) -> "GatewayProcess":
        try:
            await asyncio.to_thread(self.start)
        except BaseException:
            self.kill()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.kill()

    @property
    def url(self) -> str:
        """Without a slash at the end; the same after a restart."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it takes orders. Appends to the log."""
        self.launch()
        self._wait_for_port()

    def launch(self) -> None:
        """Start it without waiting."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("QUANGATE_")}
        environment = {**inherited, "QUANGATE_DATA": str(self._config.data), **self._settings}
        if self._config.database_url is not None:
            environment["QUANGATE_DATABASE_URL"] = self._config.database_url
        if self._failpoint is not None:
            environment["CHAOS_FAILPOINT"] = self._failpoint
        module = GATEWAY if self._failpoint is None else GATEWAY_WITH_FAILPOINT
        if self._clock_s is not None:
            environment["CHAOS_CLOCK"] = str(self._clock_s)
            module = ("tests.chaos.clocks",)
        with self.log.open("a", encoding="utf-8") as stderr:
            stderr.write("--- start\n")
            stderr.flush()
            self._process = subprocess.Popen(
                [sys.executable, "-m", *module, "serve",
                 "--port", str(self._port), "--workers", str(self._workers)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
                env=environment, cwd=self._tree,
            )  # fmt: skip

    def said(self) -> str:
        """What it logged since its last start."""
        return self.log.read_text(encoding="utf-8", errors="replace").rsplit("--- start\n", 1)[-1]

    def _wait_for_port(self) -> None:
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline and self.alive:
            if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", self.said()):
                self._port = int(found.group(1))
                return
            time.sleep(0.02)
        raise AssertionError(f"the gateway did not start: {self.said()[-3000:]}")

    @property
    def alive(self) -> bool:
        """Whether the process runs (or is stopped)."""
        return self._process is not None and self._process.poll() is None

    def wait(self) -> int:
        """Wait for its end; the exit code (negative: the signal)."""
        assert self._process is not None
        return self._process.wait(STOP_DEADLINE_S)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    async def terminate(self) -> int:
        """SIGTERM, drain; the exit code."""
        self.signal(signal.SIGTERM)
        return await asyncio.to_thread(self.wait)

    def kill(self) -> None:
        """SIGKILL, its workers included; nothing when it has ended already."""
        if self.alive:
            children = self.worker_pids()
            self.signal(signal.SIGKILL)
            self.wait()
            for pid in children:
                kill_quietly(pid)

    def worker_pids(self) -> Sequence[int]:
        """The processes that the supervisor started."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        try:
            return [int(pid) for pid in children.read_text().split()]
        except FileNotFoundError:
            return []


def kill_quietly(pid: int) -> None:
    """SIGKILL a process of ours that may have gone already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
