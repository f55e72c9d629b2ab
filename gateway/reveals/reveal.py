"""An operator sees one code of an order: written down in the chain before it leaves."""

from typing import Any, Final

import msgspec

from gateway.ground.desk.action import Change
from gateway.ground.desk.perform import as_json
from gateway.ground.desk.port import At, Transaction, not_found
from gateway.ground.desk.refusal import refused
from gateway.orders.administer import read_order_no
from gateway.reveals.administration import SQL
from gateway.reveals.count import check_not_frozen, count_view

CHAIN: Final = -1  # of the operators; those of workers begin at 0
PERMISSION: Final = "codes:reveal"


async def look(at: At, order_no: str, index: int, change: Change) -> None:
    """Refused as `reveal` is, but for how many were seen: nobody is asked for who is frozen."""
    await check_not_frozen(at.db, change.actor, PERMISSION)
    await _place(at.db, order_no, index)


async def reveal(at: At, order_no: str, index: int, change: Change) -> dict[str, Any]:
    """The code at an index, from 0. One too many within an hour is refused and freezes whoever
    asks until somebody else lets him go on.
    """
    pool_id, seq = await _place(at.db, order_no, index)
    await count_view(at.db, change.actor, PERMISSION)
    code = await _open(at, pool_id, seq)
    item = {
        "via": "operator", "operator": change.actor, "order": int(order_no), "index": index,
        "reason": change.reason, "approval": change.how.get("approval"),
    }  # fmt: skip
    number = await SQL.append_view.only(at.db, CHAIN, as_json([item]))
    return {"code": code, "reveal": str(number)}


async def _place(db: Transaction, order_no: str, index: int) -> tuple[int, int]:
    found = await SQL.code_of_order.one(db, read_order_no(order_no), index)
    if found is None:
        raise not_found("order", order_no)
    if found["pool_id"] is None or found["seq"] is None:
        raise refused("not-found", "no-code-there", "index", index=index, codes=found["codes"])
    return found["pool_id"], found["seq"]


async def _open(at: At, pool_id: int, seq: int) -> dict[str, Any]:
    vault = at.secrecy.keys
    row = await SQL.sealed_code.only(at.db, pool_id, seq)
    if not vault.has_dek(row["batch_id"]) and row["data_key"] is not None:
        vault.load_dek(row["batch_id"], row["data_key"])
    plain = vault.open_record(pool_id, row["batch_id"], seq, row["sealed"])
    code: dict[str, Any] = msgspec.json.decode(plain)
    return code
