"""The connector before its simulator: what every connector has to do with an order.

Add a row here for every answer of the platform's document before you write what reads it.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from connectors import registry
from connectors.contract import (
    AnswerKind,
    CallbackRefused,
    CallbackRequest,
    QueryRequest,
    Reason,
    SubmitRequest,
)
from connectors.judgement import Judgement
from connectors.simulation import running
from connectors.simulation.ledger import OrderState
from connectors.simulation.market import Market
from connectors.transport import HttpTransport
from connectors.upstream import Upstream

CONNECTOR = "example"
FAST = {"settle_s": "0.01"}


@asynccontextmanager
async def stage() -> AsyncIterator[tuple[Upstream, Market]]:
    """The connector, and the simulated platform that it buys at."""
    async with running(CONNECTOR, settings=FAST) as simulator, HttpTransport() as transport:
        keys = registry.simulator_settings(CONNECTOR)
        connector = registry.create(CONNECTOR, simulator.url, keys)
        yield Upstream(connector=connector, transport=transport), simulator.market


def order(tail: str) -> SubmitRequest:
    """An order whose account's end chooses what the platform does."""
    return SubmitRequest(
        attempt_no="T1",
        product_id="25",
        account=f"13800138{tail}",
        max_cost_minor=2000,
        notify_url="http://127.0.0.1:1/",
    )


async def ended(upstream: Upstream, tail: str, kind: AnswerKind) -> Judgement:
    """Ask until the order is what it should become; fails after a while."""
    asked = QueryRequest(attempt_no="T1", product_id="25", account=f"13800138{tail}")
    async with asyncio.timeout(30):
        while True:
            found = await upstream.query(asked)
            if found.kind is kind:
                return found
            await asyncio.sleep(0.01)


def run(test: Coroutine[Any, Any, None]) -> None:
    """Tests need no plugin."""
    asyncio.run(test)


def test_an_order_is_bought_once() -> None:
    """Taken, found done by our number, charged once."""

    async def test() -> None:
        async with stage() as (upstream, market):
            taken = await upstream.submit(order("000"))
            assert taken.kind is AnswerKind.ACCEPTED
            done = await ended(upstream, "000", AnswerKind.SUCCESS)
            [bought] = market.ledger.executions()
            assert (done.upstream_no, done.cost_minor) == (bought.upstream_no, bought.price_minor)

    run(test())


@pytest.mark.parametrize("tail", ["003", "009", "011"])
def test_a_lost_answer_is_unknown_and_found(tail: str) -> None:
    """Executed, and nothing readable came back: never called failed, never bought again."""

    async def test() -> None:
        async with stage() as (upstream, market):
            assert (await upstream.submit(order(tail))).kind is AnswerKind.UNKNOWN
            await ended(upstream, tail, AnswerKind.SUCCESS)
            assert len(market.ledger.executions()) == 1

    run(test())


def test_a_refusal_executes_nothing() -> None:
    """001: refused for a reason that does not pause the upstream; 010: throttled, not sent."""

    async def test() -> None:
        async with stage() as (upstream, market):
            refused = await upstream.submit(order("001"))
            assert (refused.kind, refused.reason) == (
                AnswerKind.REJECTED,
                Reason.PRODUCT_UNAVAILABLE,
            )
            assert (await upstream.submit(order("010"))).kind is AnswerKind.NOT_SENT
            assert market.ledger.executions() == []

    run(test())


def test_what_is_not_there_is_not_found() -> None:
    """004: the request never arrived."""

    async def test() -> None:
        async with stage() as (upstream, _market):
            assert (await upstream.submit(order("004"))).kind is AnswerKind.UNKNOWN
            await ended(upstream, "004", AnswerKind.NOT_FOUND)

    run(test())


def test_callbacks_are_verified() -> None:
    """A true one names the order; a forged, a changed and an old one are refused."""

    async def test() -> None:
        async with stage() as (upstream, market):
            await upstream.submit(order("012"))
            await ended(upstream, "012", AnswerKind.SUCCESS)
            [bought] = market.ledger.executions()

            def told(*, forged: bool) -> CallbackRequest:
                sent = market.platform.callback(bought, OrderState.SUCCESS, forged=forged)
                assert sent is not None
                headers = {**sent.headers, "content-type": sent.content_type}
                return CallbackRequest(method="POST", path="/", headers=headers, body=sent.body)

            true = told(forged=False)
            event = upstream.parse_callback(true)
            assert (event.attempt_no, event.answer.kind) == ("T1", AnswerKind.SUCCESS)
            changed = replace(true, body=true.body.replace(b"T1", b"T2"))
            for lie in (told(forged=True), changed, replace(true, body=b"\xff")):
                with pytest.raises(CallbackRefused):
                    upstream.parse_callback(lie)
            with pytest.raises(CallbackRefused, match="stale"):
                upstream.connector.parse_callback(true, upstream.now() + 86_400)

    run(test())


def test_the_balance_is_read() -> None:
    """In minor units."""

    async def test() -> None:
        async with stage() as (upstream, market):
            assert (await upstream.balance()).amount_minor == market.balance_minor

    run(test())
