"""Pages offer what would not be refused: `Action.fits` asks the rule that refuses."""

from itertools import product
from typing import Any

import pytest

from gateway.ground.desk.action import Action
from gateway.ground.desk.html.address import path_of
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.nouns import ACTIONS
from gateway.orders.pages import CANCEL, OPEN_CASE, RESOLVE, REVEAL, offers
from gateway.orders.resolve import DECIDABLE, VERDICTS, _check_verdict, is_resolvable

BY_PATH = {path_of(action): action for action in ACTIONS}


def offered(order: dict[str, Any], **parts: Any) -> list[str]:
    """The forms on an order's page, of somebody who may everything."""
    life = {"account": None, "parked": None, "attempts": [], "cases": [], "pieces": [], **order}
    thing = {**life, **parts}
    return [path for path in offers(thing) if _fits(BY_PATH[path], thing)]


def _fits(action: Action, thing: dict[str, Any]) -> bool:
    return action.fits is None or action.fits(thing)


@pytest.mark.parametrize(
    ("state", "parked", "upstream", "codes"),
    [*product(DECIDABLE, [None, "echo"], [True, False], [True, False])],
)
def test_resolving_is_offered_where_some_verdict_is_taken(
    *, state: str, parked: str | None, upstream: bool, codes: bool
) -> None:
    """And nowhere else. Seen red with the offer as it was: whatever had not ended."""
    order: Any = {
        "state": state, "parked": parked, "from_upstream": upstream, "delivers_codes": codes,
    }  # fmt: skip
    taken = []
    for verdict in VERDICTS:
        try:
            _check_verdict(order, "1", verdict)
        except DeskRefusedError:
            continue
        taken.append(verdict)
    life = {
        "state": state, "parked": parked, "account": None if codes else "13800138000",
        "attempts": [{"state": "succeeded"}] if upstream else [],
    }  # fmt: skip
    assert is_resolvable(life) is bool(taken)


def test_what_makes_sense_comes_first() -> None:
    """Of a parked order its decision; cancelling only where nothing was sent; one case at once."""
    unsent, sent = [{"state": "created"}], [{"state": "sent"}]
    parked = {"state": "processing", "parked": "echo", "account": "1"}
    assert offered(parked, attempts=sent) == [RESOLVE, OPEN_CASE]
    calm = {"state": "processing", "account": "1"}
    assert offered(calm, attempts=unsent) == [OPEN_CASE, CANCEL, RESOLVE]
    assert offered(calm, attempts=sent) == [OPEN_CASE, RESOLVE]
    stock = {"state": "delivered"}
    assert offered(stock, pieces=[1]) == [REVEAL, OPEN_CASE]
    assert offered(stock, pieces=[1], cases=[{"state": "acting"}]) == [REVEAL]
    assert offered(stock, pieces=[1], cases=[{"state": "refused"}]) == [REVEAL, OPEN_CASE]
    assert offered({"state": "failed", "account": "1"}, attempts=sent) == [OPEN_CASE]
