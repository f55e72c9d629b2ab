"""The tables of states in Python and their twins in SQL agree on every pair."""

from itertools import product
from typing import Any

from gateway.dispatch.attempt import VERDICTS, AttemptState, News
from gateway.orders.rules import TRANSITIONS, OrderEvent, OrderState

# What news of an order's one live attempt is for the order.
EVENTS = {
    News.ACCEPTED: OrderEvent.STILL_RUNNING,
    News.UNCERTAIN: OrderEvent.OUTCOME_LOST,
    News.CONTRADICTED: OrderEvent.OUTCOME_LOST,
    News.SUCCEEDED: OrderEvent.DELIVERED_ALL,
    News.PARTIAL: OrderEvent.DELIVERED_PART,
    News.REJECTED: OrderEvent.REJECTED,
    News.FAILED: OrderEvent.REJECTED,
    News.REVERSED: OrderEvent.TAKEN_BACK,
}
# The state an event leads to from wherever it may: hearing it there again changes nothing.
TARGETS = {event: target for moves in TRANSITIONS.values() for event, target in moves.items()}


async def test_news_is_judged_alike(connection: Any) -> None:
    """judge_news is VERDICTS, for all attempt states and all news.

    Seen red with judge_news calling a success after a failure late instead of parked.
    """
    pairs = list(product(AttemptState, News))
    rows = await connection.fetch(
        "SELECT judge_news(state, news) AS verdict FROM unnest($1::text[], $2::text[])"
        " WITH ORDINALITY AS pair (state, news, n) ORDER BY n",
        [state for state, _ in pairs],
        [news for _, news in pairs],
    )
    judged = {pair: row["verdict"] for pair, row in zip(pairs, rows, strict=True)}
    assert judged == {(state, news): VERDICTS[state][news] for state, news in pairs}


async def test_orders_move_alike(connection: Any) -> None:
    """move_order moves along TRANSITIONS; a repetition is nothing, a contradiction is parked.

    Seen red with move_order letting `delivered` go to `failed`.
    """
    pairs = list(product(OrderState, News))
    rows = await connection.fetch(
        "SELECT move_order(state, news) AS target FROM unnest($1::text[], $2::text[])"
        " WITH ORDINALITY AS pair (state, news, n) ORDER BY n",
        [state for state, _ in pairs],
        [news for _, news in pairs],
    )
    moved = {pair: row["target"] for pair, row in zip(pairs, rows, strict=True)}
    assert moved == {(state, news): _move(state, news) for state, news in pairs}


def _move(state: OrderState, news: News) -> str | None:
    """What the domain's table says, in move_order's words."""
    if news is News.NOTED:
        return None
    event = EVENTS[news]
    repeated = TARGETS[event] is state
    return TRANSITIONS[state].get(event, None if repeated else "parked")
