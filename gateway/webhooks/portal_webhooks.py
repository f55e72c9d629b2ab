"""A partner's own messages at the portal: looked at, sent again, and where they go."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from gateway.ground.desk.port import At, Row, by_index
from gateway.ground.desk.refusal import refused
from gateway.partners.portal_keys import own_name
from gateway.webhooks import administer as webhooks
from gateway.webhooks.portal_administration import SQL


async def list_own(
    at: At, *, state: str | None, order_no: str | None, cursor: str | None, limit: int
) -> Sequence[Row]:
    """The newest that match."""
    await by_index(at.db)
    return await SQL.portal_webhooks.all(at.db, at.own, state, order_no, cursor, limit)


async def show_own(at: At, webhook_id: str) -> Mapping[str, Any]:
    """One, with what was sent."""
    number = webhooks.read_webhook_id(webhook_id)
    row = None if number is None else await SQL.portal_webhook.one(at.db, at.own, number)
    if row is None:
        raise _missing(webhook_id)
    body = row["body"]
    return {**row, "body": None if body is None else orjson.loads(body)}


async def replay_own(at: At, webhook_id: str) -> Mapping[str, Any]:
    """Send one again under its old id."""
    number = webhooks.read_webhook_id(webhook_id)
    row = None if number is None else await SQL.portal_replay.one(at.db, at.own, number)
    if row is None:
        raise _missing(webhook_id)
    await webhooks.check_heard(at.db, [int(row["id"])])
    return row


async def replay_own_dead(at: At, *, since: datetime | None, limit: int) -> Mapping[str, Any]:
    """Send again what nobody took, the oldest first."""
    rows = await SQL.portal_replay_dead.all(at.db, at.own, since, limit)
    await webhooks.check_heard(at.db, rows)
    return {"replayed": len(rows)}


async def set_own_endpoint(at: At, url: str) -> Mapping[str, Any]:
    """Where messages go from now on; shows the secret they are signed with."""
    return await webhooks.set_endpoint(at.db, at.secrecy, await own_name(at), url)


async def show_own_secret(at: At, *, rotate: bool) -> Mapping[str, Any]:
    """The one there is, or a new one: for a day both sign."""
    return await webhooks.show_secret(at.db, at.secrecy, await own_name(at), rotate=rotate)


async def test_own(at: At) -> Mapping[str, Any]:
    """A message of type `test`."""
    return await webhooks.send_test(at.db, await own_name(at), datetime.now(UTC))


def _missing(webhook_id: str) -> Exception:
    return refused("not-found", "no-webhook", "id", webhook_id=webhook_id)
