"""What Reloadly can do, for each of its services."""

from dataclasses import replace

from connectors.contract import (
    Capabilities,
)
from connectors.reloadly.wire import (
    Service,
    read_product,
)

CAPABILITIES = Capabilities(
    idempotent_submit=True,  # customIdentifier: CUSTOM_IDENTIFIER_ALREADY_USED
    resend_allowed=True,
    min_gap_per_account_s=120.0,  # PHONE_RECENTLY_RECHARGED within two minutes
    deadline_s=60.0,  # a token, a look-up and the order itself
    callbacks_trusted=True,
    asked_by_our_number=True,
    supports_codes=True,
    knows_reversal=True,
)


AIRTIME_CAPABILITIES = replace(CAPABILITIES, quantity_max=1, supports_codes=False)


def capabilities_of(product_id: str) -> Capabilities:
    """What the gateway may rely on for one product."""
    is_gift_card = read_product(product_id).service is Service.GIFTCARDS
    return CAPABILITIES if is_gift_card else AIRTIME_CAPABILITIES
