"""The one list of nouns that are declared, in the order of the command line's help."""

from collections.abc import Sequence
from typing import Final

from gateway.desks import (
    account,
    campaign,
    change,
    channel,
    key,
    order,
    partner,
    pool,
    sku,
    upstream,
    webhook,
)
from gateway.ground.desk.action import Action
from gateway.ground.desk.view import Page, View

DECLARED: Final[Sequence[Action | View | Page]] = (
    *partner.DECLARED,
    *account.DECLARED,
    *key.DECLARED,
    *pool.DECLARED,
    *sku.DECLARED,
    *campaign.DECLARED,
    *upstream.DECLARED,
    *channel.DECLARED,
    *order.DECLARED,
    *webhook.DECLARED,
    *change.DECLARED,
)
ACTIONS: Final = tuple(one for one in DECLARED if isinstance(one, Action))
VIEWS: Final = tuple(one for one in DECLARED if isinstance(one, View))
