"""Talking to a platform from the command line: reads only, never an order."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from gateway.ground.command.command import Call
from gateway.ground.desk.opening import open_desk, open_secrecy
from gateway.ground.errors import RefusedError

if TYPE_CHECKING:
    from connectors.upstream import Upstream

T = TypeVar("T")
DEADLINE_S = 60.0


@asynccontextmanager
async def open_platform(call: Call, name: str) -> "AsyncIterator[Upstream]":
    """The platform behind an upstream's name, with its stored settings."""
    from connectors.egress import open_account
    from connectors.upstream import Upstream
    from gateway.dispatch import administer as upstreams

    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        secrecy = await open_secrecy(desk.config, db)
        stored = await upstreams.read_settings(db, secrecy, name)
    connector, transport = open_account(*stored)
    async with transport:
        yield Upstream(connector=connector, transport=transport)


async def asked(answer: Awaitable[T]) -> T:
    """The platform's answer; RefusedError says why there is none."""
    import asyncio  # late: help has no use for it

    from connectors.contract import UpstreamRefused
    from connectors.exchange import ProtocolError, TransportFailure

    try:
        async with asyncio.timeout(DEADLINE_S):
            return await answer
    except UpstreamRefused as error:
        raise RefusedError("upstream-refused", str(error)) from None
    except ProtocolError as error:
        raise RefusedError("upstream-unreadable", f"its answer cannot be read: {error}") from None
    except TransportFailure as error:
        raise RefusedError("upstream-unreachable", str(error)) from None
    except TimeoutError:
        raise RefusedError("upstream-unreachable", f"no answer in {DEADLINE_S:.0f} s") from None
