"""A partner who is told, and what the database says of its messages."""

from typing import Any

from tests.world.partner import Partner, eventually
from tests.world.shop import Shop


async def told(shop: Shop, url: str, codes: int = 20) -> tuple[Partner, str, str]:
    """A partner with an endpoint, its webhook secret, a SKU to buy."""
    partner = await shop.partner()
    secret = await shop.set_endpoint(await shop.name_of(partner), url)
    return partner, secret, await shop.sku(codes=codes)


async def row_of(connection: Any, webhook_id: str) -> Any:
    """The message's row."""
    return await connection.fetchrow(
        "SELECT * FROM webhook WHERE id = $1", int(webhook_id.removeprefix("msg_"))
    )


async def until_settled(connection: Any, webhook_id: str, attempts: int) -> Any:
    """Wait until so many attempts are settled; the row."""

    async def settled() -> bool:
        return bool((await row_of(connection, webhook_id))["attempts"] >= attempts)

    await eventually(settled)
    return await row_of(connection, webhook_id)
