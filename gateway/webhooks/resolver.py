"""Looks up the names that partners chose, so that one slow name server silences nobody else.

Threads that wait for a name server cannot be stopped; so they are shared out: a partner has few,
a domain has few whoever asks for it, and who waits longer than LOOK_UP_S has failed. A thread
counts until it is back, also when nobody waits for it any more.
"""

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Final

from connectors.http1 import AddressInfo, look_up, resolve_apart
from gateway.ground.errors import OverloadedError
from gateway.ground.shares import Shares

LOOK_UP_S: Final = 3.0  # of the 15 s a call has
THREADS: Final = 64
UNBOUNDED: Final = 2**31
OF_A_PARTNER: Final = 4
OF_A_DOMAIN: Final = 4
WAITING_MAX: Final = 256

ASKING: ContextVar[int] = ContextVar("ASKING", default=0)  # the partner a call is made for

LookUp = Callable[[str, int], Sequence[AddressInfo]]


class NameTooSlowError(OSError):
    """The name server did not answer in time, or others that did not took up the threads."""


class Resolver:
    """Resolves for whom ASKING names. Raises what `look_up` raises, and NameTooSlowError."""

    def __init__(self, look_up: LookUp = look_up) -> None:
        self._look_up = look_up
        # Who waits for a share of its own holds up nobody else: a thread is taken last of all.
        self._by_partner = _shares(OF_A_PARTNER, total=UNBOUNDED)
        self._by_domain = _shares(OF_A_DOMAIN, total=UNBOUNDED)
        self._threads = _shares(OF_A_PARTNER, total=THREADS)
        self._under_way: set[asyncio.Task[Sequence[AddressInfo]]] = set()

    async def __call__(self, host: str, port: int) -> Sequence[AddressInfo]:
        """The host's addresses."""
        if _is_number(host):  # what asks no name server needs no thread
            return self._look_up(host, port)
        task = asyncio.create_task(self._in_its_share(host, port))
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        try:
            async with asyncio.timeout(LOOK_UP_S):
                return await asyncio.shield(task)
        except TimeoutError:
            raise NameTooSlowError from None

    def _ended(self, task: "asyncio.Task[Sequence[AddressInfo]]") -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # perhaps nobody waits for it any more

    async def _in_its_share(self, host: str, port: int) -> Sequence[AddressInfo]:
        try:
            async with (
                self._by_partner.held(ASKING.get()),
                self._by_domain.held(domain_of(host)),
                self._threads.held(ASKING.get()),
            ):
                return await resolve_apart(host, port, self._look_up)
        except OverloadedError as error:
            raise NameTooSlowError from error


def domain_of(host: str) -> str:
    """Under which names have the same servers, as far as a name shows: `a.b.example.com` and
    `c.example.com` are one domain, `shop.co.uk` and `bank.co.uk` are two.
    """
    labels = host.lower().rstrip(".").split(".")
    short = len(labels) > 2 and len(labels[-2]) <= 3  # .co.uk, .com.cn
    return ".".join(labels[-3 if short else -2 :])


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _shares(own: int, *, total: int) -> Shares:
    return Shares(total=total, own=own, waiting_max=WAITING_MAX, wait_s=LOOK_UP_S)
