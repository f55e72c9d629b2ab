"""What was refused of a key, and which part of a request it signed otherwise."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from gateway.ground.desk.opening import Desk, open_vault
from gateway.ground.desk.port import not_found
from gateway.ground.desk.refusal import refused
from gateway.ground.native import KeyRing, Vault
from gateway.partners import keys
from gateway.partners.administration import SQL
from gateway.partners.key_check import Diagnosis, Signed, Verify, diagnose
from gateway.partners.raw_request import RawRequest
from gateway.partners.refusal import RefusedRequest
from gateway.partners.refusals import read_refusals


async def check_key(desk: Desk, key_id: str, raw: RawRequest | None) -> dict[str, Any]:
    """The key's last refused requests; of one in hand, which part differs. It holds no secret.

    Refused: a key that is not there; a request of one that works no more.
    """
    async with desk.transaction(read_only=True) as db:
        rows = {row["key_id"]: row for row in await keys.list_keys(db, None)}
        if key_id not in rows:
            raise not_found("key", key_id)
        row = rows[key_id]
        vault = None if raw is None else await open_vault(desk.config, db)
    turned_away = read_refusals(desk.config.data, key_id)
    data: dict[str, Any] = {"key_id": key_id, "partner": row["partner"], "state": row["state"]}
    if raw is not None and vault is not None:
        verify = await _verifier(desk, vault, key_id)
        if verify is None:
            raise refused(
                "key-ended", "key-ended", "key_id",
                key_id=key_id, state=row["state"], partner=row["partner"],
            )  # fmt: skip
        data["request"] = _told(diagnose(raw, turned_away, verify, time.time()))
    data["refused"] = [_shown(each) for each in turned_away]
    return data


async def _verifier(desk: Desk, vault: Vault, key_id: str) -> Verify | None:
    """Whether a string is signed with the key; None: the key works no more."""
    async with desk.transaction(read_only=True) as db:
        secrets = await SQL.working_key.one(db, key_id)
    if secrets is None:
        return None
    ring = KeyRing()
    ring.put(key_id, secrets["signing_key"], secrets["delivery_key"], vault)

    def verify(signed: Signed) -> bool:
        return ring.verify(
            key_id,
            signed.method,
            signed.target.encode("utf-8", "surrogateescape"),
            signed.timestamp,
            signed.nonce,
            signed.body,
            signed.signature,
        )

    return verify


def _told(found: Diagnosis) -> Mapping[str, Any]:
    return {
        "genuine": found.genuine,
        "differs": found.differs,
        "string_to_sign": _printable(found.string_to_sign),
        "signed_instead": None
        if found.signed_instead is None
        else _printable(found.signed_instead),
        "parts": [asdict(part) for part in found.parts],
    }


def _shown(refused: RefusedRequest) -> Mapping[str, Any]:
    return {
        "at": datetime.fromtimestamp(refused.at, UTC),
        "code": refused.code,
        "reason": refused.reason,
        "client": refused.client,
        "method": refused.method,
        "target": refused.target,
        "timestamp": refused.timestamp,
        "nonce": refused.nonce,
        "signature": refused.signature,
        "body_sha256": refused.body_sha256,
        "string_to_sign": refused.string_to_sign,
    }


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
