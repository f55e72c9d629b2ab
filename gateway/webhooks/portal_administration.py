"""What the portal asks of messages, statement by statement; each takes the partner first."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class PortalWebhook(TypedDict):
    """One message; `body` as it was sent."""

    id: str
    webhook_id: str
    type: str
    order_no: str | None
    url: str | None
    state: str
    attempts: int
    replays: int
    last_status: int | None
    last_error: str | None
    next_attempt_at: datetime | None
    sandbox: bool
    created_at: datetime
    body: bytes | None


class ReplayedWebhook(TypedDict):
    """A message that is sent again."""

    id: str
    state: str


class SQL(Statements, file="webhooks/portal_administration"):
    """Asked within the transaction of whoever looks."""

    portal_webhooks: Statement[[int, str | None, str | None, str | None, int], Row]
    portal_webhook: Statement[[int, int], PortalWebhook]
    portal_replay: Statement[[int, int], ReplayedWebhook]
    portal_replay_dead: Statement[[int, datetime | None, int], int]
