"""Upstreams, asked by API: what `quangate upstream test|balance|catalog|connectors` says."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.dispatch import platform_command
from gateway.dispatch.desk import UPSTREAM
from gateway.ground.desk.action import Action
from gateway.ground.desk.given import Given
from gateway.ground.desk.job import Site
from gateway.ground.desk.refusal import refused
from gateway.ground.desk.view import Page, View

AT_ONCE_MAX: Final = 2  # of a worker: each may take a minute
_asking = asyncio.Semaphore(AT_ONCE_MAX)


class OneUpstream(Given, frozen=True, kw_only=True):
    """An upstream there is."""

    upstream: Annotated[
        str, Meta(description="An upstream's name.", extra={"argument": True, "metavar": "NAME"})
    ]


class Products(OneUpstream, frozen=True, kw_only=True):
    """How many of its products."""

    limit: Annotated[int, Meta(ge=1, le=10_000, description="At most this many.")] = 100


@asynccontextmanager
async def _in_turn() -> AsyncIterator[None]:
    if _asking.locked():
        raise refused("busy", "upstreams-asked", most=AT_ONCE_MAX)
    async with _asking:
        yield


async def _test(site: Site, given: OneUpstream) -> Mapping[str, Any]:
    async with _in_turn():
        return await platform_command.dial(site.open, given.upstream)


async def _balance(site: Site, given: OneUpstream) -> Mapping[str, Any]:
    async with _in_turn():
        return await platform_command.balance(site.open, given.upstream)


async def _catalog(site: Site, given: Products) -> Mapping[str, Any]:
    async with _in_turn():
        return await platform_command.catalog(site.open, given.upstream, given.limit)


async def _connectors(_: Site, __: Given) -> Mapping[str, Any]:
    return {"connectors": platform_command.connectors()}


def _page(verb: str, doc: str, given: type[Given], read: Any) -> Page:
    """Something to be asked of one, by GET or, as a verb, by POST."""
    return Page(
        noun=UPSTREAM,
        verb=verb,
        doc=doc,
        given=given,
        example=f"GET /admin/v1/upstreams/f1/{verb}",
        permission="upstreams:read",
        read=read,
        route=f"upstreams/{{upstream}}/{verb}",
        at_shell=False,
        on_site=True,
        posted=True,
    )


DECLARED: Final[Sequence[Action | View | Page]] = (
    _page(
        "test",
        "Ask the platform for our balance: address, credentials and signature, without an order.",
        OneUpstream,
        _test,
    ),
    _page("balance", "What may still be spent there, in minor units.", OneUpstream, _balance),
    _page("catalog", "The platform's products: ids, faces and costs.", Products, _catalog),
    Page(
        noun=UPSTREAM,
        verb="connectors",
        doc="The platforms there are connectors for, and the settings each of them takes.",
        given=Given,
        example="GET /admin/v1/upstreams/connectors",
        permission="upstreams:read",
        read=_connectors,
        route="upstreams/connectors",
        at_shell=False,
        on_site=True,
    ),
)
