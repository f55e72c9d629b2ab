"""No text of the database holds a NUL: whoever sends one is told where it stands."""

import pytest

from tests.world.admin import Operator, in_force

ASKED = (
    "operators/%00", "partners/%00", "skus/a%00b", "reveals?actor", "changes?subject",
    "orders?partner", "codes/stats?pool", "tokens?operator", "entries?partner", "search?q",
)  # fmt: skip


@pytest.mark.parametrize("asked", ASKED)
async def test_what_is_asked_for(admin: Operator, asked: str) -> None:
    """400, not 500. Seen red without the look in `as_given`."""
    await in_force(admin)
    path, _, name = asked.partition("?")
    answer = await admin.get(path, **({name: "a\0"} if name else {}))
    assert (answer.status, answer.code) == (400, "invalid-request"), answer.json


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("search", {"q": "a\0"}, "/q"),
        ("partners", {"partner": "p\0"}, "/partner"),
        ("tokens", {"operator": "root", "label": "a\0b"}, "/label"),
    ],
)
async def test_what_is_sent(admin: Operator, path: str, body: dict[str, str], pointer: str) -> None:
    """The member is named."""
    await in_force(admin)
    answer = await admin.post(path, body)
    assert (answer.status, answer.code) == (400, "invalid-request"), answer.json
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
