"""Makes connections: names to addresses, addresses to sockets, sockets to TLS.

Where a guard is wanted it stands here, on the address that is connected to: whatever was written,
resolved or rebound before, nothing later can change it.
"""

import asyncio
import contextlib
import functools
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

from aiohappyeyeballs import start_connection

from connectors.http1.connection import Connection
from connectors.http1.request import Origin

NAME_KEPT_S: Final = 10.0  # enough for a burst of connections, too short to outlive a change
NAMES_MAX: Final = 4096
EYEBALLS_DELAY_S: Final = 0.25  # RFC 8305 §8: before the next address is tried beside

AddressInfo: TypeAlias = tuple[Any, Any, int, str, tuple[Any, ...]]  # as getaddrinfo has it
Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[AddressInfo]]]


class AddressRefusedError(OSError):
    """The guard permits none of the host's addresses."""


def look_up(host: str, port: int) -> Sequence[AddressInfo]:
    """Every address of a host, by the system's resolver; blocks for as long as that likes."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)


async def resolve_apart(
    host: str,
    port: int,
    look_up: Callable[[str, int], Sequence[AddressInfo]] = look_up,
) -> Sequence[AddressInfo]:
    """`look_up` in a thread of its own: a name server that is slow holds up no thread that somebody
    shares, and not the end of the process. Whoever calls bounds how many there are.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Sequence[AddressInfo]] = loop.create_future()

    def settle(addresses: Sequence[AddressInfo] | None, error: Exception | None) -> None:
        if found.done():
            return  # nobody waits any more
        if error is None:
            found.set_result(addresses or ())
        else:
            found.set_exception(error)

    def run() -> None:
        try:
            outcome: tuple[Sequence[AddressInfo] | None, Exception | None] = (
                look_up(host, port), None,
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001 - handed over
            outcome = (None, error)
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, name="resolve", daemon=True).start()
    return await found


@functools.cache
def _usual_context() -> ssl.SSLContext:
    """The system's certificates; read once, which takes tens of milliseconds."""
    return ssl.create_default_context()


class Dialer:
    """`permits` judges numeric addresses; without it every one is connected to.

    `tls` replaces the system's certificates; one that does not verify is a ValueError.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = resolve_apart,
        permits: Callable[[str], bool] | None = None,
    ) -> None:
        self._tls = tls or _usual_context()
        if self._tls.verify_mode is not ssl.CERT_REQUIRED or not self._tls.check_hostname:
            raise ValueError("the TLS context must verify certificates and host names")
        self._resolve = resolve
        self._permits = permits
        self._names: dict[tuple[str, int], tuple[float, asyncio.Future[Sequence[AddressInfo]]]] = {}

    async def dial(self, origin: Origin) -> Connection:
        """A connection, TLS verified; raises OSError, and its kinds gaierror and SSLError."""
        loop = asyncio.get_running_loop()
        addresses = await self._addresses(origin.host, origin.port)
        if self._permits is not None:
            addresses = [one for one in addresses if self._permits(one[4][0])]
            if not addresses:
                raise AddressRefusedError
        try:
            sock = await start_connection(addresses, happy_eyeballs_delay=EYEBALLS_DELAY_S)
        except OSError:
            self._names.pop((origin.host, origin.port), None)  # the host may have moved
            raise
        try:
            _, connection = await loop.create_connection(
                lambda: Connection(loop),
                sock=sock,
                ssl=self._tls if origin.is_tls else None,
                # A name's final dot is for the resolver; certificates are without it.
                server_hostname=origin.host.rstrip(".") if origin.is_tls else None,
            )
        except BaseException:
            sock.close()
            raise
        return connection

    async def _addresses(self, host: str, port: int) -> Sequence[AddressInfo]:
        """One look-up for all who ask at once; whoever gives up leaves it to the others."""
        now = asyncio.get_running_loop().time()
        known = self._names.get((host, port))
        if known is None or known[0] < now:
            if len(self._names) >= NAMES_MAX:
                self._names.clear()
            known = now + NAME_KEPT_S, asyncio.ensure_future(self._resolve(host, port))
            known[1].add_done_callback(lambda done: self._forget_failure((host, port), done))
            self._names[host, port] = known
        return await asyncio.shield(known[1])

    def _forget_failure(
        self, key: tuple[str, int], done: asyncio.Future[Sequence[AddressInfo]]
    ) -> None:
        known = self._names.get(key)
        if (done.cancelled() or done.exception()) and known is not None and known[1] is done:
            del self._names[key]
