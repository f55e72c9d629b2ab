"""Another recipient before anything was sent; what is late, and what platforms are asked."""

from typing import Any

from tests.contract.cases.conftest import WHY, Counter
from tests.world.partner import eventually
from tests.world.shop import unique
from tests.world.topup_shop import TopUpShop

OLD, NEW = "13800138777", "13900139777"


async def _ordered(counter: Counter, sku: str, account: str = OLD) -> dict[str, Any]:
    placed = await counter.partner.order(out_order_no=unique("T"), sku=sku, account=account)
    assert placed.status == 201, placed
    return dict(placed.json)


async def test_a_number_is_changed_before_it_is_sent(counter: Counter, connection: Any) -> None:
    """The attempt goes to the new one; the number that was ordered stays the order's content."""
    sku = await counter.shop.top_up_sku()
    order = await _ordered(counter, sku)

    async def unsent() -> bool:
        return bool(
            await connection.fetchval(
                "SELECT count(*) FROM attempt WHERE order_id = $1 AND state = 'created'"
                " AND sent_at IS NULL",
                int(order["order_no"]),
            )
        )

    await eventually(unsent)
    for wrong in (OLD, "12", "no number"):
        answer = await counter.ask(order, "recipient", recipient=wrong)
        assert answer.problem == (400, "invalid-request")
        assert answer.json["errors"][0]["pointer"] == "/recipient"
    case = (await counter.ask(order, "recipient", recipient=NEW)).json
    await eventually(unsent)
    done = (await counter.approve(case["case_no"])).json
    if done["kind"] == "recipient":  # the platform was not being called at that moment
        assert (done["state"], done["outcome"]) == ("resolved", "recipient-changed")
        assert (await counter.read(order))["account"] == NEW
        live = await connection.fetchval(
            "SELECT account FROM attempt WHERE order_id = $1 ORDER BY id DESC LIMIT 1",
            int(order["order_no"]),
        )
        assert live == NEW
    else:
        assert (await counter.read(order))["account"] == OLD
    again = await counter.partner.order(out_order_no=order["out_order_no"], sku=sku, account=OLD)
    assert again.status == 200


async def test_a_platform_is_asked(counter: Counter) -> None:
    """Kasushou takes complaints: the case waits for it, until somebody resolves it."""
    shop = TopUpShop(shop=counter.shop)
    async with shop.outlet("kasushou") as outlet:
        sku = await shop.sku([(outlet.name, None)])
        order = await _ordered(counter, sku, outlet.account("770"))
        await _ended(counter, order)
        case = (await counter.ask(order, "upstream", detail="since noon")).json
        approved = (await counter.approve(case["case_no"])).json
        assert approved["state"] in {"acting", "waiting_upstream"}
        assert approved["task"]["upstream"] == outlet.name
        assert approved["task"]["recipient"] == order["account"]

        async def waits() -> bool:
            return (await counter.case(case["case_no"]))["state"] == "waiting_upstream"

        await eventually(waits)
        assert (await counter.case(case["case_no"]))["deadline_at"] is not None
        ((_, text),) = outlet.market.ledger.complaints
        assert text == "it does not work: since noon"
        done = await counter.sue.post(f"cases/{case['case_no']}/resolve", {"reason": "credited"})
        assert (done.json["state"], done.json["outcome"]) == ("resolved", "resolved")
        # Late: the number was sent, so it is the platform's to change.
        late = (await counter.ask(order, "recipient", recipient=NEW)).json
        assert (late["kind"], late["recipient"]) == ("upstream", NEW)


async def test_where_none_takes_complaints_a_person_writes(counter: Counter) -> None:
    """The case stays with us, with everything to be pasted."""
    shop = TopUpShop(shop=counter.shop)
    async with shop.outlet("fulu") as outlet:
        sku = await shop.sku([(outlet.name, None)])
        order = await _ordered(counter, sku, outlet.account("771"))
        await _ended(counter, order)
        case = (await counter.ask(order, "upstream")).json
        await counter.approve(case["case_no"])

        async def asked() -> bool:
            return "asked" in (await counter.sue.get(f"cases/{case['case_no']}")).json["task"]

        await eventually(asked)
        seen = (await counter.sue.get(f"cases/{case['case_no']}")).json
        assert (seen["state"], seen["task"]["asked"]) == ("acting", "person")
        assert seen["task"]["upstream_no"] is not None
        assert seen["deadline_at"] is not None


async def test_what_came_to_nothing_is_sent_to_nobody(counter: Counter) -> None:
    """A cancelled order's number is neither changed nor the platform's to change: 409, and the
    case stays for somebody to refuse; asked for afterwards it is 400 at `/kind`.

    Seen red while such a case became one of the kind `upstream`, and 201. It is of that kind from
    the start where the number was sent, or being sent, when it was asked.
    """
    sku = await counter.shop.top_up_sku()
    (route,) = (await counter.root.get(f"skus/{sku}")).json["routes"]
    assert (await counter.root.post(f"upstreams/{route['upstream']}/pause", WHY)).status == 200
    order = await _ordered(counter, sku)
    case_no = await counter.opened(order, "recipient", recipient=NEW)
    opened = await counter.case(case_no)

    async def cancelled() -> bool:
        answer = await counter.root.post(f"orders/{order['order_no']}/cancel", WHY)
        return answer.status == 200 and (await counter.read(order))["state"] == "failed"

    await eventually(cancelled)
    answer = await counter.approve(case_no)
    assert (answer.status, answer.code) == (409, "refused"), answer
    seen = await counter.case(case_no)
    assert (seen["kind"], seen["state"]) == (opened["kind"], "opened")
    assert (await counter.sue.post(f"cases/{case_no}/refuse", WHY)).status == 200
    late = await counter.ask(order, "recipient", recipient=NEW)
    assert late.problem == (400, "invalid-request")
    assert late.json["errors"][0]["pointer"] == "/kind"


async def _ended(counter: Counter, order: dict[str, Any]) -> None:
    async def ended() -> bool:
        return (await counter.read(order))["state"] in {"delivered", "failed"}

    await eventually(ended)
