"""Rotating the key-encryption key: everything wrapped is wrapped anew, codes stay as they are.

Resumable: what still names another key than the current one is what is left to do, so a
rotation that was interrupted is finished by running the rewrap again. A key is retired
only when nothing names it any more.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from gateway.ground.desk.port import Row, Transaction
from gateway.ground.desk.refusal import refused
from gateway.ground.sql.declared import Statement
from gateway.vault.administration import SQL

CHUNK_ROWS: Final = 200  # rows in one transaction: a few milliseconds of work

OpenTransaction = Callable[[], AbstractAsyncContextManager[Transaction]]


class KeyVault(Protocol):
    """The vault, as far as rotation uses it."""

    def kek_ids(self) -> tuple[str, list[str]]:
        """The current key and all keys."""

    def reload(self) -> None:
        """Read the key file again."""

    def retire_kek(self, key_id: str) -> None:
        """Remove a key from the key file."""

    def rewrap_secret(self, purpose: str, blob: bytes) -> bytes:
        """Move a secret under the current key."""

    def rewrap_dek(self, batch_id: int, wrapped: bytes) -> bytes:
        """Move a data key under the current key."""

    def secret_kek_id(self, blob: bytes) -> str:
        """The key a secret is wrapped under."""

    def dek_kek_id(self, wrapped: bytes) -> str:
        """The key a data key is wrapped under."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapped:
    """One kind of wrapped thing. `page` gives rows of `id` and `blob`; `update` compares first."""

    page: Statement[[Any, int], Row]
    update: Statement[[Any, bytes, bytes], Any]
    key_id: Callable[[KeyVault, bytes], str]
    rewrap: Callable[[KeyVault, Row], bytes]


def _secret(
    page: Statement[[Any, int], Row], update: Statement[[Any, bytes, bytes], Any], *, purpose: str
) -> Wrapped:
    return Wrapped(
        page=page,
        update=update,
        key_id=lambda vault, blob: vault.secret_kek_id(blob),
        rewrap=lambda vault, row: vault.rewrap_secret(purpose.format(row["id"]), row["blob"]),
    )


# Everything in the database that is wrapped under the key file. A blob opens only for its
# purpose; those of API keys are the native key ring's (core_rs/vault/src/keyring.rs).
WRAPPED: Final = (
    _secret(SQL.page_webhook_secret, SQL.update_webhook_secret, purpose="webhook"),
    _secret(SQL.page_old_webhook_secret, SQL.update_old_webhook_secret, purpose="webhook"),
    _secret(SQL.page_signing_key, SQL.update_signing_key, purpose="partner signing secret of {}"),
    _secret(SQL.page_delivery_key, SQL.update_delivery_key, purpose="partner delivery key of {}"),
    _secret(SQL.page_upstream_settings, SQL.update_upstream_settings, purpose="upstream"),
    _secret(SQL.page_channel_settings, SQL.update_channel_settings, purpose="channel"),
    _secret(SQL.page_notifier_settings, SQL.update_notifier_settings, purpose="notifier"),
    _secret(SQL.page_totp_secret, SQL.update_totp_secret, purpose="one-time codes of {}"),
    Wrapped(
        page=SQL.page_data_key,
        update=SQL.update_data_key,
        key_id=lambda vault, blob: vault.dek_kek_id(blob),
        rewrap=lambda vault, row: vault.rewrap_dek(row["id"], row["blob"]),
    ),
)


async def count_wrapped(db: Transaction) -> int:
    """How many wrapped things there are, for a progress bar."""
    return await SQL.count_wrapped.only(db)


async def rewrap_all(
    vault: KeyVault, transaction: OpenTransaction
) -> AsyncIterator[tuple[int, int]]:
    """Move everything under the current key, a chunk a transaction; yields (seen, moved)."""
    current, _ = vault.kek_ids()
    for wrapped in WRAPPED:
        after: Any = None
        while True:
            moved = 0
            async with transaction() as db:
                rows = await wrapped.page.all(db, after, CHUNK_ROWS)
                for row in rows:
                    if wrapped.key_id(vault, row["blob"]) != current:
                        # Somebody who rotated this very secret meanwhile wins.
                        anew = wrapped.rewrap(vault, row)
                        was = row["blob"]
                        moved += await wrapped.update.one(db, row["id"], was, anew) is not None
            if not rows:
                break
            after = rows[-1]["id"]
            yield len(rows), moved


async def keys_in_use(vault: KeyVault, db: Transaction) -> Mapping[str, int]:
    """How many things each key wraps, by key id; the keys of the file come first, oldest first."""
    counts = dict.fromkeys(vault.kek_ids()[1], 0)
    for wrapped in WRAPPED:
        after: Any = None
        while rows := await wrapped.page.all(db, after, CHUNK_ROWS):
            for row in rows:
                key_id = wrapped.key_id(vault, row["blob"])
                counts[key_id] = counts.get(key_id, 0) + 1
            after = rows[-1]["id"]
    return counts


async def retire(vault: KeyVault, db: Transaction, key_id: str) -> dict[str, Any]:
    """Take a key that wraps nothing out of the key file."""
    current = await look_retire(vault, db, key_id)
    vault.retire_kek(key_id)
    return {"retired": key_id, "current": current}


async def look_retire(vault: KeyVault, db: Transaction, key_id: str) -> str:
    """That it can be taken out; the current key."""
    current, known = vault.kek_ids()
    if key_id not in known:
        raise refused("not-found", "no-master-key", "kek", kek=key_id)
    if key_id == current:
        raise refused("key-in-use", "current-key", "kek", kek=key_id)
    wraps = (await keys_in_use(vault, db))[key_id]
    if wraps:
        raise refused("key-in-use", "key-wraps", "kek", kek=key_id, wraps=wraps)
    return current
