"""A webhook row as it is taken from the database, and what an attempt makes of it."""

from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from gateway.orders.record import OrderRecord
from gateway.webhooks.rules import WebhookState


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenRow:
    """A due row, claimed for this worker; `url` None: the endpoint is disabled or gone.

    With `order` it was just made by this worker: unclaimed, and `url` None is the endpoint.
    """

    id: int
    partner_id: int
    order_id: int | None
    type: str
    sequence: int
    url: str | None
    to_endpoint: bool
    body: bytes | None
    attempts: int
    created_at: datetime
    replays: int
    order: OrderRecord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddresseeRow:
    """A partner as it is reached; the secrets are still wrapped by the vault."""

    id: int
    url: str | None
    webhook_secret: bytes = field(repr=False)
    old_secret: bytes | None = field(repr=False)  # while it is being rotated
    old_for_s: float | None  # until then the old one signs too


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt did to a message. `tried` False: nothing was sent.

    `replays` is the message's count when the attempt began: one that was asked for again since
    has to be sent again, whatever became of this attempt.
    """

    message_id: int
    replays: int
    attempts_before: int
    tried: bool
    state: WebhookState
    status: int | None
    error: str | None
    delay_s: float | None
    body: bytes | None
    gone: str | None  # the endpoint that wants no more: another may be set meanwhile
