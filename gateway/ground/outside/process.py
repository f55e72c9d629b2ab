"""Runs `quangate` as its user would: commands, and servers in the background."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.ground.errors import RefusedError

# As app.PYTHON: nothing is imported from the working directory, or from PYTHONPATH.
PYTHON = (sys.executable, "-E", "-P", "-u")
START_DEADLINE_S = 180.0
STOP_DEADLINE_S = 180.0


def _environment(data: Path, settings: Mapping[str, str]) -> Mapping[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("QUANGATE_")}
    return {**kept, "QUANGATE_DATA": str(data), **settings}


async def quangate(
    data: Path, *arguments: str, settings: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """One command with --json; its answer. Raises RefusedError with what it said.

    Whoever gives up waiting ends it, as a person would by Ctrl-C: it clears up and is gone.
    """
    process = await asyncio.create_subprocess_exec(
        *PYTHON, "-m", "gateway", *arguments, "--json",
        env=_environment(data, settings or {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        output, complaints = await process.communicate()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            await process.wait()
    lines = output.decode().strip().splitlines()
    answer: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    if process.returncode != 0 and "checks" not in answer:
        said = answer.get("error", {}).get("detail") or complaints.decode()[-500:]
        raise RefusedError("process-failed", f"quangate {' '.join(arguments[:2])}: {said}")
    return answer


class Server:
    """A `quangate` process that listens until it is stopped: the gateway, or a simulator.

    `program` is the module that is `quangate`, with what stands before the arguments.
    """

    def __init__(
        self, data: Path, *arguments: str, settings: Mapping[str, str] | None = None,
        program: Sequence[str] = ("gateway",),
    ) -> None:  # fmt: skip
        self._arguments = arguments
        self._program = program
        self._environment = _environment(data, settings or {})
        self._process: asyncio.subprocess.Process | None = None
        self._log: list[str] = []
        self._reader: asyncio.Task[None] | None = None
        self.url = ""

    async def start(self) -> None:
        """Start it and wait until it listens. Raises RefusedError with its last words."""
        self._process = await asyncio.create_subprocess_exec(
            *PYTHON, "-m", *self._program, *self._arguments,
            env=self._environment,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        stderr = self._process.stderr
        assert stderr is not None
        async with asyncio.timeout(START_DEADLINE_S):
            while line := await stderr.readline():
                self._log.append(line.decode(errors="replace"))
                if found := re.search(r"listening on (http://\S+)", self._log[-1]):
                    self.url = found.group(1)
                    self._reader = asyncio.create_task(self._read(stderr))
                    return
        said = "".join(self._log[-5:])
        raise RefusedError("process-failed", f"quangate {self._arguments[0]} did not start: {said}")

    async def _read(self, stderr: asyncio.StreamReader) -> None:
        while line := await stderr.readline():
            self._log = [*self._log[-200:], line.decode(errors="replace")]

    async def stop(self) -> int:
        """SIGTERM, drain, and its exit code."""
        if self._process is None or self._process.returncode is not None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self._process.wait(), STOP_DEADLINE_S)
        except TimeoutError:
            self._process.kill()
            return await self._process.wait()


def gateway(
    data: Path, *, workers: int, settings: Mapping[str, str] | None = None, port: int = 0,
    program: Sequence[str] = ("gateway",),
) -> Server:  # fmt: skip
    """A gateway; on a free port, if none is named."""
    return Server(
        data, "serve", "--port", str(port), "--workers", str(workers),
        settings=settings, program=program,
    )  # fmt: skip


def simulator(data: Path, connector: str, *options: str) -> Server:
    """A simulated platform on a free port."""
    return Server(data, "upstream", "simulate", connector, "--port", "0", *options)
