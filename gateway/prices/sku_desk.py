"""What a SKU costs: from when it is made, its list price, and a partner's own."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.catalog.administer import create_sku
from gateway.catalog.sku_desk import OFFER, SKU, TRACE, Name, NewSku, new_sku
from gateway.ground.desk.action import Action, Change, SecondPerson, Summed, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Amount
from gateway.ground.desk.port import At, Transaction
from gateway.ground.desk.view import Page, View
from gateway.prices import administer as prices
from gateway.prices.administration import SQL
from gateway.prices.below import NEW_CURRENCY, is_new_far_below
from gateway.prices.value import Value

OWN: Final = Trace(
    name="own_price",
    table="price_row",
    statement=SQL.trace_own_price,
    key=lambda given, _: None if given.partner is None else (given.sku, given.partner),
)


class Price(Given, frozen=True, kw_only=True):
    """A price for all, or for one partner."""

    sku: Name
    amount: Amount
    partner: Annotated[
        str | None, Meta(description="Only this partner's price (offers it, too).")
    ] = None
    allow_zero: Annotated[bool, Meta(description="0 is meant.")] = False


async def _far_below(at: At, given: Price) -> bool:
    if given.partner is None:
        return await prices.is_list_far_below(at.db, given.sku, given.amount)
    new = prices.NewRow(
        value=Value(amount=given.amount, basis_points=None), sku=given.sku,
        allow_zero=given.allow_zero,
    )  # fmt: skip
    return await prices.is_far_below(at.db, new)


async def _price(at: At, given: Price, _: Change) -> Mapping[str, Any]:
    if given.partner is None:
        return await prices.set_list_price(
            at.db, given.sku, given.amount, allow_zero=given.allow_zero
        )
    return await prices.set_own_price(
        at.db, given.sku, given.amount, partner=given.partner, allow_zero=given.allow_zero
    )


async def _new_far_below(at: At, given: NewSku) -> bool:
    return await is_new_far_below(at.db, new_sku(given))


async def _summed(db: Transaction, given: Price) -> Summed:
    return await prices.summed_up(db, sku=given.sku)


async def _new_summed(_: Transaction, __: NewSku) -> Summed:
    return Summed(currency=NEW_CURRENCY)


async def _create(at: At, given: NewSku, _: Change) -> Mapping[str, Any]:
    return await create_sku(at.db, new_sku(given))


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=SKU,
        verb="create",
        doc="Put something on sale: codes, links and QR codes from a pool, top-ups from upstreams."
        "\n\nWith --route instead of --pool, codes are bought on demand, order by order.",
        given=NewSku,
        example="quangate sku create VIP --name 'VIP, a month' --kind code --pool vip --price 1990",
        permission="skus:create",
        run=_create,
        undo="Not at all: a SKU stays; `quangate sku off-sale SKU` takes it off sale.",
        subject=lambda given, _: given.sku,
        traces=(TRACE,),
        second_person=SecondPerson.ABOVE_LIMIT,
        limit="price",
        beyond=_new_far_below,
        summed_up=_new_summed,
    ),
    Action(
        noun=SKU,
        verb="price",
        doc="Change the price of one; orders already taken keep theirs.",
        given=Price,
        example="quangate sku price VIP 1790 --partner acme",
        permission="skus:price",
        run=_price,
        undo="`quangate sku price SKU AMOUNT` with the one before it; orders in between keep this.",
        subject=lambda given, _: given.sku,
        traces=(TRACE, OFFER, OWN),
        second_person=SecondPerson.ABOVE_LIMIT,
        limit="price",
        beyond=_far_below,
        summed_up=_summed,
    ),
)
