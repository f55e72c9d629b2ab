"""`quangate serve`: one worker in this process, or several under a supervisor.

The supervisor owns the embedded server, migrates once, holds the port, starts the workers
and starts a new one when one dies. It takes no orders itself. It and each worker hold one end
of a socket pair: by it the worker says that it takes orders, and learns that its supervisor is
gone. Then it ends at once, as if killed too: it must not sell beside a successor's workers.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

import structlog
import uvloop

from gateway.compose import compose
from gateway.ground.config import Config, as_environment, unknown_variables
from gateway.ground.errors import ConfigError, RefusedError
from gateway.ground.http import proxy_hint
from gateway.ground.http.front import TRUST_FIX, proxy_complaint
from gateway.ground.http.public_url import authority
from gateway.ground.sql.database import Database, open_database
from gateway.ground.sql.pools import open_worker_database
from gateway.ground.tie import Tie
from gateway.ground.vault import check_key_file, open_vault
from gateway.worker import Worker, bind, harden_process

log = structlog.get_logger()

RESTART_PAUSE_S = 0.5
TIE_VARIABLE = "QUANGATE_WORKER_TIE_FD"  # set by the supervisor for its workers only
PLACE_VARIABLE = "QUANGATE_WORKER_PLACE"  # likewise: from 0, and the next one's when a worker dies
# No module is ever taken from the current directory or PYTHONPATH into a process that holds the
# keys (-P, -E); the user's own site-packages stay (so not -I): Quangate may be installed there.
PYTHON = (sys.executable, "-E", "-P")


def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT."""
    harden_process()
    tie, place = os.environ.pop(TIE_VARIABLE, None), int(os.environ.pop(PLACE_VARIABLE, "0"))
    if tie is not None:
        uvloop.run(_work(config, Tie(int(tie)), place))
        return
    _warn(config)
    check_key_file(config.data)
    if config.workers > 1:
        uvloop.run(_supervise(config))
    else:
        uvloop.run(_work(config, None, 0))


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


async def _work(config: Config, tie: Tie | None, place: int) -> None:
    stopping = _stop_signals()
    if tie is not None:
        tie.follow()
    listening = _bind(config, reuse_port=tie is not None)
    port = listening.getsockname()[1]
    config = replace(config, port=port)  # 0 took a free one; callbacks must find it
    database = await open_worker_database(config, migrate=tie is None)
    try:
        vault = await open_vault(config.data, database.pool)
        parts = await compose(config, database, vault, place)
    except BaseException:
        await database.close()
        raise
    worker = Worker(parts)
    await worker.start(listening)
    if tie is None:
        _say_listening(config.host, port)
    else:
        tie.say_ready()
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
        asyncio.create_task(
            _keep_worker(partial(_spawn, config, port, database, place), stopping, event)
        )
        for place, event in enumerate(ready)
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
    spawn: Callable[[socket.socket], Awaitable[asyncio.subprocess.Process]],
    stopping: asyncio.Event,
    ready: asyncio.Event,
) -> None:
    """Run one worker process, again whenever it ends, until `stopping`."""
    while not stopping.is_set():
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                process = await spawn(theirs)
            exited = asyncio.create_task(process.wait())
            stop = asyncio.create_task(stopping.wait())
            loop = asyncio.get_running_loop()
            loop.add_reader(ours, _take_sign, ours, ready)
            await asyncio.wait([exited, stop], return_when=asyncio.FIRST_COMPLETED)
            loop.remove_reader(ours)
            stop.cancel()
            if not exited.done():
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
                await exited  # and only then let go of the tie: it drains
            elif not stopping.is_set():
                log.error("serve.worker_died", exit_code=process.returncode)
                await asyncio.sleep(RESTART_PAUSE_S)


def _take_sign(ours: socket.socket, ready: asyncio.Event) -> None:
    """A worker said that it takes orders; or its end was closed: it died."""
    with contextlib.suppress(ConnectionResetError):
        if ours.recv(1):
            ready.set()
            return
    asyncio.get_running_loop().remove_reader(ours)


async def _spawn(
    config: Config, port: int, database: Database, place: int, theirs: socket.socket
) -> asyncio.subprocess.Process:
    # Settings go by the environment, never as arguments: arguments are public.
    ignored = unknown_variables(os.environ)  # named once, at our own start
    environment = {
        **{name: text for name, text in os.environ.items() if name not in ignored},
        # What migrates has done so: workers never hold the owner's URL.
        **as_environment(replace(config, port=port, database_url=database.dsn, owner_url=None)),
        TIE_VARIABLE: str(theirs.fileno()),
        PLACE_VARIABLE: str(place),
    }
    reached_by = database.embedded.descriptors if database.embedded is not None else ()
    return await asyncio.create_subprocess_exec(
        *PYTHON, "-m", "gateway", "serve",
        pass_fds=[theirs.fileno(), *reached_by], env=environment, start_new_session=True,
    )  # fmt: skip


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
