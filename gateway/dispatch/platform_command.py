"""Asking a platform what operators want to know: reads only, never an order."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from gateway.ground.desk.opening import Desk, open_secrecy
from gateway.ground.errors import RefusedError

if TYPE_CHECKING:
    from connectors.upstream import Upstream

T = TypeVar("T")
DEADLINE_S = 60.0


OpenDesk: TypeAlias = Callable[[], AbstractAsyncContextManager[Desk]]


async def dial(open_desk: OpenDesk, name: str) -> dict[str, Any]:
    """Address, credentials and signature, tried out. RefusedError: what is wrong with them."""
    began = time.monotonic()
    async with open_platform(open_desk, name) as platform:
        left = await asked(platform.balance())
    return {
        "upstream": name,
        "ok": True,
        "balance": left.amount_minor,
        "currency": left.currency,
        "seconds": round(time.monotonic() - began, 3),
    }


async def balance(open_desk: OpenDesk, name: str) -> dict[str, Any]:
    """What may still be spent there, in minor units."""
    async with open_platform(open_desk, name) as platform:
        left = await asked(platform.balance())
    return {"upstream": name, "balance": left.amount_minor, "currency": left.currency}


async def catalog(open_desk: OpenDesk, name: str, limit: int) -> dict[str, Any]:
    """At most so many of the platform's products; faces and costs in minor units."""
    items: list[Any] = []
    cursor: str | None = None
    async with open_platform(open_desk, name) as platform:
        while len(items) < limit:
            page = await asked(platform.catalog(cursor))
            items += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
    products = [
        {
            "product_id": item.product_id,
            "name": item.name,
            "kind": item.kind,
            "face_value": item.face_minor,
            "cost": item.cost_minor,
            "currency": item.currency,
            "available": item.available,
        }
        for item in items[:limit]
    ]
    return {"upstream": name, "products": products}


def connectors() -> list[dict[str, Any]]:
    """The platforms there are connectors for, and the settings each of them takes; `error` is why
    one from outside cannot be had.
    """
    from connectors import registry

    listed = [asdict(one) for one in registry.listing()]
    return [
        {name: value for name, value in one.items() if name != "error" or value is not None}
        for one in listed
    ]


@asynccontextmanager
async def open_platform(open_desk: OpenDesk, name: str) -> "AsyncIterator[Upstream]":
    """The platform behind an upstream's name, with its stored settings."""
    from connectors.egress import open_account
    from connectors.upstream import Upstream
    from gateway.dispatch import administer as upstreams

    async with open_desk() as desk, desk.transaction(read_only=True) as db:
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
