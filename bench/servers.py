"""The processes that are measured: started on the loopback, ended in order, never by name."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 40.0  # the gateway drains for up to 25 s
POLL_S = 0.005


class ServerError(Exception):
    """A process did not start, or a command of the gateway failed; the message ends its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A process that listens on the loopback."""

    port: int
    pid: int


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def echo_server(log: Path) -> AsyncIterator[Server]:
    """The echo peer, listening."""
    port = free_port()
    async with _process(["-m", "bench.peers.echo", str(port)], log=log) as process:
        await _wait_for(process, lambda: _accepts(port), log)
        yield Server(port=port, pid=process.pid)


@asynccontextmanager
async def skip_locked_server(dsn: str, log: Path) -> AsyncIterator[Server]:
    """The FastAPI peer on a prepared database, listening."""
    port = free_port()
    arguments = ["-m", "bench.peers.skip_locked.app", str(port)]
    async with _process(arguments, log=log, environment={"PEER_DSN": dsn}) as process:
        await _wait_for(process, lambda: _accepts(port), log)
        yield Server(port=port, pid=process.pid)


@asynccontextmanager
async def gateway_server(data: Path, log: Path, *, wait: bool = True) -> AsyncIterator[Server]:
    """The gateway on a data directory, one worker, once it takes orders.

    With `wait` off it is yielded at once, for measuring the start itself.
    """
    port = free_port()
    arguments = ["-m", "gateway", "serve", "--data", str(data), "--port", str(port),
                 "--workers", "1", "--log-level", "warning"]  # fmt: skip
    async with _process(arguments, log=log) as process:
        if wait:
            await _wait_for(process, lambda: "listening on http" in _text(log), log)
        yield Server(port=port, pid=process.pid)


async def quangate(data: Path, *arguments: str) -> dict[str, Any]:
    """Run one command of the command line; its JSON answer, or ServerError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", *arguments, "--data", str(data), "--json",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    lines = output.decode().strip().splitlines()
    if process.returncode != 0 or not lines:
        told = lines[-1] if lines else errors.decode().strip()[-500:]
        raise ServerError(f"quangate {' '.join(arguments)}: {told}")
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


@asynccontextmanager
async def _process(
    arguments: list[str], *, log: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=ROOT, stdout=output, stderr=output,
            env={**os.environ, **(environment or {})},
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_DEADLINE_S)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _wait_for(
    process: asyncio.subprocess.Process, ready: Callable[[], bool], log: Path
) -> None:
    try:
        async with asyncio.timeout(START_DEADLINE_S):
            while not ready():
                if process.returncode is not None:
                    raise ServerError(f"it ended with {process.returncode}: {_text(log)[-800:]}")
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        raise ServerError(f"it did not start: {_text(log)[-800:]}") from None


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")
