"""Moments that operators say: with an offset, and such as every part of the gateway can read."""

import pytest

from tests.world.admin import Operator, in_force

FROM = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "moment",
    [
        "2026-01-01T00:00:00",
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59.999999Z",
    ],
)
async def test_a_moment_that_cannot_be_read_is_pointed_at(admin: Operator, moment: str) -> None:
    """400 at the member, by filter and by body.

    Seen red: 500 without an offset; the first and the last moment of all came back from the
    database without a zone, and whoever compared them (orders, alerts) broke.
    """
    await in_force(admin)
    body = {"campaign": "c", "sku": "s", "from": FROM, "to": FROM}
    for name in ("from", "to"):
        answer = await admin.post("campaigns", {**body, name: moment})
        assert (answer.status, answer.code) == (400, "invalid-request"), answer.json
        assert [error["pointer"] for error in answer.json["errors"]] == [f"/{name}"]
        answer = await admin.get("reveals", **{name: moment})
        assert (answer.status, answer.code) == (400, "invalid-request"), answer.json


async def test_digits_are_those_of_ascii(admin: Operator) -> None:
    """A percent in full-width digits is none. Seen red while every script's digits counted."""
    await in_force(admin)
    answer = await admin.post("prices/floor", {"sku": "s", "percent": "１２"})
    assert answer.status == 400, answer.json


async def test_no_permission_is_no_fault_of_ours(admin: Operator) -> None:
    """400 at `/permission`. Seen red: 500."""
    await in_force(admin)
    for text in ("", "abc", "a:b:c", "\u202e"):
        answer = await admin.post("roles/viewer/grant", {"permission": text})
        assert (answer.status, answer.code) == (400, "invalid-request"), answer.json
        assert [error["pointer"] for error in answer.json["errors"]] == ["/permission"]
