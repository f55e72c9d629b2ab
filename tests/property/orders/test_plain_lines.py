"""Plain lines say to everybody what lines made one by one would have said: the same bytes."""

import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.catalog.rules import CurrentCatalog
from gateway.ground.http.body import check_strict, decode
from gateway.ground.http.problems import ProblemError
from gateway.ground.native import (
    Allocator,
    KeyRing,
    PlainLines,
    Vault,
    array_literals,
    claimed_literals,
)
from gateway.orders.commit import LINE_COLUMNS
from gateway.orders.line import Answered, Line
from gateway.orders.place import Placed, Placement
from gateway.orders.placed import placed_json
from gateway.orders.plain_batch import lines_of, plain_batch
from gateway.orders.rules import LineOutcome
from gateway.orders.wire import BATCH_DECODER, BATCH_ORDER_DECODER, order_content
from gateway.quotas.rules import Per
from tests.unit.orders.plain_shop import KEY, MOMENT, shop, sku

PATHS = [column.path for column in LINE_COLUMNS]
CATALOG = shop(
    sku(1, "PLAIN"),
    sku(2, "PER-BUYER", quotas=[(7, Per.BUYER), (8, Per.DEVICE)]),
    sku(3, "FEW", quantity_max=3),
)

# Mostly what is plain; now and then what is not, or is no order at all.
texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=8)
odd = st.text(max_size=4) | st.just("x" * 129) | st.none() | st.integers()
numbers = st.from_regex(r"[A-Za-z0-9._:-]{1,6}", fullmatch=True) | st.just("SUB-1")
buyers = st.fixed_dictionaries({}, optional={"id": texts, "device": texts}) | st.fixed_dictionaries(
    {}, optional={"id": odd, "ip": st.just("203.0.113.7"), "x": odd}
)
orders = st.fixed_dictionaries(
    {"out_order_no": numbers, "sku": st.sampled_from(["PLAIN", "PER-BUYER", "FEW", "NOPE"])},
    optional={
        "quantity": st.integers(-1, 501) | st.just(1.0),
        "buyer": buyers,
        "account": st.none() | texts,
        "max_amount": st.integers(0, 9),
    },
)
bodies = st.builds(
    lambda lines, option: orjson.dumps({"orders": lines}, option=option),
    st.lists(orders, max_size=4),
    st.sampled_from([None, orjson.OPT_INDENT_2]),
)


@cache
def core() -> tuple[Vault, KeyRing, Allocator]:
    """What codes are sealed with, where there are any."""
    with tempfile.TemporaryDirectory() as directory:
        return Vault.open(Path(directory) / "kek"), KeyRing(), Allocator()


def one_by_one(body: bytes) -> list[Line]:
    """The lines as Python makes them. ProblemError: there is no such batch, or no such order."""
    check_strict(body)
    placement = Placement(
        catalog=CurrentCatalog(CATALOG), now=lambda: datetime.now(UTC),
        lines=cast("Any", SimpleNamespace(submit=None)),
        buying=cast("Any", None), passes=cast("Any", None), count=[], refused=cast("Any", None),
    )  # fmt: skip
    contents = [
        order_content(decode(BATCH_ORDER_DECODER, raw))
        for raw in decode(BATCH_DECODER, body).orders
    ]
    return [placement.prepare(KEY, content) for content in contents]


@given(bodies)
def test_what_is_plain_is_what_python_makes_of_it(body: bytes) -> None:
    """Whatever is taken as plain is a batch of good orders, none refused, and every member is the
    same; so are the columns of its commit and the answer. Seen red with a member of the content
    left out.
    """
    plain = PlainLines.read(body)
    batch = None if plain is None else plain_batch(CATALOG, KEY, plain, None)
    if batch is None:
        return
    wanted = one_by_one(body)
    assert all(line.refusal is None for line in wanted)
    made = lines_of(batch)
    assert [msgspec.structs.asdict(line) for line in made] == [
        msgspec.structs.asdict(line) for line in wanted
    ]
    codes = [(outlet, [(5, 1, 10, count)]) for outlet, count in batch.lines.wanted()]
    batch.lines.give_codes(codes)
    batch.lines.give_ids(range(100, 100 + len(made)))
    made = lines_of(batch)
    assert array_literals([batch.lines], PATHS) == array_literals(made, PATHS)
    assert claimed_literals([batch.lines]) == claimed_literals([line.runs for line in made])
    assert batch.lines.asks() == ([one.quotas for one in made], [one.quantity for one in made])
    answer = batch.lines.answer(*core(), "k", False, MOMENT)
    settled = [Answered(LineOutcome.CREATED, line.order_id, MOMENT) for line in made]
    assert answer == b",".join(
        b'{"status":201,"order":%b}' % (placed_json(Placed(line, told)) or b"")
        for line, told in zip(made, settled, strict=True)
    )


@given(bodies)
def test_what_is_no_order_is_not_plain(body: bytes) -> None:
    """A batch with something wrong in it is left to those who say what."""
    try:
        lines = one_by_one(body)
    except ProblemError:
        plain = PlainLines.read(body)
        assert plain is None or plain_batch(CATALOG, KEY, plain, None) is None
        return
    different = {line.number for line in lines}
    if any(line.refusal is not None for line in lines) or len(different) < len(lines):
        plain = PlainLines.read(body)
        assert plain is None or plain_batch(CATALOG, KEY, plain, None) is None
