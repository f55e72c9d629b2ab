"""A partner's own orders at the portal: looked at, cancelled. Codes are never shown here."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.ground.desk.port import At, by_index
from gateway.ground.desk.refusal import refused
from gateway.orders import resolve as resolutions
from gateway.orders.administer import read_order_no
from gateway.orders.life_administration import SQL as LIFE
from gateway.orders.portal_administration import SQL


async def list_own(
    at: At,
    *,
    state: str | None,
    sku: str | None,
    out_order_no: str | None,
    cursor: str | None,
    limit: int,
) -> Sequence[Mapping[str, Any]]:
    """The newest that match."""
    await by_index(at.db)
    return await SQL.portal_orders.all(at.db, at.own, state, sku, out_order_no, cursor, limit)


async def show_own(at: At, order_no: str) -> Mapping[str, Any]:
    """One, with what moved for it, what was told of it, and its cases."""
    number = read_order_no(order_no)
    row = await SQL.portal_order.one(at.db, at.own, number)
    if row is None:
        raise _missing(order_no)
    failure = None if row["failure"] is None else json.loads(row["failure"])
    metadata = {} if row["metadata"] is None else json.loads(row["metadata"])
    return {
        **row,
        "failure": failure,
        "metadata": metadata,
        "entries": await LIFE.order_entries.all(at.db, number, at.own, row["created_at"]),
        "webhooks": await SQL.portal_order_webhooks.all(at.db, at.own, number),
        "cases": await SQL.portal_order_cases.all(at.db, at.own, number),
    }


async def check_own(at: At, order_no: str) -> None:
    """Raise what is said of an order that is not there, unless it is theirs: orders stay whose
    they are.
    """
    if await SQL.portal_owns_order.one(at.db, at.own, read_order_no(order_no)) is None:
        raise _missing(order_no)


async def cancel_own(at: At, order_no: str) -> Mapping[str, Any]:
    """Cancel and refund what nothing was sent of."""
    await check_own(at, order_no)
    return await resolutions.cancel(at.db, order_no)


def _missing(order_no: str) -> Exception:
    return refused("not-found", "no-order", "order_no", order_no=order_no)
