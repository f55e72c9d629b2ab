"""`quangate serve`: one worker in this process, or several under a supervisor.

The supervisor owns the embedded server, migrates once, holds the port, starts the workers
and starts a new one when one dies. It takes no orders itself.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace

import structlog
import uvloop

from gateway import proxy_hint
from gateway.config import Config, as_environment
from gateway.domain.errors import ConfigError, RefusedError
from gateway.domain.public_url import authority
from gateway.flows.front import TRUST_FIX, proxy_complaint
from gateway.store.database import open_database
from gateway.store.vault import open_vault
from gateway.worker import Worker, bind, harden_process

log = structlog.get_logger()

RESTART_PAUSE_S = 0.5
READY_FD_VARIABLE = "QUANGATE_WORKER_READY_FD"  # set by the supervisor for its workers only


def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT."""
    harden_process()
    is_worker = READY_FD_VARIABLE in os.environ
    if not is_worker:
        _warn(config)
    if config.workers > 1 and not is_worker:
        uvloop.run(_supervise(config))
    else:
        uvloop.run(_work(config))


def _warn(config: Config) -> None:
    """Say what can be seen from the settings alone; the doctor says the same."""
    proxy_hint.forget(config.data)
    why = proxy_complaint(
        config.public_url, config.trusted_proxies, proxy_protocol=config.proxy_protocol, seen=None
    )
    if why is not None:
        log.warning("serve.no_trusted_proxy", why=why, fix=TRUST_FIX)


def _say_listening(host: str, port: int) -> None:
    print(f"listening on http://{authority(host, port)}", file=sys.stderr, flush=True)  # noqa: T201


async def _work(config: Config) -> None:
    stopping = _stop_signals()
    ready_fd = os.environ.get(READY_FD_VARIABLE)
    listening = _bind(config, reuse_port=ready_fd is not None)
    port = listening.getsockname()[1]
    config = replace(config, port=port)  # 0 took a free one; callbacks must find it
    database = await open_database(
        config, connections=config.database_connections, migrate=ready_fd is None
    )
    try:
        worker = Worker(config, database, await open_vault(config.data, database.pool))
        await worker.start(listening)
    except BaseException:
        await database.close()
        raise
    if ready_fd is None:
        _say_listening(config.host, port)
    else:
        with contextlib.suppress(BrokenPipeError):  # the supervisor is already stopping
            os.write(int(ready_fd), b".")
    keeping = asyncio.create_task(database.keep_alive())
    await stopping.wait()
    log.info("serve.draining")
    keeping.cancel()
    if not await worker.stop():
        raise RefusedError("cut-short", "stopped before everything was finished; see the log")


async def _supervise(config: Config) -> None:
    stopping = _stop_signals()
    held = _bind(config, reuse_port=True)  # keeps the port; the workers listen
    port = held.getsockname()[1]
    database = await open_database(config, connections=1)
    await open_vault(config.data, database.pool)
    ready = [asyncio.Event() for _ in range(config.workers)]
    workers = [
        asyncio.create_task(_keep_worker(config, port, database.dsn, stopping, event))
        for event in ready
    ]
    keeping = asyncio.create_task(database.keep_alive())
    all_ready = asyncio.create_task(_all_set(ready))
    stop = asyncio.create_task(stopping.wait())
    await asyncio.wait([all_ready, stop], return_when=asyncio.FIRST_COMPLETED)
    if all_ready.done():
        _say_listening(config.host, port)
    await stop
    all_ready.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    keeping.cancel()
    held.close()
    await database.close()


async def _all_set(events: Sequence[asyncio.Event]) -> None:
    for event in events:
        await event.wait()


async def _keep_worker(
    config: Config, port: int, dsn: str, stopping: asyncio.Event, ready: asyncio.Event
) -> None:
    """Run one worker process, again whenever it ends, until `stopping`."""
    while not stopping.is_set():
        process, readable = await _spawn(config, port, dsn)
        exited = asyncio.create_task(process.wait())
        stop = asyncio.create_task(stopping.wait())
        loop = asyncio.get_running_loop()
        loop.add_reader(readable, _take_sign, readable, ready)
        await asyncio.wait([exited, stop], return_when=asyncio.FIRST_COMPLETED)
        loop.remove_reader(readable)
        os.close(readable)
        stop.cancel()
        if not exited.done():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            await exited
        elif not stopping.is_set():
            log.error("serve.worker_died", exit_code=process.returncode)
            await asyncio.sleep(RESTART_PAUSE_S)


def _take_sign(readable: int, ready: asyncio.Event) -> None:
    """A worker wrote that it takes orders; or its end of the pipe was closed: it died."""
    if os.read(readable, 1):
        ready.set()
    else:
        asyncio.get_running_loop().remove_reader(readable)


async def _spawn(config: Config, port: int, dsn: str) -> tuple[asyncio.subprocess.Process, int]:
    readable, writable = os.pipe()
    os.set_inheritable(writable, True)
    # Settings go by the environment, never as arguments: arguments are public.
    environment = {
        **os.environ,
        # What migrates has done so: workers never hold the owner's URL.
        **as_environment(replace(config, port=port, database_url=dsn, owner_url=None)),
        READY_FD_VARIABLE: str(writable),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "serve",
        pass_fds=[writable], env=environment, start_new_session=True,
    )  # fmt: skip
    os.close(writable)
    return process, readable


def _bind(config: Config, *, reuse_port: bool) -> socket.socket:
    try:
        return bind(config.host, config.port, reuse_port=reuse_port)
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {authority(config.host, config.port)}: {error.strerror}"
        ) from None


def _stop_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping
