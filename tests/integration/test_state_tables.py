"""The tables of states in Python and their twins in SQL agree on every pair."""

from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import pytest

from gateway.domain.attempt import VERDICTS, AttemptState, News
from gateway.domain.order import TRANSITIONS, OrderEvent, OrderState

# What news of an order's one live attempt is for the order.
EVENTS = {
    News.ACCEPTED: OrderEvent.STILL_RUNNING,
    News.UNCERTAIN: OrderEvent.OUTCOME_LOST,
    News.SUCCEEDED: OrderEvent.DELIVERED_ALL,
    News.PARTIAL: OrderEvent.DELIVERED_PART,
    News.REJECTED: OrderEvent.REJECTED,
    News.FAILED: OrderEvent.REJECTED,
    News.REVERSED: OrderEvent.TAKEN_BACK,
}
# The state an event leads to from wherever it may: hearing it there again changes nothing.
TARGETS = {event: target for moves in TRANSITIONS.values() for event, target in moves.items()}
# How much of an order of two pieces for 200 was delivered and refunded; others: nothing.
DELIVERED = {OrderState.DELIVERED: 2, OrderState.PARTIAL: 1}
REFUNDED = {OrderState.PARTIAL: 100, OrderState.FAILED: 200, OrderState.REVERSED: 200}

ORDER = """
    INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount, state,
                        delivered_quantity, refunded, created_at, updated_at)
    SELECT id, 1, 'a', '', 1, 2, 200, $1, $2, $3, now(), now() FROM partner
"""
MOVE = """
    SELECT move_order(o => o, a => jsonb_populate_record(NULL::attempt, '{"id": 7}'), p_news => $1,
                      p_delivered => 1, p_refund => 100, p_code => NULL, p_message => NULL,
                      p_webhook => 9, p_pool => NULL, p_seqs => NULL)
    FROM orders o
"""


@pytest.fixture
async def partner(connection: Any) -> AsyncIterator[Any]:
    """A connection inside a transaction, with one partner that has an account."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("INSERT INTO partner (name, webhook_secret) VALUES ('acme', '')")
    await connection.execute("INSERT INTO account (partner_id) SELECT id FROM partner")
    yield connection
    await transaction.rollback()


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


@pytest.mark.parametrize(("state", "news"), list(product(OrderState, EVENTS)))
async def test_orders_move_alike(partner: Any, state: OrderState, news: News) -> None:
    """move_order moves along TRANSITIONS; a repetition is nothing, a contradiction is parked.

    Seen red with move_order letting `delivered` go to `failed`.
    """
    event = EVENTS[news]
    target = TRANSITIONS[state].get(event)
    await partner.execute(ORDER, state, DELIVERED.get(state, 0), REFUNDED.get(state, 0))
    await partner.execute(MOVE, news)
    row = await partner.fetchrow("SELECT state, parked IS NOT NULL AS parked FROM orders")
    contradiction = target is None and TARGETS[event] != state
    assert (row["state"], row["parked"]) == (target or state, contradiction)
