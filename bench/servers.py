"""The processes that are measured: started on the loopback, ended in order, never by name."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START_DEADLINE_S = 180.0  # below valgrind
STOP_DEADLINE_S = 40.0  # the gateway drains for up to 25 s
COMMAND_DEADLINE_S = 1_800.0  # generating the ten million codes of a history is the longest
POLL_S = 0.005
REPORT_BYTES_MAX = 1 << 26  # of what a process of ours says in a line


class ServerError(Exception):
    """A process did not start, or a command of the gateway failed; the message ends its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A process that listens on the loopback."""

    port: int
    process: asyncio.subprocess.Process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def echo_server(
    log: Path, program: Sequence[str] = (sys.executable,)
) -> AsyncIterator[Server]:
    """The echo peer, listening. `program`: what runs it."""
    async with _peer("echo", log, program) as server:
        yield server


@asynccontextmanager
async def protocol_echo_server(log: Path) -> AsyncIterator[Server]:
    """The echo without aiohttp, listening."""
    async with _peer("protocol_echo", log) as server:
        yield server


@asynccontextmanager
async def _peer(
    name: str, log: Path, program: Sequence[str] = (sys.executable,)
) -> AsyncIterator[Server]:
    async with peer_server([*program, "-m", f"bench.peers.{name}"], log) as server:
        yield server


@asynccontextmanager
async def peer_server(
    program: Sequence[str],
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    after: Sequence[str] = (),
) -> AsyncIterator[Server]:
    """A peer, listening: a program whose first argument is its port, and `after` those behind."""
    port = free_port()
    arguments = [str(port), *after]
    async with _process(arguments, log=log, environment=environment, program=program) as process:
        await _wait_for(process, lambda: _accepts(port), log)
        yield Server(port=port, process=process)


@asynccontextmanager
async def gateway_server(
    data: Path,
    log: Path,
    *,
    wait: bool = True,
    port: int | None = None,
    workers: int = 1,
    database_url: str | None = None,
    redis_url: str | None = None,
    program: Sequence[str] = (sys.executable, "-m", "gateway"),
) -> AsyncIterator[Server]:
    """The gateway on a data directory, once it takes orders; webhooks may go to the loopback.

    With `wait` off it is yielded at once, for measuring the start itself. `database_url`: how it
    reaches its database, if not as ever. `program`: what runs the command line.
    """
    port = port or free_port()
    arguments = ["serve", "--data", str(data), "--port", str(port),
                 "--workers", str(workers), "--log-level", "warning"]  # fmt: skip
    environment = {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.0/8"}
    if database_url is not None:
        environment["QUANGATE_DATABASE_URL"] = database_url
    if redis_url is not None:
        environment["QUANGATE_REDIS_URL"] = redis_url
    async with _process(arguments, log=log, environment=environment, program=program) as process:
        if wait:
            await _wait_for(process, lambda: "listening on http" in _text(log), log)
        yield Server(port=port, process=process)


async def crash_server(server: Server) -> None:
    """SIGKILL, and wait until the process is gone; its context must still be left."""
    server.process.kill()
    await asyncio.wait_for(server.process.wait(), STOP_DEADLINE_S)


@asynccontextmanager
async def simulator_server(
    connector: str, log: Path, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Server]:
    """A simulated platform, listening."""
    port = free_port()
    set_ = [
        part for name, value in (settings or {}).items() for part in ("--set", f"{name}={value}")
    ]
    arguments = ["-m", "gateway", "upstream", "simulate", connector, "--port", str(port), *set_]
    async with _process(arguments, log=log) as process:
        await _wait_for(process, lambda: "listening on" in _text(log), log)
        yield Server(port=port, process=process)


@dataclass(frozen=True, slots=True)
class Talk:
    """A process of ours that does as it is told: JSON in on stdin, reports out on stdout."""

    process: asyncio.subprocess.Process
    name: str

    async def ask(self, deadline_s: float, command: Any) -> dict[str, Any]:
        """Tell it something; its report."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        return await self.hear(deadline_s)

    async def hear(self, deadline_s: float) -> dict[str, Any]:
        """Its next report."""
        assert self.process.stdout is not None
        try:
            line = await asyncio.wait_for(self.process.stdout.readline(), deadline_s)
        except TimeoutError:
            raise ServerError(f"{self.name} did not report within {deadline_s:.0f} s") from None
        if not line:
            raise ServerError(f"{self.name}: the process ended")
        report: dict[str, Any] = json.loads(line)
        return report


@asynccontextmanager
async def talking(arguments: list[str], name: str, log: Path) -> AsyncIterator[Talk]:
    """`python -m bench.…` that says `listening` on stderr once it does as it is told."""
    async with _process(["-m", *arguments], log=log, talks=True) as process:
        await _wait_for(process, lambda: "listening" in _text(log), log)
        yield Talk(process, name)


@dataclass(slots=True)
class PartnerServer:
    """bench.partner: sends orders and takes webhooks, by command."""

    process: asyncio.subprocess.Process
    webhook_port: int

    @property
    def webhook_url(self) -> str:
        """Where it is told."""
        return f"http://127.0.0.1:{self.webhook_port}/quangate"

    async def ask(self, deadline_s: float, **command: Any) -> dict[str, Any]:
        """Let it carry out a command; its report. See bench.partner.Sending."""
        return await Talk(self.process, "the partner").ask(deadline_s, command)


@asynccontextmanager
async def partner_server(gateway_port: int, log: Path) -> AsyncIterator[PartnerServer]:
    """A partner of the gateway on that port, taking webhooks."""
    port = free_port()
    arguments = ["-m", "bench.partner", str(gateway_port), str(port)]
    async with _process(arguments, log=log, talks=True) as process:
        await _wait_for(process, lambda: "listening" in _text(log), log)
        yield PartnerServer(process, port)


async def quangate(data: Path, *arguments: str) -> dict[str, Any]:
    """Run one command of the command line; its JSON answer, or ServerError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", *arguments, "--data", str(data), "--json",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        output, errors = await asyncio.wait_for(process.communicate(), COMMAND_DEADLINE_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise ServerError(f"quangate {' '.join(arguments)} did not end") from None
    lines = output.decode().strip().splitlines()
    if process.returncode != 0 or not lines:
        told = lines[-1] if lines else errors.decode().strip()[-500:]
        raise ServerError(f"quangate {' '.join(arguments)}: {told}")
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


@asynccontextmanager
async def _process(
    arguments: list[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    talks: bool = False,
    program: Sequence[str] = (sys.executable,),
) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *program, *arguments, cwd=ROOT, stderr=output,
            stdin=pipe if talks else None, stdout=pipe if talks else output, limit=REPORT_BYTES_MAX,
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
