"""No text of the database holds a NUL: whoever sends one is told where it stands."""

import pytest

from tests.world.admin import Operator

ASKED = (
    "operators/%00", "partners/%00", "skus/a%00b", "reveals?actor=%00", "changes?subject=%00",
    "orders?partner=%00", "codes/stats?pool=%00", "tokens?operator=%00", "entries?partner=%00",
    "search?q=a%00",
)  # fmt: skip


@pytest.mark.parametrize("path", ASKED)
async def test_what_is_asked_for(admin: Operator, path: str) -> None:
    """400, not 500. Seen red without the look in `as_given`."""
    answer = await admin.get(path)
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
    answer = await admin.post(path, body)
    assert (answer.status, answer.code) == (400, "invalid-request"), answer.json
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
