"""Passkeys: kept, found again, used, ended. What a browser answers is judged by `sessions`."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from gateway.ground.desk.port import Transaction, not_found
from gateway.operators.passkey_administration import SQL, KeptPasskey

OF_ONE_MAX: Final = 10  # live ones of an operator
Kept: TypeAlias = KeptPasskey


async def live_passkeys(db: Transaction, operator_id: int, site: str) -> Sequence[bytes]:
    """The ids by which authenticators know those of an operator at a site."""
    return await SQL.live_passkeys.all(db, operator_id, site)


async def listed(db: Transaction, operator: str) -> Sequence[dict[str, Any]]:
    """All of an operator, as he sees them."""
    return [dict(row) for row in await SQL.list_passkeys.all(db, operator)]


async def has_room(db: Transaction, operator_id: int) -> bool:
    """Whether he may have one more. Within the lock on his row it stays true."""
    return await SQL.count_passkeys.only(db, operator_id) < OF_ONE_MAX


async def keep(
    db: Transaction, passkey_id: str, operator_id: int, *, credential_id: bytes,
    public_key: bytes, site: str, label: str, sign_count: int,
) -> bool:  # fmt: skip
    """Keep a new one; False: this authenticator's is there already."""
    row = await SQL.insert_passkey.one(
        db, passkey_id, operator_id, credential_id, public_key, site, label, sign_count
    )
    return row is not None


async def find(db: Transaction, credential_id: bytes) -> KeptPasskey | None:
    """The live one by which an authenticator answered."""
    return await SQL.passkey_of.one(db, credential_id)


async def use(db: Transaction, kept: KeptPasskey, sign_count: int, challenge: bytes) -> bool:
    """Use one, with its counter as it is now, and the challenge: each once, whoever else tries."""
    if await SQL.use_passkey.one(db, kept["passkey_id"], sign_count) is None:
        return False
    return await spend(db, challenge)


async def spend(db: Transaction, challenge: bytes) -> bool:
    """Use a challenge up."""
    return await SQL.spend_challenge.one(db, hashlib.sha256(challenge).digest()) is not None


async def forget_answers(db: Transaction, term_s: float) -> None:
    """Of challenges whose term is over nobody has to know that they were answered."""
    await SQL.forget_answers.run(db, term_s)


async def the_time(db: Transaction) -> float:
    """The database's, in Unix seconds: terms of challenges go by it."""
    return await SQL.the_time.only(db)


async def revoke(db: Transaction, passkey_id: str, operator: str | None) -> dict[str, Any]:
    """End one, of this operator if one is named; its sessions go on. Again: nothing changes."""
    row = await SQL.revoke_passkey.one(db, passkey_id, operator)
    if row is None:
        raise not_found("operator passkey", passkey_id)
    return dict(row)


async def revoke_all(db: Transaction, operator: str) -> None:
    """End all of an operator."""
    await SQL.revoke_passkeys.run(db, operator)
