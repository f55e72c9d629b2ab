"""What happens to attempts that others want to hear of."""

import msgspec


class WebhookMade(msgspec.Struct, frozen=True, gc=False):
    """A result was committed by this worker, and with it a row of `webhook` of this id (perhaps:
    an order that nobody is to be told of has none)."""

    webhook_id: int
