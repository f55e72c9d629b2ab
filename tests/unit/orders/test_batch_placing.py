"""A batch between its door and the queue: its lines are made in pieces and enter as one."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest

from gateway.catalog.rules import Catalog, CurrentCatalog
from gateway.ground.http import pieces
from gateway.ground.http.door import Door
from gateway.orders.http_batch import BatchPlacing, codes_under_way, turns
from gateway.orders.line import Answered, Line
from gateway.orders.place import Placement
from gateway.orders.plain_batch import PlainBatch
from gateway.orders.rules import LineOutcome
from gateway.prices.rules import PriceBook

LINES = 100
EMPTY = Catalog(
    keys={},
    skus={},
    skus_by_id={},
    upstreams={},
    webhook_partners=frozenset(),
    partner_names={},
    books={PriceBook: PriceBook(lists={})},
)


class Queue:
    """Takes lines, and keeps in which round of the loop each came."""

    def __init__(self) -> None:
        self.round = 0
        self.rounds: list[int] = []
        self._next = asyncio.get_running_loop().call_soon(self._count)

    def _count(self) -> None:
        self.round += 1
        self._next = asyncio.get_running_loop().call_soon(self._count)

    def stop(self) -> None:
        """Count no further."""
        self._next.cancel()

    def submit(self, line: Line) -> Answered:
        """The rule's own refusal: nothing of these is sold."""
        self.rounds.append(self.round)
        return Answered(LineOutcome.REFUSED, refusal=line.refusal)

    def submit_plain(self, batch: PlainBatch) -> None:
        """Nothing that has to be refused gets here."""
        raise AssertionError(batch)

    def may_repeat(self, partner_id: int, out_order_no: str) -> bool:  # noqa: ARG002
        """Never."""
        return False


class Gate:
    """Proves one body to be partner 7's."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.door = Door()

    async def prove(self, *_: Any, **__: Any) -> tuple[Any, bytes]:
        """The key of partner 7, and the body."""
        return SimpleNamespace(partner_id=7, key_id="k", reads_codes=True), self._body


async def test_a_batch_enters_the_queue_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long its lines take to make: a commit finds all of them or none.

    Seen red with each line entered as soon as it was made: the first eight were committed alone.
    """
    monkeypatch.setattr(pieces, "PIECE_S", -1.0)  # no piece is longer than one look at the clock
    lines = [{"out_order_no": f"B{n}", "sku": "NOPE"} for n in range(LINES)]
    queue = Queue()
    placement = Placement(
        catalog=CurrentCatalog(EMPTY), now=lambda: datetime.now(UTC), lines=queue,
        buying=cast("Any", None), passes=cast("Any", None), count=[0] * len(LineOutcome),
        refused=lambda *_: None,
    )  # fmt: skip
    placing = BatchPlacing(
        cast("Any", Gate(orjson.dumps({"orders": lines}))), placement, cast("Any", None),
        codes=codes_under_way(), turns=turns(),
    )  # fmt: skip
    answer = await placing.place(
        cast("Any", SimpleNamespace(headers={}, trace_id="0" * 32, begin=lambda *_: None))
    )
    queue.stop()
    results = orjson.loads(cast("Any", answer).body)["results"]
    assert [one["problem"]["code"] for one in results] == ["unknown-sku"] * LINES
    assert queue.round > LINES // pieces.BETWEEN_LOOKS  # the loop went round between the pieces
    assert (len(queue.rounds), len(set(queue.rounds))) == (LINES, 1)
