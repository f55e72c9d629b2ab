"""Where results of channels' orders go, on the real database: expected, looked at, forgotten."""

from typing import Any

from gateway.channels.store import ChannelStore
from tests.conftest import unguarded

PARTNER, NUMBER, CHANNEL = 4_100, "G1", 41
LONG = 7_200.0  # the order was refused: nothing came of it


async def test_what_is_expected_anew_is_not_forgotten(connection: Any) -> None:
    """A refused order's row is being deleted while the channel orders again: its result has a way.

    Seen red without the version in `forget`, and without the one in `expect_order`.
    """
    async with unguarded(connection):
        await connection.execute("TRUNCATE channel_order")
    store = ChannelStore(connection)
    await store.expect_order(PARTNER, NUMBER, CHANNEL, "https://old.example/")
    await connection.execute(
        "UPDATE channel_order SET next_attempt_at = now(),"
        " created_at = now() - make_interval(secs => $1)",
        LONG,
    )
    [notice] = await store.take_due(10, 60.0)
    assert (notice.order_id, notice.age_s >= LONG) == (None, True)
    await store.expect_order(PARTNER, NUMBER, CHANNEL, "https://new.example/")
    await store.forget(notice)
    await store.record(notice, state="dead", next_in_s=None)
    row = await connection.fetchrow("SELECT notify_url, state, next_attempt_at FROM channel_order")
    assert (row["notify_url"], row["state"]) == ("https://new.example/", "pending")
    await connection.execute("UPDATE channel_order SET next_attempt_at = now()")
    [again] = await store.take_due(10, 60.0)
    await store.forget(again)
    assert await connection.fetchval("SELECT count(*) FROM channel_order") == 0
