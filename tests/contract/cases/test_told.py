"""Partners are told of their cases, and of what these did to orders."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.ground.config import Config
from tests.contract.cases.conftest import Counter
from tests.webhook_receiver import receiving
from tests.world.gateway_process import Gateway, running_gateway


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that may call servers on loopback."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    with running_gateway(config, log, {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.0/8"}) as gateway:
        yield gateway


async def test_a_case_and_its_order_are_told_of(counter: Counter) -> None:
    """`order.reissued` has the order without codes, in its place of the order's messages;
    `case.updated` the case as it is read.
    """
    async with receiving() as receiver:
        name = await counter.shop.name_of(counter.partner)
        secret = await counter.shop.set_endpoint(name, receiver.url)
        order = await counter.order(codes=2)
        case_no = await counter.opened(order, "reissue")
        await counter.approve(case_no)
        told = {each.json["type"]: each for each in await receiver.until(3)}
        assert told.keys() == {"order.delivered", "order.reissued", "case.updated"}
        reissued = told["order.reissued"].verified(secret)
        assert (reissued["sequence"], reissued["data"]["replaced"]) == (2, 1)
        assert reissued["data"]["state"] == "delivered"
        assert "codes" not in reissued["data"]
        assert told["case.updated"].verified(secret)["data"] == await counter.case(case_no)
        await counter.approve(await counter.opened(order, "refund"))
        after = [each.json for each in (await receiver.until(5))[3:]]
        states = {each["type"]: each["data"]["state"] for each in after}
        assert states == {"order.reversed": "reversed", "case.updated": "resolved"}
        case = next(each["data"] for each in after if each["type"] == "case.updated")
        assert (case["outcome"], case["refunded_amount"]) == ("refunded", 100)
