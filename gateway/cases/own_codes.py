"""What an order's own codes have beside what a pool finds them by: PINs, links, card numbers.

The record of each code that the order has or had is opened, and forgotten with the request.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from gateway.cases.administration import SQL, SealedCode
from gateway.cases.masking import mask
from gateway.ground.desk.port import Transaction

if TYPE_CHECKING:
    from gateway.ground.native import Vault

OPEN: Final = frozenset({"expires_at"})  # members of a record that are no secret
SCHEMES: Final = ("https://", "http://")
Hide = Callable[[str | None], Awaitable[str | None]]  # makes codes in a text unreadable


async def hiding(db: Transaction, vault: "Vault", partner_id: int | None, order_id: int) -> Hide:
    """`mask` of this transaction, which also knows what this order's codes are made of."""
    import asyncio  # commands that hide nothing need none

    rows = await SQL.sealed_of_order.all(db, partner_id, order_id)
    parts = await asyncio.to_thread(_parts, vault, rows) if rows else ()
    return partial(mask, db, vault, parts=parts)


async def hiding_of_case(db: Transaction, vault: "Vault", case_id: int) -> Hide:
    """The same of a case's order; of a case that there is not, codes of pools alone."""
    order = await SQL.order_of_case.one(db, case_id)
    if order is None:
        return partial(mask, db, vault)
    return await hiding(db, vault, order["partner_id"], order["order_id"])


def _parts(vault: "Vault", rows: Sequence[SealedCode]) -> Sequence[str]:
    """What cannot be opened is nothing that anybody pastes, and keeps no case from being opened."""
    found: set[str] = set()
    for row in rows:
        if not vault.has_dek(row["batch_id"]):
            if row["data_key"] is None:
                continue
            vault.load_dek(row["batch_id"], row["data_key"])
        plain = vault.open_record(row["pool_id"], row["batch_id"], row["seq"], row["sealed"])
        record: dict[str, str] = msgspec.json.decode(plain)
        found |= {_bare(text) for name, text in record.items() if name not in OPEN}
    return sorted(found, key=len, reverse=True)


def _bare(text: str) -> str:
    """A link is one without its scheme, too."""
    for scheme in SCHEMES:
        text = text.removeprefix(scheme)
    return text
