"""Keys of the sandbox, and what is refused there (partners.md "Sandbox")."""

from typing import Any

from gateway.partners import keys
from tests.world.partner import Partner
from tests.world.shop import Shop


async def both(shop: Shop, **key: Any) -> tuple[Partner, Partner]:
    """A partner's real key, and one of the sandbox."""
    real = await shop.partner()
    return real, await shop.another_key(await shop.name_of(real), sandbox=True, **key)


async def test_scopes_networks_and_rates_hold_there_too(shop: Shop) -> None:
    """A key of the sandbox is a key: what it may not do it may not try either."""
    _, test = await both(shop, scopes=("orders:write",))
    made = await test.order(out_order_no="K1", sku="sandbox:code")
    assert made.status == 201
    assert "codes" not in made.json
    assert (await test.get("/v1/account")).problem == (403, "forbidden")
    _, elsewhere = await both(shop, allow_ips=("203.0.113.0/24",))
    assert (await elsewhere.order(out_order_no="K1", sku="sandbox:code")).problem == (
        403, "forbidden",
    )  # fmt: skip
    _, slow = await both(shop, rate_per_s=1)
    statuses = [(await slow.get("/v1/account")).status for _ in range(5)]
    assert 429 in statuses


async def test_what_rules_forbid_is_said_as_of_real_orders(shop: Shop) -> None:
    """The same problems and pointers."""
    _, test = await both(shop)
    for members, pointer in (
        ({"out_order_no": "SUB-1", "sku": "sandbox:code"}, "/out_order_no"),
        ({"out_order_no": "V1", "sku": "sandbox:topup"}, "/account"),
        ({"out_order_no": "V1", "sku": "sandbox:code", "quantity": 501}, "/quantity"),
        ({"out_order_no": "V1", "sku": "sandbox:code", "colour": 1}, "/colour"),
    ):
        reply = await test.order(**members)
        assert reply.problem == (400, "invalid-request")
        assert reply.json["errors"][0]["pointer"] == pointer
    dear = await test.order(out_order_no="V1", sku="sandbox:code", max_amount=1)
    assert dear.problem == (409, "price-changed")
    closed = await test.order(out_order_no="V1", sku="sandbox:code", campaign="none")
    assert closed.problem == (409, "campaign-closed")


async def test_a_rotated_key_stays_in_the_sandbox(shop: Shop) -> None:
    """Its successor is one of the sandbox with the same scopes; the list names both."""
    real, test = await both(shop)
    async with shop.desk() as (db, secrecy):
        made = await keys.rotate_key(db, secrecy, test.key.key_id, overlap_s=60)
        rows = await keys.list_keys(db, None)
    successor = await shop.client(made).until_known()
    assert successor.key.key_id.startswith("qk_test_")
    assert (await successor.order(out_order_no="O1", sku="sandbox:code")).status == 201
    labels = {row["key_id"]: (row["label"], row["scopes"]) for row in rows}
    assert labels[successor.key.key_id] == ("sandbox", labels[real.key.key_id][1])
