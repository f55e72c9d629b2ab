"""How a command of this machine reaches a gateway that runs on the same data directory.

Each gateway has a socket below `DATA/run/gateways`, under a name of chance. Who answers there runs:
no number in a file is believed. Both ends ask the kernel who the other one is.
"""

import asyncio
import contextlib
import json
import os
import secrets
import socket
import stat
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import structlog

from gateway.ground.errors import ConfigError, QuangateError, RefusedError

log = structlog.get_logger()

RESTART: Final = b"restart\n"
READ_S: Final = 10.0  # for whoever rings to say what it wants
LINE_BYTES_MAX: Final = 65_536

Told = Callable[[int], None]
Restart = Callable[[Told], Awaitable[int]]


@asynccontextmanager
async def answering(data: Path, workers: int, restart: Restart) -> AsyncIterator[None]:
    """Restart the workers, of which there are so many, when somebody rings, during the block.

    Where there can be no socket it says so in the log: then a signal has to do.
    """
    try:
        way = _open(data, make=True)
    except (OSError, QuangateError) as error:
        log.warning("serve.no_restart_socket", error=str(error), instead="SIGHUP")
        yield
        return
    name = f"{secrets.token_hex(8)}.sock"
    listening = socket.socket(socket.AF_UNIX)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError):  # whoever rang has left
            await _answer(reader, writer, workers, restart)
        with contextlib.suppress(OSError):
            writer.close()

    try:
        listening.bind(f"/proc/self/fd/{way}/{name}")
        server = await asyncio.start_unix_server(answer, sock=listening)
        try:
            yield
        finally:
            server.close()
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=way)
    finally:
        listening.close()
        os.close(way)


async def _answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, workers: int, restart: Restart
) -> None:
    if peer_of(writer.get_extra_info("socket")) not in {0, os.geteuid()}:
        return
    async with asyncio.timeout(READ_S):
        if await reader.readline() != RESTART:
            return

    def say(what: Mapping[str, Any]) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            writer.write(json.dumps(what).encode() + b"\n")

    say({"done": 0, "of": workers})
    try:
        replaced = await restart(lambda done: say({"done": done, "of": workers}))
    except QuangateError as error:
        code = error.code if isinstance(error, RefusedError) else "restart-failed"
        say({"error": {"code": code, "detail": str(error)}})
    else:
        say({"workers": replaced})
    await writer.drain()


async def ring(data: Path, progress: Callable[[int, int], None]) -> int:
    """Have every gateway on this directory restart its workers; how many were replaced.

    `progress` hears how many of how many so far. Raises RefusedError: not-running, and what a
    gateway answered; ConfigError where the directory cannot be looked at.
    """
    replaced = 0
    rang = False
    with _gateways(data) as found:
        for caller in found:
            rang = True
            replaced += await _ring(caller, _after(replaced, progress))
    if not rang:
        raise RefusedError(
            "not-running",
            f"no gateway runs on {data}: start one with `quangate serve`, or name the directory of "
            "the one that runs with --data",
        )
    return replaced


def _after(before: int, progress: Callable[[int, int], None]) -> Callable[[int, int], None]:
    return lambda done, of: progress(before + done, before + of)


async def _ring(caller: socket.socket, progress: Callable[[int, int], None]) -> int:
    reader, writer = await asyncio.open_unix_connection(sock=caller, limit=LINE_BYTES_MAX)
    try:
        writer.write(RESTART)
        while line := await reader.readline():
            said = json.loads(line)
            if "error" in said:
                raise RefusedError(said["error"]["code"], said["error"]["detail"])
            if "workers" in said:
                return int(said["workers"])
            progress(said["done"], said["of"])
    except (OSError, ValueError, KeyError) as error:
        raise RefusedError("restart-failed", f"the gateway's answer broke off: {error}") from None
    finally:
        writer.close()
    raise RefusedError("restart-failed", "the gateway ended meanwhile: see its log")


@contextmanager
def _gateways(data: Path) -> Iterator[Iterator[socket.socket]]:
    """Connections to those that run on a directory; what was left by others is removed."""
    try:
        way = _open(data, make=False)
    except FileNotFoundError:
        yield iter(())
        return
    except OSError as error:
        raise ConfigError(
            f"{data / 'run'} cannot be looked at as the uid {os.geteuid()} ({error.strerror}): run "
            "this as the gateway's user"
        ) from None
    try:
        yield _connected(way, os.fstat(way).st_uid)
    finally:
        os.close(way)


def _connected(way: int, owner: int) -> Iterator[socket.socket]:
    for name in sorted(os.listdir(way)):
        if not stat.S_ISSOCK(os.stat(name, dir_fd=way, follow_symlinks=False).st_mode):
            continue
        caller = socket.socket(socket.AF_UNIX)
        try:
            caller.connect(f"/proc/self/fd/{way}/{name}")
        except ConnectionRefusedError:  # it was killed
            caller.close()
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=way)
            continue
        except OSError as error:
            caller.close()
            raise ConfigError(
                f"the gateway's socket {name} cannot be used as the uid {os.geteuid()} "
                f"({error.strerror}): run this as the gateway's user"
            ) from None
        if peer_of(caller) not in {0, owner, os.geteuid()}:
            caller.close()
            raise ConfigError(f"whoever answers at {name} is not the gateway's user: not believed")
        caller.setblocking(False)
        yield caller


def _open(data: Path, *, make: bool) -> int:
    """The directory of the sockets; ours alone, or it is not used."""
    place = data / "run" / "gateways"
    if make:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    way = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    found = os.fstat(way)
    if found.st_mode & 0o022 or (make and found.st_uid != os.geteuid()):
        os.close(way)
        raise ConfigError(f"{place} can be written to by others than uid {os.geteuid()}")
    return way


def peer_of(end: socket.socket) -> int:
    """The uid of whoever is at the other end of a Unix socket."""
    said = end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", said)
    return int(uid)
