"""Rules an order meets before it is committed. Pure.

A refusal travels with the line: if the number was accepted earlier, the partner gets that
order back whatever the rules say today (I5).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from gateway.campaigns.rules import Campaign, CampaignBook
from gateway.catalog.account_rule import AccountRuleError, fits
from gateway.catalog.rules import Catalog, Sku, SkuKind
from gateway.ground.http.address import read_address
from gateway.orders.pricing import price_refusal
from gateway.orders.refusal import Reason, Refusal
from gateway.orders.rules import OrderContent
from gateway.prices.rules import Priced
from gateway.quotas.rules import Buying, Per, Quota, QuotaBook, asks

OWN_NUMBERS: Final = "SUB-"  # out_order_no of orders that the gateway itself places for a partner


class Judgement(msgspec.Struct, frozen=True, gc=False):
    """`refusal` None: the order may go on. `quotas`: what it asks of them (quotas.rules.asks).

    `campaign` is the one it names; whether that is open is judged once more by the commit.

    A msgspec struct, like all that is made once per order: see OrderContent.
    """

    refusal: Refusal | None = None
    quotas: str | None = None
    campaign: Campaign | None = None


FREE: Final = Judgement()
_CLOSED: Final = Judgement(Refusal(Reason.SALES_CLOSED))
# What is missing of an order that a quota cannot count.
MISSING: Final[Mapping[Per, Reason]] = {
    Per.BUYER: Reason.BUYER_MISSING,
    Per.DEVICE: Reason.DEVICE_MISSING,
    Per.IP: Reason.IP_MISSING,
    Per.RECIPIENT: Reason.RECIPIENT_MISSING,
}
_TOPUP = SkuKind.TOPUP  # to look it up for every order costs 0.1 µs


def judge(  # noqa: PLR0911, PLR0912 - one return per rule reads best
    catalog: Catalog,
    partner_id: int,
    content: OrderContent,
    sku: Sku | None,
    priced: Priced,
    *,
    now: Callable[[], datetime],
) -> Judgement:
    """What the catalog says of an order at a price; `now` is the database's clock, as well as we
    know it.

    The first two rules are about the order alone, and yet no errors of its body: earlier releases
    had neither, and what they accepted is repeated.
    """
    if catalog.sales_closed:
        return _CLOSED
    if content.out_order_no.startswith(OWN_NUMBERS):
        return Judgement(Refusal(Reason.OWN_NUMBER))
    if content.buyer_ip is not None and read_address(content.buyer_ip) is None:
        return Judgement(Refusal(Reason.BUYER_ADDRESS))
    if sku is None:
        return Judgement(Refusal(Reason.UNKNOWN_SKU, sku=content.sku))
    if not sku.offered_to(partner_id):
        return Judgement(Refusal(Reason.NOT_OFFERED, sku=sku.sku))
    if not sku.on_sale:
        return Judgement(Refusal(Reason.NOT_ON_SALE, sku=sku.sku))
    if sku.kind is _TOPUP and (refusal := _account_refusal(sku, content)):
        return Judgement(refusal)
    if sku.quantity_max is not None and content.quantity > sku.quantity_max:
        return Judgement(too_many(sku.quantity_max))
    campaign = None
    if content.campaign is not None:
        campaign = catalog.book(CampaignBook).campaigns.get(content.campaign)
        if campaign is None or campaign.sku_id != sku.id or campaign.surely_closed(now()):
            return Judgement(Refusal(Reason.CAMPAIGN_UNKNOWN, campaign=content.campaign))
        if refusal := _campaign_refusal(campaign, partner_id, content):
            return Judgement(refusal)
    quotas = catalog.books[QuotaBook].quotas_of(sku.id, content.campaign)
    asked = asked_of(quotas, partner_id, content) if quotas else None
    if isinstance(asked, Per):
        return Judgement(Refusal(MISSING[asked]))
    is_bounded = content.max_amount_minor is not None or not priced.sound
    if is_bounded and (refusal := price_refusal(priced, content)) is not None:
        return Judgement(refusal)
    return (
        FREE if asked is None and campaign is None else Judgement(quotas=asked, campaign=campaign)
    )


def asked_of(quotas: Sequence[Quota], partner_id: int, content: OrderContent) -> str | Per | None:
    """What an order asks of these quotas: quotas.rules.asks."""
    buying = Buying(
        partner_id=partner_id,
        campaign=content.campaign,
        buyer_id=content.buyer_id,
        device=content.buyer_device,
        ip=content.buyer_ip,
        account=content.account,
    )
    return asks(quotas, buying)


def _campaign_refusal(campaign: Campaign, partner_id: int, content: OrderContent) -> Refusal | None:
    """Who may not take part, as far as it is known before the commit."""
    if not campaign.is_for(partner_id):
        return Refusal(Reason.CAMPAIGN_OF_OTHERS, campaign=campaign.name)
    if campaign.new_buyers and content.buyer_id is None:
        return Refusal(Reason.BUYER_MISSING)
    return None


def _account_refusal(sku: Sku, content: OrderContent) -> Refusal | None:
    if content.account is None:
        return Refusal(Reason.ACCOUNT_MISSING)
    try:
        is_one = sku.account_rule is None or fits(sku.account_rule, content.account)
    except AccountRuleError:  # made before such rules were refused: the doctor names it
        return Refusal(Reason.RULE_UNUSABLE, sku=sku.sku)
    if not is_one:
        return Refusal(Reason.ACCOUNT_UNFIT, account_rule=sku.account_rule or "")
    return None


def too_many(most: int) -> Refusal:
    """The refusal of an order for more than `most`."""
    return Refusal(Reason.QUANTITY, most=most)
