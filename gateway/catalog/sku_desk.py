"""SKUs: what is sold."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta

from gateway.catalog import administer as catalog
from gateway.catalog.administration import SQL
from gateway.catalog.rules import SkuKind
from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.fits import flag_is
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import NAME_HELP
from gateway.ground.desk.port import At
from gateway.ground.desk.refusal import wrong
from gateway.ground.desk.view import Column, Page, SortKey, View

SKU: Final = Noun(name="sku", plural="skus", zh="商品", en="SKU")
TRACE: Final = Trace(
    name="sku", table="sku", statement=SQL.trace_sku, key=lambda given, _: (given.sku,)
)
OFFER: Final = Trace(
    name="offer",
    table="sku_offer",
    statement=SQL.trace_offer,
    left_out=("price",),  # stands in a row of its own
    key=lambda given, _: None if given.partner is None else (given.sku, given.partner),
)
INTEGER_MAX: Final = 2**31 - 1
RULE_HELP: Final = "cn-mobile, e164, email, qq, any, or a pattern."
LIFE_HELP: Final = "How many days a code must still last when it is sold. [0]"
Days: TypeAlias = Annotated[int, Meta(ge=0, le=36_500)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
Some: TypeAlias = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
Name: TypeAlias = Annotated[
    str, Meta(description="A SKU's name.", extra={"argument": True, "metavar": "SKU"})
]


class Kind(StrEnum):
    """What can be made today; its values are those of SkuKind."""

    CODE = SkuKind.CODE.value
    LINK = SkuKind.LINK.value
    QR = SkuKind.QR.value
    TOPUP = SkuKind.TOPUP.value


class NewSku(Given, frozen=True, kw_only=True):
    """A SKU that is to be."""

    sku: Annotated[str, Meta(description=NAME_HELP, extra={"argument": True, "metavar": "SKU"})]
    name: Annotated[str, Meta(description="What partners and buyers read.")]
    kind: Annotated[Kind, Meta(description="What is delivered.")]
    price: Annotated[int, Meta(description="For one, in minor units (分).", extra={"money": True})]
    pool: Annotated[str | None, Meta(description="Where its codes come from, if not bought.")] = (
        None
    )
    face_value: Annotated[
        int | None, Meta(description="What it is worth, in minor units.", extra={"money": True})
    ] = None
    per_buyer: Annotated[Some | None, Meta(description="How many one buyer may have.")] = None
    quantity_max: Annotated[
        Some | None, Meta(description="How many one order may have. [what the routes sell]")
    ] = None
    low_stock: Annotated[
        Annotated[int, Meta(ge=0, le=10**18)] | None,
        Meta(description="Stock level is `low` below this. [100]"),
    ] = None
    min_life: Annotated[Days, Meta(description=LIFE_HELP, extra={"metavar": "DAYS"})] = 0
    allow_zero: Annotated[bool, Meta(description="A price of 0 is meant.")] = False
    account_rule: Annotated[str | None, Meta(description=RULE_HELP, extra={"metavar": "RULE"})] = (
        None
    )
    category: Annotated[str | None, Meta(description="The category it lies in.")] = None
    tag: Annotated[tuple[str, ...], Meta(description="A word to find it by; repeat it.")] = ()
    offer: Annotated[
        tuple[str, ...],
        Meta(
            description="Only for this partner, perhaps at an own price; repeat it. None: for all.",
            extra={"metavar": "PARTNER[:PRICE]"},
        ),
    ] = ()
    route: Annotated[
        tuple[str, ...],
        Meta(
            description="Where it is bought, smaller priorities first; repeat it.",
            extra={"metavar": "UPSTREAM:PRODUCT_ID[:PRIORITY[:COST]]"},
        ),
    ] = ()


class OneSku(Given, frozen=True, kw_only=True):
    """A SKU there is."""

    sku: Name


class Limits(Given, frozen=True, kw_only=True):
    """What one buyer or one order may have, how long codes must last; 0 lifts a limit."""

    sku: Name
    per_buyer: Annotated[Count | None, Meta(description="How many one buyer may have; 0: any.")] = (
        None
    )
    quantity_max: Annotated[Count | None, Meta(description="In one order; 0: what there is.")] = (
        None
    )
    min_life: Annotated[
        Days | None,
        Meta(description="Days a code must still last; 0: any.", extra={"metavar": "DAYS"}),
    ] = None


class AccountRule(Given, frozen=True, kw_only=True):
    """What accounts of a top-up must look like."""

    sku: Name
    rule: Annotated[str, Meta(description=RULE_HELP, extra={"argument": True})]


def new_sku(given: NewSku) -> catalog.NewSku:
    """What is to be made. Refused: offers and routes that cannot be read."""
    return catalog.NewSku(
        sku=given.sku,
        name=given.name,
        kind=SkuKind(given.kind.value),
        price_minor=given.price,
        pool=given.pool,
        face_value_minor=given.face_value,
        account_rule=given.account_rule,
        per_buyer=given.per_buyer,
        quantity_max=given.quantity_max,
        low_stock=given.low_stock,
        min_life_days=given.min_life,
        category=given.category,
        tags=given.tag,
        allow_zero=given.allow_zero,
        offers=[_read_offer(text) for text in given.offer],
        routes=[_read_route(text) for text in given.route],
    )


async def _limit(at: At, given: Limits, _: Change) -> Mapping[str, Any]:
    return await catalog.set_limits(
        at.db,
        given.sku,
        per_buyer=given.per_buyer,
        quantity_max=given.quantity_max,
        min_life_days=given.min_life,
    )


async def _account_rule(at: At, given: AccountRule, _: Change) -> Mapping[str, Any]:
    return await catalog.set_account_rule(at.db, given.sku, given.rule)


async def _on_sale(at: At, given: OneSku, _: Change) -> Mapping[str, Any]:
    return await catalog.set_on_sale(at.db, given.sku, on_sale=True)


async def _off_sale(at: At, given: OneSku, _: Change) -> Mapping[str, Any]:
    return await catalog.set_on_sale(at.db, given.sku, on_sale=False)


async def _show(at: At, given: OneSku) -> Mapping[str, Any]:
    return await catalog.show_sku(at.db, given.sku)


def _read_offer(text: str) -> catalog.NewOffer:
    partner, colon, price = text.partition(":")
    return catalog.NewOffer(
        partner=partner, price_minor=_number(price, "price", "offer") if colon else None
    )


def _read_route(text: str) -> catalog.NewRoute:
    parts = text.split(":")
    if not 2 <= len(parts) <= 4 or not parts[0] or not parts[1]:
        raise wrong("route-form", "route", value=text)
    upstream, product_id, priority, cost = (*parts, "", "")[:4]
    return catalog.NewRoute(
        upstream=upstream,
        product_id=product_id,
        priority=_number(priority or "0", "priority", "route"),
        cost_minor=_number(cost, "cost", "route") if cost else None,
    )


def _number(text: str, what: str, field: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 17):
        raise wrong("no-number", field, what=what, value=text)
    return int(text)


COLUMNS: Final = (
    Column(name="sku", kind="id", zh="商品", en="SKU"),
    Column(name="name", kind="text", zh="名称", en="Name"),
    Column(name="kind", kind="text", zh="类型", en="Kind", values=tuple(SkuKind)),
    Column(name="pool", kind="id", zh="卡密池", en="Pool"),
    Column(name="bought_on_demand", kind="flag", zh="按需采购", en="Bought on demand"),
    Column(name="price", kind="money", zh="价格", en="Price"),
    Column(name="currency", kind="text", zh="币种", en="Currency"),
    Column(name="face_value", kind="money", zh="面值", en="Face value"),
    Column(name="account_rule", kind="text", zh="账号规则", en="Account rule"),
    Column(name="per_buyer", kind="number", zh="每人限购", en="Per buyer", unit="pieces"),
    Column(name="quantity_max", kind="number", zh="每单上限", en="Per order", unit="pieces"),
    Column(name="min_life", kind="number", zh="最短有效期", en="Minimum life", unit="days"),
    Column(name="offered_to_all", kind="flag", zh="对所有合作方", en="For all"),
    Column(name="on_sale", kind="flag", zh="在售", en="On sale"),
    Column(name="category", kind="id", zh="类目", en="Category"),
    Column(name="tags", kind="list", zh="标签", en="Tags"),
    Column(name="updated_at", kind="time", zh="更新时间", en="Updated"),
)
DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=SKU,
        verb="list",
        doc="All SKUs.",
        given=Given,
        example="quangate sku list",
        permission="skus:read",
        columns=COLUMNS,
        sort=(SortKey(columns=("sku",), index="sku_sku_key"),),
        statement=SQL.list_skus,
        rows_as="skus",
        rows=lambda at, _: catalog.list_skus(at.db),
    ),
    Page(
        noun=SKU,
        verb="show",
        doc="One SKU with its offers and routes.",
        given=OneSku,
        example="quangate sku show VIP",
        permission="skus:read",
        read=_show,
    ),
    Action(
        noun=SKU,
        verb="limit",
        doc="Change what one buyer or one order may have, or codes' life; what is not named stays.",
        given=Limits,
        example="quangate sku limit VIP --per-buyer 2 --quantity-max 10",
        permission="skus:limit",
        run=_limit,
        undo="`quangate sku limit SKU` with those before it.",
        subject=lambda given, _: given.sku,
        traces=(TRACE,),
    ),
    Action(
        noun=SKU,
        verb="account-rule",
        doc="Change what the accounts of a top-up must look like."
        "\n\nA pattern is matched against the whole account, in time linear in it.",
        given=AccountRule,
        example="quangate sku account-rule QQ-100 qq",
        permission="skus:account-rule",
        run=_account_rule,
        undo="`quangate sku account-rule SKU RULE` with the one before it.",
        subject=lambda given, _: given.sku,
        traces=(TRACE,),
    ),
    Action(
        noun=SKU,
        verb="on-sale",
        fits=flag_is("on_sale", value=False),
        doc="Take orders again.",
        given=OneSku,
        example="quangate sku on-sale VIP",
        permission="skus:on-sale",
        run=_on_sale,
        undo="`quangate sku off-sale SKU`.",
        subject=lambda given, _: given.sku,
        traces=(TRACE,),
    ),
    Action(
        noun=SKU,
        verb="off-sale",
        fits=flag_is("on_sale", value=True),
        doc="Take no more orders; what was sold stays sold.",
        given=OneSku,
        example="quangate sku off-sale VIP",
        permission="skus:off-sale",
        run=_off_sale,
        undo="`quangate sku on-sale SKU`.",
        subject=lambda given, _: given.sku,
        traces=(TRACE,),
    ),
)
