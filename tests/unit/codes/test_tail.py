"""The tail between fakes: whatever breaks, a parked line gets an answer."""

import asyncio
from typing import Any, cast

from gateway.codes.stock import Stock
from gateway.orders.line import Answered, Line
from gateway.orders.rules import LineOutcome
from gateway.orders.tail import Tail
from tests.clock import PATIENCE_S

POOL = 4


class SoldOut:
    """A stock in which the database proved that nothing is left."""

    async def refill(self, outlet: int, demand: int, *, recalled: bool) -> str:  # noqa: ARG002
        """The proof."""
        return "sold_out"


class _Line:
    """As much of a line as the tail looks at."""

    quantity = 1
    parked_at = 0.0
    tries = 0


async def test_a_line_is_answered_even_if_settling_it_as_unsold_breaks() -> None:
    """A bug behind "sold out" answers 500; it never leaves a partner waiting without an end."""
    settled: list[tuple[Line, Answered]] = []

    def broken(line: Line) -> None:
        raise AttributeError(f"a bug, with {line} at hand")

    tail = Tail(
        stock=cast("Stock", SoldOut()),
        requeue=lambda lines: None,  # noqa: ARG005
        answer=lambda line, how: settled.append((line, how)),
        answer_unsold=broken,
        outlet_now=lambda line: POOL,  # noqa: ARG005
    )
    line = cast("Any", _Line())
    tail.park(POOL, line)
    async with asyncio.timeout(PATIENCE_S):
        await tail.idle()
    assert [(each, how.outcome) for each, how in settled] == [(line, LineOutcome.INTERNAL)]
