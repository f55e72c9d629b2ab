"""API keys: made, rotated with an overlap, revoked. Their secrets are shown once, when made."""

import base64
import ipaddress
import secrets
from collections.abc import Sequence
from typing import Any, Final

from gateway.catalog.rules import Scope
from gateway.ground.desk.port import (
    Row,
    Secrecy,
    Transaction,
    not_found,
    partner_id,
)
from gateway.ground.desk.refusal import refused, wrong
from gateway.partners.administration import SQL, LockedKey
from gateway.partners.sandbox_keys import PREFIX as SANDBOX_PREFIX
from gateway.partners.sandbox_keys import is_of_sandbox, scope_in_sandbox, shown_scope

SCOPES: Final = tuple(scope.value for scope in Scope)
OVERLAP_S_MAX: Final = 90 * 86_400  # a rotation that takes longer than a quarter is none
RATE_MAX: Final = 1_000_000
PREFIX: Final = "qk_"
# A key of the command line's own, for `order place`; by its id it is known, and listed as "cli".
CLI_PREFIX: Final = "qk_cli_"


async def create_key(
    db: Transaction,
    secrecy: Secrecy,
    *,
    partner: str,
    scopes: Sequence[str],
    allow_ips: Sequence[str],
    rate_per_s: int | None,
    sandbox: bool = False,
) -> dict[str, Any]:
    """Make a key. No scopes: all; no networks: from anywhere; no rate: unlimited. `sandbox`: it
    orders there alone."""
    scopes = check_scopes(scopes)
    networks = check_networks(allow_ips)
    if rate_per_s is not None and not 1 <= rate_per_s <= RATE_MAX:
        raise wrong("rate", "rate", least=1, most=RATE_MAX, value=rate_per_s)
    owner = await partner_id(db, partner)
    return await _insert(
        db, secrecy, owner=owner,
        scopes=[scope_in_sandbox(scope) for scope in scopes] if sandbox else scopes,
        allow_ips=networks, rate_per_s=rate_per_s, replaces=None,
        prefix=SANDBOX_PREFIX if sandbox else PREFIX,
    )  # fmt: skip


async def rotate_key(
    db: Transaction, secrecy: Secrecy, key_id: str, *, overlap_s: int
) -> dict[str, Any]:
    """Make a successor with the same rights; the old key works for `overlap_s` seconds more."""
    if not 0 <= overlap_s <= OVERLAP_S_MAX:
        raise wrong("overlap", "overlap", least=0, most=OVERLAP_S_MAX, value=overlap_s)
    old = await _lock_key(db, key_id)
    if old["state"] in {"revoked", "expired"}:
        raise refused(
            f"key-{old['state']}", "key-ended", "key_id",
            key_id=key_id, state=old["state"], partner=old["partner"],
        )  # fmt: skip
    if old["state"] == "rotated":
        raise refused(
            "key-rotated", "key-rotated", "key_id",
            key_id=key_id, until=f"{old['expires_at']:%Y-%m-%dT%H:%M:%SZ}", partner=old["partner"],
        )  # fmt: skip
    made = await _insert(
        db, secrecy, owner=old["partner_id"], scopes=old["scopes"], allow_ips=old["allow_ips"],
        rate_per_s=old["rate_per_s"], replaces=key_id,
        prefix=next(p for p in (CLI_PREFIX, SANDBOX_PREFIX, PREFIX) if key_id.startswith(p)),
    )  # fmt: skip
    ended = await SQL.expire_key.only(db, key_id, float(overlap_s))
    return {**made, "replaces": key_id, "old_key_works_until": ended}


async def own_key(db: Transaction, secrecy: Secrecy, partner: str) -> tuple[dict[str, Any], bool]:
    """The command line's own key of a partner, opened, made on first use; True: just made.

    It is kept where all keys are, wrapped by the vault: whoever may open that may sign anyway.
    """
    owner = await partner_id(db, partner)
    found = await SQL.own_key.one(db, owner, CLI_PREFIX)
    if found is None:
        made = await _insert(
            db, secrecy, owner=owner, scopes=SCOPES, allow_ips=(), rate_per_s=None, replaces=None,
            prefix=CLI_PREFIX,
        )  # fmt: skip
        return made, True
    key_id = found["key_id"]
    secret = secrecy.open(f"partner signing secret of {key_id}", found["signing_key"])
    delivery = secrecy.open(f"partner delivery key of {key_id}", found["delivery_key"])
    return {
        "key_id": key_id,
        "secret": _as_text("qs_", secret),
        "delivery_key": _as_text("qd_", delivery),
    }, False


async def key_row(db: Transaction, key_id: str) -> Row | None:
    """A key as the log of changes has it."""
    return await SQL.trace_key.one(db, key_id)


def _as_text(prefix: str, content: bytes) -> str:
    return prefix + base64.urlsafe_b64encode(content).decode().rstrip("=")


async def revoke_key(db: Transaction, key_id: str) -> dict[str, Any]:
    """End a key at once. Revoking twice changes nothing."""
    await _lock_key(db, key_id)
    return {"key_id": key_id, "revoked_at": await SQL.revoke_key.only(db, key_id)}


async def list_keys(db: Transaction, partner: str | None) -> Sequence[Row]:
    """The keys of one partner or of all, newest last, without anything secret."""
    if partner is not None:
        await partner_id(db, partner)
    rows = await SQL.list_keys.all(db, partner)
    return [
        {
            "key_id": row["key_id"],
            "label": label_of(row["key_id"]),
            **{k: row[k] for k in row if k != "key_id"},
            "scopes": [shown_scope(scope) for scope in row["scopes"]],
        }
        for row in rows
    ]


def label_of(key_id: str) -> str | None:
    """What a key is called in lists: "cli" the command line's own, "sandbox" one of the sandbox."""
    if is_of_sandbox(key_id):
        return "sandbox"
    return "cli" if key_id.startswith(CLI_PREFIX) else None


def check_scopes(scopes: Sequence[str]) -> list[str]:
    """The scopes in their usual order, each once; none given means all."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise wrong("scope", "scope", value=", ".join(unknown), known=", ".join(SCOPES))
    return [scope for scope in SCOPES if scope in scopes or not scopes]


def check_networks(texts: Sequence[str]) -> list[str]:
    """Addresses and networks in canonical form; a host part that is set is a mistake."""
    networks: list[str] = []
    for text in texts:
        try:
            network = str(ipaddress.ip_network(text))
        except ValueError as error:
            raise wrong("network", "allow_ip", value=text, detail=str(error)) from None
        if network not in networks:
            networks.append(network)
    return networks


async def _insert(
    db: Transaction,
    secrecy: Secrecy,
    *,
    owner: int,
    scopes: Sequence[str],
    allow_ips: Sequence[str],
    rate_per_s: int | None,
    replaces: str | None,
    prefix: str = PREFIX,
) -> dict[str, Any]:
    key_id = f"{prefix}{secrets.token_hex(10)}"
    secret, delivery_key, signing_blob, delivery_blob = secrecy.new_partner_secrets(key_id)
    await SQL.insert_key.run(
        db, key_id, owner, signing_blob, delivery_blob, list(scopes), list(allow_ips),
        rate_per_s, replaces,
    )  # fmt: skip
    return {"key_id": key_id, "secret": secret, "delivery_key": delivery_key}


async def _lock_key(db: Transaction, key_id: str) -> LockedKey:
    row = await SQL.lock_key.one(db, key_id)
    if row is None:
        raise not_found("key", key_id)
    return row
