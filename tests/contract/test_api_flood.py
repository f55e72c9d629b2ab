"""One partner's excess, or one wrong row, is that partner's alone (found.md §6, §7)."""

from tests.contract.partner import eventually
from tests.contract.shop import Shop, unique


async def test_a_rule_of_an_older_version_stops_only_its_sku(shop: Shop) -> None:
    """A rule that is refused today is in the database: its SKU is out of service, others sell."""
    partner, sku, other = await shop.partner(), await shop.top_up_sku(), await shop.top_up_sku()
    async with shop.database() as database:
        await database.pool.execute(r"UPDATE sku SET account_rule = '(?=1)\d+' WHERE sku = $1", sku)

    async def refused() -> bool:
        reply = await partner.order(out_order_no=unique("R"), sku=sku, account="13800138000")
        return reply.status != 201 and reply.problem == (503, "maintenance")

    await eventually(refused)
    well = await partner.order(out_order_no=unique("R"), sku=other, account="13800138000")
    assert well.status == 201
