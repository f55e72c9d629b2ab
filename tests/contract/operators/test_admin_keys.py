"""Master keys by the admin API, of a shop whose secrets they really wrap."""

from tests.world.admin import Operator, in_force


async def test_master_keys_are_a_list_like_all_others(admin: Operator) -> None:
    """Under `data`, with which one is current beside it."""
    await in_force(admin)
    answer = await admin.get("master-keys")
    assert set(answer.json) == {"data", "next_cursor", "current"}
    assert answer.json["next_cursor"] is None
    current = [row["kek"] for row in answer.json["data"] if row["current"]]
    assert current == [answer.json["current"]]
