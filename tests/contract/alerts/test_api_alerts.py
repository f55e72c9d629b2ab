"""Alerts as operators see them, by command line and API, of a gateway that runs."""

from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.world.admin import Operator, client_of, make_operator
from tests.world.gateway_process import Gateway
from tests.world.partner import eventually

KNOWN = {
    "id", "kind", "subject", "since", "level", "state", "detail", "acknowledged_by",
    "acknowledged_at", "resolved_at",
}  # fmt: skip


@pytest.fixture(scope="module")
def low(command: Cli) -> str:
    """A SKU with fewer codes than its mark."""
    command("pool", "create", "few")
    made = command(
        "sku", "create", "FEW", "--name", "Few", "--kind", "code", "--pool", "few", "--price", "5",
        "--low-stock", "3",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return "FEW"


async def test_one_opens_is_acknowledged_and_is_over(
    gateway: Gateway, command: Cli, low: str, tmp_path: Path
) -> None:
    """It appears by itself, one acknowledges it once, and it is over by itself."""
    ops, viewer = make_operator(command, "op", "ops"), make_operator(command, "eye", "viewer")
    async with client_of(gateway.url) as client:
        people = Operator(client, ops), Operator(client, viewer)

        async def stands(state: str) -> bool:
            answer = await people[1].get("alerts", kind="stock-low", state=state)
            if answer.status == 401:  # a token is known within a second
                return False
            assert answer.status == 200, answer.json
            return [row["subject"] for row in answer.json["data"]] == [low]

        await eventually(lambda: stands("open"))
        (row,) = (await people[1].get("alerts", subject=low)).json["data"]
        assert row.keys() == KNOWN | {"version"}
        assert (row["level"], row["acknowledged_by"], row["resolved_at"]) == ("ticket", None, None)
        path = f"alerts/{row['id']}/acknowledge"
        refused = await people[1].post(path)
        assert (refused.status, refused.json["permission"]) == (403, "alerts:acknowledge")
        for _ in range(2):
            done = await people[0].post(path)
            assert (done.status, done.json["acknowledged_by"]) == (200, "op")
        again = command("alert", "acknowledge", row["id"], "--json")
        assert again.json["acknowledged_by"] == "op"
        assert (await people[0].post("alerts/999999/acknowledge")).status == 404
        assert (await people[0].get("alerts", colour="red")).status == 400
        assert (await people[0].get(f"alerts/{row['id']}")).json["state"] == "acknowledged"
        shown = command("alert", "list", "--state", "acknowledged", "--json").json
        assert [each["id"] for each in shown["alerts"]] == [row["id"]]
        codes = tmp_path / "codes.csv"
        codes.write_text("".join(f"CODE-{n}\n" for n in range(5)))
        assert command("codes", "import", str(codes), "--pool", "few").returncode == 0
        await eventually(lambda: stands("resolved"))
