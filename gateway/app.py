"""`quangate serve`: one worker in this process, or several under a supervisor.

The supervisor owns the embedded server, migrates once, holds the sockets, starts the workers and
starts a new one when one dies. It takes no orders itself. It and each worker hold one end of a tie:
by it the worker says that it takes orders, and learns that its supervisor is gone. Then it ends at
once, as if killed too: it must not sell beside a successor's workers.

A single worker works in the supervisor's own process, until the first restart: its successor is a
process, and the one it began in goes on as the supervisor.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import structlog
import uvloop

from gateway.compose import compose
from gateway.ground import tie as words
from gateway.ground.config import Config
from gateway.ground.doorbell import answering
from gateway.ground.errors import QuangateError, RefusedError
from gateway.ground.http import proxy_hint, sockets
from gateway.ground.http.front import TRUST_FIX, proxy_complaint
from gateway.ground.http.public_url import authority
from gateway.ground.sql.pools import open_worker_database
from gateway.ground.tie import Tie
from gateway.ground.vault import check_key_file, open_vault
from gateway.spawner import PLACE_VARIABLE, SOCKETS_VARIABLE, TIE_VARIABLE, Spawner
from gateway.supervisor import Supervisor
from gateway.worker import STOP_S, Worker, harden_process

log = structlog.get_logger()

TELL_EVERY_S = 1.0
KILL_S = STOP_S + 0.5  # from the end of the drain time to the end of a worker that stands still


def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT."""
    harden_process()
    tie = os.environ.pop(TIE_VARIABLE, None)
    place = int(os.environ.pop(PLACE_VARIABLE, "0"))
    descriptors = os.environ.pop(SOCKETS_VARIABLE, "")
    if tie is not None:
        uvloop.run(_work(config, Tie(int(tie)), place, sockets.inherited(descriptors)))
        return
    _warn(config)
    check_key_file(config.data, config.kek)
    uvloop.run(_supervise(config))


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


# ---------------------------------------------------------------- a worker


async def _begin(
    config: Config, place: int, listening: Sequence[socket.socket], *, migrate: bool
) -> tuple[Worker, "asyncio.Task[None]"]:
    """A worker that takes orders, and what keeps its database alive."""
    database = await open_worker_database(config, migrate=migrate)
    try:
        vault = await open_vault(config.data, database.pool, config.kek)
        parts = await compose(config, database, vault, place)
    except BaseException:
        await database.close()
        raise
    worker = Worker(parts)
    others = [each for number, each in enumerate(listening) if number != place]
    await worker.start(listening[place], others)
    return worker, asyncio.create_task(database.keep_alive())


async def _work(config: Config, tie: Tie, place: int, listening: Sequence[socket.socket]) -> None:
    """A process that a supervisor started."""
    stopping = _on_signals(signal.SIGTERM, signal.SIGINT)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    retiring = False
    worker: Worker | None = None

    def told(message: str) -> None:
        nonlocal retiring
        word, _, rest = message.partition(" ")
        if word == words.RETIRE:
            retiring = True
            stopping.set()
        elif word == words.MEAN and worker is not None and not stopping.is_set():
            worker.even_out(float(rest))

    tie.follow(told)
    worker, keeping = await _begin(config, place, listening, migrate=False)
    tie.say(words.READY)
    telling = asyncio.create_task(_tell(tie, worker))
    await stopping.wait()
    log.info("serve.retiring" if retiring else "serve.draining")
    keeping.cancel()
    telling.cancel()
    _require_whole(await worker.stop(retiring=retiring))


async def _tell(tie: Tie, worker: Worker) -> None:
    while True:
        tie.say(f"{words.CONNECTIONS} {worker.connections}")
        await asyncio.sleep(TELL_EVERY_S)


class Within:
    """The worker that works in the supervisor's own process."""

    def __init__(self, worker: Worker, keeping: "asyncio.Task[None]") -> None:
        self._worker = worker
        self._keeping = keeping

    async def retire(self) -> bool:
        """Its successor has begun."""
        log.info("serve.retiring")
        return await self._end(retiring=True)

    async def stop(self) -> bool:
        """The gateway ends."""
        log.info("serve.draining")
        return await self._end(retiring=False)

    async def _end(self, *, retiring: bool) -> bool:
        self._keeping.cancel()
        return await self._worker.stop(retiring=retiring)


# ---------------------------------------------------------------- their supervisor


async def _supervise(config: Config) -> None:
    stopping = _on_signals(signal.SIGTERM, signal.SIGINT)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to replace
    listening = sockets.bind_all(config.host, config.port, config.workers)
    # 0 took a free port; callbacks must find it.
    config = replace(config, port=listening[0].getsockname()[1])
    spawner = Spawner(config, listening)
    supervisor = Supervisor(spawner.spawn, config.workers, patience_s=config.drain_s + KILL_S)

    async def restart(told: Callable[[int], None] = lambda _: None) -> int:
        await spawner.open()
        await spawner.migrate()
        return await supervisor.restart(told)

    async def run() -> None:
        await _start(config, spawner, supervisor, listening)
        _restart_on_hangup(restart)
        async with answering(config.data, config.workers, restart):
            _say_listening(config.host, config.port)
            await stopping.wait()

    serving, stop = asyncio.create_task(run()), asyncio.create_task(stopping.wait())
    await asyncio.wait([serving, stop], return_when=asyncio.FIRST_COMPLETED)
    whole = False
    try:
        if not serving.done():
            serving.cancel()
        await asyncio.wait([serving])
        for each in listening:
            each.close()
        whole = await supervisor.stop()
    finally:
        await spawner.close(hurried=not whole)
    if not serving.cancelled():
        serving.result()
    _require_whole(whole)


async def _start(
    config: Config, spawner: Spawner, supervisor: Supervisor, listening: Sequence[socket.socket]
) -> None:
    """Returns when every place is taken and takes orders."""
    if config.workers == 1:
        supervisor.take(Within(*await _begin(config, 0, [listening[0].dup()], migrate=True)))
    else:
        await spawner.open()
        await supervisor.start()


def _restart_on_hangup(restart: Callable[[], Awaitable[int]]) -> None:
    """SIGHUP replaces the workers too; what comes of it stands in the log."""
    running: set[asyncio.Task[None]] = set()

    async def restarting() -> None:
        try:
            log.info("serve.restarted", workers=await restart())
        except QuangateError as error:
            log.error("serve.restart_failed", error=str(error))  # noqa: TRY400

    def hung_up() -> None:
        task = asyncio.ensure_future(restarting())
        running.add(task)
        task.add_done_callback(running.discard)

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hung_up)


def _require_whole(whole: bool) -> None:
    if not whole:
        raise RefusedError("cut-short", "stopped before everything was finished; see the log")


def _on_signals(*numbers: signal.Signals) -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in numbers:
        loop.add_signal_handler(number, stopping.set)
    return stopping
