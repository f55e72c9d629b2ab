"""The answer to an order just placed, written by hand: this is the hot path."""

from typing import Final

import orjson

from gateway.orders.place import Placed
from gateway.orders.rules import LineOutcome

REPLAYED: Final = {"Quangate-Replayed": "true"}
_CREATED: Final = LineOutcome.CREATED  # to look it up for every line costs 0.1 µs


def placed_json(placed: Placed) -> bytes | None:
    """The answer to an order just made, with its codes; None: it was made before, or not sealed.

    Everything put in unescaped is of a checked alphabet: numbers, SKU names, our own JSON.
    """
    line, answered = placed.line, placed.answered
    is_code = line.sku.pool_id is not None
    if answered.outcome is not _CREATED or (
        answered.codes is None and line.reads_codes and is_code
    ):
        return None
    moment = answered.committed_at.encode()
    account = b"null" if line.account is None else orjson.dumps(line.account)
    codes = b""
    if line.reads_codes:
        codes = b'"codes":%b,' % (answered.codes or b"[]")
    return (
        b'{"order_no":"%d","out_order_no":"%b","sku":"%b","quantity":%d,"account":%b,"amount":%d,'
        b'"currency":"%b","state":"%b",%b"delivered_quantity":%d,"refunded_amount":0,"replaced":0,"failure":null,"metadata":%b,'
        b'"created_at":"%b","updated_at":"%b"}'
    ) % (
        answered.order_id,
        line.out_order_no.encode(),
        line.sku.sku.encode(),
        line.quantity,
        account,
        line.amount_minor,
        line.sku.currency.encode(),
        b"delivered" if is_code else b"processing",
        codes,
        line.quantity if is_code else 0,
        b"null" if line.metadata is None else line.metadata.encode(),
        moment,
        moment,
    )
