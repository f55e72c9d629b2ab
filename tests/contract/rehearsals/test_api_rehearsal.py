"""A campaign tried out by API, while the shop sells: `POST campaigns/{campaign}/rehearse`."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import Cli
from tests.world.admin import Operator, client_of, in_force, make_operator
from tests.world.gateway_process import Gateway

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def token(gateway: Gateway, command: Cli) -> str:
    """Of somebody who may, in a shop with a campaign to come."""
    assert gateway.url
    opens = datetime.now(UTC) + HOUR
    window = f"--from {opens.isoformat()} --to {(opens + HOUR).isoformat()}"
    for words in (
        "partner create acme", "pool create vip",
        "codes generate 100 --pool vip --pattern AAAAAAAAAA",
        "sku create S --name S --kind code --pool vip --price 1000",
        f"campaign create c1 --sku S {window} --codes 40 --price 500 --per-buyer 1",
    ):  # fmt: skip
        done = command(*words.split())
        assert done.returncode == 0, (words, done.stderr)
    return make_operator(command, "cat", "catalog")


async def test_it_is_what_the_command_says(gateway: Gateway, token: str, command: Cli) -> None:
    """200 with the figures when it is over; a second one meanwhile is refused; written down."""
    async with client_of(gateway.url) as client:
        client.timeout = None
        cat = Operator(client, token)
        await in_force(cat)
        body = {"buyers": 20}
        answers = await asyncio.gather(*(cat.post("campaigns/c1/rehearse", body) for _ in range(2)))
        done, other = sorted(answers, key=lambda answer: answer.status)
        assert (done.status, other.status, other.code) == (200, 503, "overloaded"), answers
        assert (done.json["buyers"], done.json["audit_ok"]) == (20, True)
        assert done.json["sold"] + sum(done.json["refused"].values()) == done.json["orders"]
        for wrong, status in (({}, 400), ({"buyers": 0}, 400), ({"buyers": 10**6}, 400)):
            assert (await cat.post("campaigns/c1/rehearse", wrong)).status == status
        assert (await cat.post("campaigns/none/rehearse", body)).status == 404
    (row,) = command("change", "list", "--action", "campaign.rehearse", "--json").json["changes"]
    assert (row["actor"], row["subject"]) == ("cat", "c1")
