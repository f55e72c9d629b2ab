"""What comes after a followed order was ended: the house has no word for it, so a person."""

from tests.conftest import Cli
from tests.contract.channels.test_channel_agiso import Desk, game
from tests.contract.channels.test_channel_agiso import desk as desk  # noqa: PLC0414
from tests.contract.channels.test_channel_goofish import gateway as gateway  # noqa: PLC0414
from tests.world.partner import eventually
from tests.world.shop import unique


async def test_money_back_and_other_codes_wait_for_a_person(desk: Desk, command: Cli) -> None:
    """Held again with what happened, each time; the platform hears nothing more. Seen red without
    migration 0497: nothing waited.
    """
    await desk.map("AldsJd:7", await desk.shop.sku(codes=3, price=500))
    order = game(7, 5.0)
    assert await desk.push(order) == 200
    number = str(order["OrderId"])

    async def done() -> bool:
        async with desk.shop.database() as database:
            asked = "SELECT state FROM channel_task WHERE number = $1"
            return bool(await database.pool.fetchval(asked, number) == "done")

    await eventually(done)
    order_no = (await desk.partner.get(f"/v1/orders/by-out-no/{number}")).json["order_no"]

    async def decide(kind: str, **more: int) -> None:
        body = {"kind": kind, "reason": "it does not work", "out_case_no": unique("F"), **more}
        answer = await desk.partner.send("POST", f"/v1/orders/{order_no}/cases", body)
        assert answer.status == 201, answer
        ran = command("case", "approve", answer.json["case_no"], "--reason", "looked at it")
        assert ran.returncode == 0, ran

    await decide("reissue")
    assert "0 paid back, 1 codes replaced" in await desk.waits(number, "held")
    assert command("channel", "drop", desk.name, number).returncode == 0
    assert (await desk.shown())["waiting"] == []
    await decide("refund", amount=199)
    assert "199 paid back, 1 codes replaced" in await desk.waits(number, "held")
    assert desk.platform.said(number) == ["aldsJd/GameCard/CardSend"]
