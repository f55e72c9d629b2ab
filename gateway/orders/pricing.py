"""What a line costs, and within which window that holds; the commit judges windows by the
database's clock. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from gateway.campaigns.rules import Campaign, CampaignBook
from gateway.catalog.rules import Catalog
from gateway.orders.line import Line
from gateway.orders.refusal import Reason, Refusal
from gateway.orders.rules import OrderContent
from gateway.prices.rules import NO_PRICES, PriceBook, Priced, price_of

ALWAYS: Final = ("-infinity", "infinity")  # as the database takes moments


def price_refusal(priced: Priced, content: OrderContent) -> Refusal | None:
    """Why an order is not made at this price; None: it is."""
    if not priced.sound:
        return Refusal(Reason.PRICE_UNSOUND, sku=content.sku)
    most = content.max_amount_minor
    if most is not None and (total := priced.minor * content.quantity) > most:
        return Refusal(Reason.PRICE_CHANGED, total_minor=total, most=most)
    return None


def window_of(campaign: Campaign | None, priced: Priced) -> tuple[str, str]:
    """From when to when a line may be committed: while its campaign is open and its price holds."""
    opens = [] if priced.since is None else [priced.since]
    closes = [] if priced.until is None else [priced.until]
    if campaign is not None:
        opens.append(campaign.starts_at)
        closes.append(campaign.ends_at)
    return (
        max(opens).isoformat() if opens else ALWAYS[0],
        min(closes).isoformat() if closes else ALWAYS[1],
    )


def price_again(catalog: Catalog, line: Line, now: datetime) -> Refusal | None:
    """Price a line anew whose window was over when it came to be committed, at `now`.

    None: it may be committed as it is now. Else its campaign is over, or its buyer would not have
    it at the price that is in force by then.
    """
    content, campaign = line.content, None
    if content is None:
        return Refusal(Reason.CAMPAIGN_CLOSED)
    if content.campaign is not None:
        campaign = catalog.book(CampaignBook).campaigns.get(content.campaign)
        if campaign is None or not campaign.is_open(now):
            return Refusal(Reason.CAMPAIGN_CLOSED)
    prices = catalog.book(PriceBook).lists.get(line.sku.id, NO_PRICES)
    priced = price_of(
        prices,
        line.partner_id,
        line.quantity,
        campaign=content.campaign,
        channel=line.channel,
        now=lambda: now,
    )
    refusal = price_refusal(priced, content)
    if refusal is None:
        line.amount_minor = priced.minor * line.quantity
        line.opens_at, line.closes_at = window_of(campaign, priced)
        if line.attempt is not None:
            line.attempt = replace(line.attempt, cost_max_minor=line.amount_minor)
    return refusal
