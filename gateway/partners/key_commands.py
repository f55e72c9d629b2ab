"""`quangate key`: what partners sign with. (`quangate keys` is about the master key.)"""

import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer
from gateway.ground.desk.commands import add_commands
from gateway.ground.desk.opening import Desk, open_desk, open_vault
from gateway.ground.errors import RefusedError
from gateway.partners.key_desk import DECLARED

if TYPE_CHECKING:
    from gateway.ground.native import Vault
    from gateway.partners.key_check import Diagnosis, Signed, Verify
    from gateway.partners.raw_request import RawRequest
    from gateway.partners.refusal import RefusedRequest

app = room("API keys. Their secrets are shown once.")

KeyId = Annotated[str, typer.Argument(metavar="KEY_ID", help="qk_…, as `quangate key list` shows.")]


add_commands(app, DECLARED)

REQUEST_BYTES_MAX = 4 << 20  # a batch is 1 MiB


@command(app, "check", example="quangate key check qk_0123456789abcdef0123 --request sent.http")
async def check(
    call: Call,
    key_id: KeyId,
    request: Annotated[
        Path | None,
        typer.Option(
            "--request",
            metavar="FILE",
            help="A raw HTTP request (request line, headers, blank line, body): which part of it"
            " was signed otherwise?",
        ),
    ] = None,
) -> Answer:
    """Show the last refused requests of a key, each with the string that was signed here.

    Partners are told only that a request could not be authenticated. What is shown holds no
    secret, and of bodies only the digest. A running gateway notes them within a second.
    """
    from gateway.partners import keys
    from gateway.partners.key_check import diagnose
    from gateway.partners.refusals import read_refusals

    raw = None if request is None else _read_request(request)
    async with open_desk(call) as desk:
        async with desk.transaction(read_only=True) as db:
            rows = {row["key_id"]: row for row in await keys.list_keys(db, None)}
            if key_id not in rows:
                raise RefusedError("not-found", f"there is no key {key_id}")
            row = rows[key_id]
            vault = None if raw is None else await open_vault(desk.config, db)
        refused = read_refusals(desk.config.data, key_id)
        data: dict[str, Any] = {"key_id": key_id, "partner": row["partner"], "state": row["state"]}
        if raw is not None and vault is not None:
            verify = await _verifier(desk, vault, key_id)
            if verify is None:
                raise RefusedError(
                    "key-ended", f"{key_id} is {row['state']}: nothing it signs is taken"
                )
            data["request"] = _told(diagnose(raw, refused, verify, time.time()))
    data["refused"] = [_shown(each) for each in refused]
    return Answer(data=data, note=None if refused else NOTHING_REFUSED)


NOTHING_REFUSED = "No refused request is kept: a gateway of this data directory keeps the last 8."


def _read_request(path: Path) -> "RawRequest":
    from gateway.partners.raw_request import NotARequest, read_request

    try:
        with path.open("rb") as file:
            raw = file.read(REQUEST_BYTES_MAX + 1)
    except OSError as error:
        raise RefusedError("unreadable-file", f"cannot read {path}: {error.strerror}") from None
    if len(raw) > REQUEST_BYTES_MAX:
        raise RefusedError("unreadable-file", f"{path} is larger than any request")
    try:
        return read_request(raw)
    except NotARequest as error:
        raise RefusedError("not-a-request", f"{path}: {error}") from None


async def _verifier(desk: Desk, vault: "Vault", key_id: str) -> "Verify | None":
    """Whether a string is signed with the key; None: the key works no more."""
    from gateway.ground.native import KeyRing
    from gateway.partners.administration import SQL

    async with desk.transaction(read_only=True) as db:
        secrets = await SQL.working_key.one(db, key_id)
    if secrets is None:
        return None
    ring = KeyRing()
    ring.put(key_id, secrets["signing_key"], secrets["delivery_key"], vault)

    def verify(signed: "Signed") -> bool:
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


def _told(found: "Diagnosis") -> Mapping[str, Any]:
    return {
        "genuine": found.genuine,
        "differs": found.differs,
        "string_to_sign": _printable(found.string_to_sign),
        "signed_instead": None
        if found.signed_instead is None
        else _printable(found.signed_instead),
        "parts": [asdict(part) for part in found.parts],
    }


def _shown(refused: "RefusedRequest") -> Mapping[str, Any]:
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
