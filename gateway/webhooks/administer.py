"""Webhooks: where a partner is told, the secret it checks us with, replays."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from connectors.web_address import check_web_address
from gateway.ground.desk.port import (
    Row,
    Secrecy,
    Transaction,
    by_index,
    not_found,
    partner_id,
)
from gateway.ground.desk.refusal import refused, wrong
from gateway.ground.moment import rfc3339
from gateway.webhooks.administration import SQL, LockedSecret

PURPOSE: Final = "webhook"  # what the vault binds the secret to
STATES: Final = ("pending", "delivered", "dead")


async def set_endpoint(db: Transaction, secrecy: Secrecy, partner: str, url: str) -> dict[str, Any]:
    """Set where a partner is told; a disabled endpoint is enabled again. Shows the secret."""
    check_url(url)
    owner = await _lock_secret(db, partner)
    await SQL.upsert_endpoint.run(db, owner["id"], url)
    return {"partner": partner, "url": url, "secret": _open(secrecy, owner)}


async def show_secret(
    db: Transaction, secrecy: Secrecy, partner: str, *, rotate: bool
) -> dict[str, Any]:
    """The partner's one secret, or a new one: for a day both sign, then the new one alone."""
    owner = await _lock_secret(db, partner)
    if not rotate:
        return {"partner": partner, "secret": _open(secrecy, owner)}
    secret = secrecy.new_webhook_secret()
    wrapped = secrecy.wrap(PURPOSE, secret.encode())
    until = await SQL.rotate_webhook_secret.only(db, owner["id"], wrapped)
    return {"partner": partner, "secret": secret, "old_signs_until": until}


async def list_webhooks(
    db: Transaction,
    *,
    partner: str | None,
    state: str | None,
    cursor: str | None,
    limit: int,
    order_no: str | None = None,
) -> Sequence[Row]:
    """The newest messages older than `cursor` that match; None: whatever it is."""
    await by_index(db)
    return await SQL.list_webhooks.all(db, partner, state, cursor, limit, order_no)


async def replay_webhook(db: Transaction, webhook_id: str) -> dict[str, Any]:
    """Send a message again under its old id, with a new schedule; refused where nobody hears."""
    number = read_webhook_id(webhook_id)
    row = await SQL.replay_webhook.one(db, number) if number is not None else None
    if row is None:
        raise refused("not-found", "no-webhook", "id", webhook_id=webhook_id)
    await check_heard(db, [int(row["id"])])
    return dict(row)


async def check_heard(db: Transaction, replayed: Sequence[int]) -> None:
    """Refuse what would be dead again at once: somebody has to be there for each message."""
    missed = await SQL.unheard.one(db, replayed) if replayed else None
    if missed is None:
        return
    if missed["url"] is None:
        raise refused("no-endpoint", "endpoint-unset", partner=missed["partner"])
    raise refused("endpoint-disabled", "endpoint-disabled", **missed)


def read_webhook_id(text: str) -> int | None:
    """The number behind an id or a webhook-id; None for what none can have."""
    digits = text.removeprefix("msg_")
    known = digits.isascii() and digits.isdigit() and len(digits) < 20 and int(digits) < 2**63
    return int(digits) if known else None


async def replay_dead_letters(
    db: Transaction, partner: str, limit: int, since: datetime | None = None
) -> dict[str, Any]:
    """Send the oldest dead letters of a partner again, after it has mended its endpoint.

    `since`: only those that were made then or later.
    """
    id_ = await partner_id(db, partner)
    rows = await SQL.replay_dead_letters.all(db, id_, limit, since)
    await check_heard(db, rows)
    return {"partner": partner, "replayed": len(rows)}


async def send_test(db: Transaction, partner: str, now: datetime) -> dict[str, Any]:
    """Send a message of type `test` to a partner's endpoint."""
    body = {
        "type": "test",
        "timestamp": rfc3339(now),
        "data": {"partner": partner},
        "sequence": 0,
    }
    id_ = await partner_id(db, partner)
    row = await SQL.insert_test_webhook.one(db, id_, orjson.dumps(body))
    if row is None:
        raise refused("not-found", "no-endpoint", "partner", partner=partner)
    return dict(row)


def check_url(text: str) -> str:
    """An http or https address; where it leads is checked at every delivery, after resolution."""
    try:
        return check_web_address(text, with_query=True)
    except ValueError as error:
        raise wrong("endpoint-address", "url", detail=str(error)) from None


async def _lock_secret(db: Transaction, partner: str) -> LockedSecret:
    row = await SQL.lock_webhook_secret.one(db, partner)
    if row is None:
        raise not_found("partner", partner)
    return row


def _open(secrecy: Secrecy, owner: LockedSecret) -> str:
    return secrecy.open(PURPOSE, owner["webhook_secret"]).decode()
