"""What its actions and views ask, statement by statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class LockedSecret(TypedDict):
    """A partner and the secret of its webhooks, wrapped."""

    id: int
    webhook_secret: bytes


class EndpointHealth(TypedDict):
    """Where a partner is told, and how that goes; 1001 messages: more."""

    partner: str
    url: str
    disabled_at: datetime | None
    disabled_why: str | None
    failing_since: datetime | None
    pending: int
    dead: int


class ReplayedWebhook(TypedDict):
    """A message that is sent again."""

    id: str
    state: str


class Unheard(TypedDict):
    """A partner that is not listening."""

    partner: str
    url: str | None  # None: no endpoint was ever set


class MadeWebhook(TypedDict):
    """A message of type `test`."""

    id: str
    webhook_id: str
    state: str


class SQL(Statements, file="webhooks/administration"):
    """Asked within an operator's transaction."""

    upsert_endpoint: Statement[[int, str], int]
    lock_webhook_secret: Statement[[str], LockedSecret]
    rotate_webhook_secret: Statement[[int, bytes], datetime]
    list_webhooks: Statement[[str | None, str | None, str | None, int, str | None], Row]
    replay_webhook: Statement[[int], ReplayedWebhook]
    replay_dead_letters: Statement[[int, int, datetime | None], int]
    unheard: Statement[[Sequence[int]], Unheard]
    endpoints: Statement[[], EndpointHealth]
    insert_test_webhook: Statement[[int, bytes], MadeWebhook]
    trace_endpoint: Statement[[str], Row]
    trace_webhook: Statement[[int], Row]
