"""What partners do with holds, in tests."""

from typing import Any

from tests.conftest import unguarded
from tests.world.partner import Partner, Reply, eventually
from tests.world.shop import unique


async def hold(partner: Partner, sku: str, **members: Any) -> Reply:
    """POST /v1/holds, for a minute, if nothing else is said."""
    body = {"out_hold_no": unique("H"), "sku": sku, "quantity": 1, "ttl_s": 60, **members}
    return await partner.send("POST", "/v1/holds", body)


async def confirm(partner: Partner, hold_no: str, **members: Any) -> Reply:
    """POST /v1/holds/{hold_no}/confirm."""
    body = {"out_order_no": unique("C"), **members}
    return await partner.send("POST", f"/v1/holds/{hold_no}/confirm", body)


async def release(partner: Partner, hold_no: str) -> Reply:
    """POST /v1/holds/{hold_no}/release."""
    return await partner.send("POST", f"/v1/holds/{hold_no}/release", {})


async def read(partner: Partner, hold_no: str) -> dict[str, Any]:
    """The hold now."""
    reply = await partner.get(f"/v1/holds/{hold_no}")
    assert reply.status == 200, reply.json
    found: dict[str, Any] = reply.json
    return found


async def end_now(connection: Any, hold_no: str) -> None:
    """Its time is over at once, by the database's clock."""
    async with unguarded(connection):
        await connection.execute(
            "UPDATE hold SET expires_at = now() WHERE id = $1::bigint", int(hold_no)
        )


async def given_back(partner: Partner, connection: Any, hold_no: str) -> None:
    """Its time is over, and somebody has given its goods back."""
    await end_now(connection, hold_no)

    async def is_back() -> bool:
        state = await connection.fetchval("SELECT state FROM hold WHERE id = $1", int(hold_no))
        return bool(state == "expired")

    await eventually(is_back)
    assert (await read(partner, hold_no))["state"] == "expired"
