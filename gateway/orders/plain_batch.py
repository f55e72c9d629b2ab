"""Lines of a request that say nothing unusual: on their way together, without an object for each.

What they are sold by is decided once for each SKU; the native core has the rest. Whatever turns
out to be unusual makes order lines of them, which go on as any do.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec

from gateway.catalog.rules import Catalog, Key, Sku
from gateway.codes.shelving import ShelfBook
from gateway.codes.stock import Run
from gateway.ground.native import Allocator, KeyRing, PlainLines, Vault
from gateway.orders.line import Answered, Line
from gateway.orders.rules import QUANTITY_MAX, OrderContent
from gateway.prices.rules import NO_PRICES, PriceBook
from gateway.quotas.rules import Per, QuotaBook, Window

# A line that became one of its own, and what will be said of it.
Opened: TypeAlias = tuple[Line, "asyncio.Future[Answered]"]
# How a SKU is sold, as the native core takes it: PlainLines.offer.
Offer: TypeAlias = tuple[int, int, int, int, str, int, list[tuple[int, bool]]]
_BY_DEVICE: Final = {Per.BUYER: False, Per.DEVICE: True}  # whom plain lines may be counted by


class PlainBatch(msgspec.Struct, kw_only=True, eq=False, gc=False):
    """Such lines of one partner's key. `future` tells the members of `results` once all of them are
    orders, or the lines that they became."""

    partner_id: int
    key_id: str
    reads_codes: bool
    lines: PlainLines
    skus: list[Sku]  # by the places that lines name
    outlets: list[int]  # likewise
    asks: bool  # something of quotas
    quantity: int  # codes of all lines
    waits_until: float | None  # (monotonic) then its caller has gone
    claimed: Sequence[tuple[int, Sequence[Run]]] = ()  # its codes, by outlet
    waiters: list[tuple[int, Line]]  # that bear the number of the line at this place
    future: "asyncio.Future[bytes | Sequence[Opened]] | None" = None

    def answer(
        self, vault: Vault, keyring: KeyRing, allocator: Allocator, moment: str
    ) -> bytes | list[bytes]:
        """The members of `results`, all created at that moment. Raises as PlainLines.answer."""
        return self.lines.answer(
            vault, keyring, allocator, self.key_id, self.reads_codes, moment
        )  # fmt: skip

    def tell(self, became: bytes | list[bytes] | Sequence[Opened]) -> None:
        """Tell the caller, unless it was told: what `answer` gave, or the lines they are now."""
        if self.future is not None and not self.future.done():
            self.future.set_result(became)  # type: ignore[arg-type]  # see Gathering


def plain_batch(
    catalog: Catalog, key: Key, lines: PlainLines, waits_until: float | None
) -> PlainBatch | None:
    """What these lines are sold by; None: a rule has to look at each of them."""
    partner_id = key.partner_id
    if catalog.sales_closed or partner_id in catalog.webhook_partners:
        return None
    skus, offers = [], []
    for name in lines.skus():
        sku = catalog.skus.get(name)
        offer = None if sku is None else offer_of(catalog, partner_id, sku)
        if sku is None or offer is None:
            return None
        skus.append(sku)
        offers.append(offer)
    if not lines.offer(partner_id, offers):
        return None
    return PlainBatch(
        partner_id=partner_id,
        key_id=key.key_id,
        reads_codes=key.reads_codes,
        lines=lines,
        skus=skus,
        outlets=[offer[2] for offer in offers],
        asks=any(offer[6] for offer in offers),
        quantity=lines.quantity,
        waits_until=waits_until,
        waiters=[],
    )


def offer_of(catalog: Catalog, partner_id: int, sku: Sku) -> Offer | None:
    """None: what this SKU costs, or who may have it, depends on more than the SKU; see
    checks.judge, which says the same of one line."""
    pool_id = sku.pool_id
    if pool_id is None or sku.bought or not sku.on_sale or not sku.offered_to(partner_id):
        return None
    prices = catalog.books[PriceBook].lists.get(sku.id, NO_PRICES)
    price = prices.plain
    if prices.rows or not price.sound or price.since is not None or price.until is not None:
        return None
    counted = []
    for quota in catalog.books[QuotaBook].quotas_of(sku.id, None):
        if quota.window is Window.CAMPAIGN:
            continue
        by_device = _BY_DEVICE.get(quota.per)
        if by_device is None:
            return None
        counted.append((quota.id, by_device))
    outlet = catalog.books[ShelfBook].outlet_for(sku, channel=None, campaign=None)
    if outlet is None:
        return None
    most = QUANTITY_MAX if sku.quantity_max is None else min(QUANTITY_MAX, sku.quantity_max)
    return sku.id, pool_id, outlet, price.minor, sku.currency, most, counted


def lines_of(batch: PlainBatch) -> list[Line]:
    """The lines, as Placement.prepare would have made them, with what they have by now."""
    return [_line(batch, place) for place in range(len(batch.lines))]


def _line(batch: PlainBatch, place: int) -> Line:
    number, nth, quantity, buyer, device, digest, details, quotas, order_id, runs = (
        batch.lines.line(place)
    )
    sku = batch.skus[nth]
    return Line(
        partner_id=batch.partner_id,
        key_id=batch.key_id,
        reads_codes=batch.reads_codes,
        sku=sku,
        outlet=batch.outlets[nth],
        out_order_no=number,
        content_hash=digest,
        quantity=quantity,
        amount_minor=batch.lines.amount(place),
        account=None,
        metadata=None,
        details=details,
        quotas=quotas,
        notify=False,
        notify_url=None,
        waits_until=batch.waits_until,
        content=OrderContent(
            out_order_no=number,
            sku=sku.sku,
            quantity=quantity,
            buyer_id=buyer,
            buyer_device=device,
        ),
        order_id=order_id,
        runs=runs or None,
    )
