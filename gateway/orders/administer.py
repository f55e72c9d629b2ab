"""Lists of orders, and their numbers. Codes are never shown here; the whole of one: life.py."""

from collections.abc import Sequence

from gateway.ground.desk.port import Row, Transaction, by_index, partner_id
from gateway.ground.desk.refusal import refused
from gateway.orders.administration import SQL


async def list_orders(
    db: Transaction,
    *,
    partner: str | None,
    state: str | None,
    parked: bool,
    cursor: str | None,
    limit: int,
    sku: str | None = None,
    out_order_no: str | None = None,
) -> Sequence[Row]:
    """The newest orders that match, older than the order `cursor`; `parked`: only those that wait
    for a person.
    """
    if partner is not None:
        await partner_id(db, partner)
    await by_index(db)
    given = (partner, state, parked, cursor, limit, sku, out_order_no)
    if parked:
        return await SQL.list_parked.all(db, *given)
    return await SQL.list_orders.all(db, *given)


def read_order_no(text: str) -> int:
    """The number behind an order_no. What no order can have is not found, like any other."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
        raise refused("not-found", "no-order", "order_no", order_no=text)
    return int(text)
