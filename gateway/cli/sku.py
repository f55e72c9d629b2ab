"""`quangate sku`: what is sold."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from gateway.cli.command import Call, command, room
from gateway.cli.desk import open_desk
from gateway.cli.output import Answer
from gateway.cli.parameters import NAME_HELP, Amount, read_number

if TYPE_CHECKING:
    from gateway.flows.administration.catalog import NewOffer, NewRoute

app = room("What is sold.")

Sku: TypeAlias = Annotated[str, typer.Argument(metavar="SKU", help="A SKU's name.")]
Offers: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--offer",
        metavar="PARTNER[:PRICE]",
        help="Only for this partner, perhaps at an own price; repeat it. None: for all.",
    ),
]
Routes: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--route",
        metavar="UPSTREAM:PRODUCT_ID[:PRIORITY[:COST]]",
        help="Where it is bought, smaller priorities first; repeat it.",
    ),
]


class Kind(StrEnum):
    """What a SKU delivers."""

    CODE = "code"
    LINK = "link"
    QR = "qr"
    TOPUP = "topup"


@command(
    app,
    "create",
    example="quangate sku create VIP --name 'VIP, a month' --kind code --pool vip --price 1990",
)
async def create(
    call: Call,
    *,
    sku: Annotated[str, typer.Argument(metavar="SKU", help=NAME_HELP)],
    name: Annotated[str, typer.Option("--name", help="What partners and buyers read.")],
    kind: Annotated[Kind, typer.Option("--kind", help="What is delivered.")],
    price: Annotated[int, typer.Option("--price", help="For one, in minor units (分).")],
    pool: Annotated[
        str | None, typer.Option("--pool", help="Where its codes come from, if not bought.")
    ] = None,
    face_value: Annotated[
        int | None, typer.Option("--face-value", help="What it is worth, in minor units.")
    ] = None,
    per_buyer: Annotated[
        int | None, typer.Option("--per-buyer", min=1, help="How many one buyer may have.")
    ] = None,
    quantity_max: Annotated[
        int | None,
        typer.Option(
            "--quantity-max", min=1, help="How many one order may have. [what the routes sell]"
        ),
    ] = None,
    low_stock: Annotated[
        int | None,
        typer.Option("--low-stock", min=0, help="Stock level is `low` below this. [100]"),
    ] = None,
    account_rule: Annotated[
        str | None,
        typer.Option(
            "--account-rule", metavar="RULE", help="cn-mobile, e164, email, qq, any, or a pattern."
        ),
    ] = None,
    offer: Offers = None,
    route: Routes = None,
) -> Answer:
    """Put something on sale: codes, links and QR codes from a pool, top-ups from upstreams.

    With --route instead of --pool, codes are bought on demand, order by order.
    """
    from gateway.domain.catalog import SkuKind
    from gateway.flows.administration import catalog

    new = catalog.NewSku(
        sku=sku,
        name=name,
        kind=SkuKind(kind.value),
        price_minor=price,
        pool=pool,
        face_value_minor=face_value,
        account_rule=account_rule,
        per_buyer=per_buyer,
        quantity_max=quantity_max,
        low_stock=low_stock,
        offers=[_read_offer(text) for text in offer or ()],
        routes=[_read_route(text) for text in route or ()],
    )
    async with open_desk(call) as desk, desk.transaction() as db:
        return Answer(data=await catalog.create_sku(db, new))


@command(app, "list", example="quangate sku list")
async def list_(call: Call) -> Answer:
    """All SKUs."""
    from gateway.flows.administration import catalog

    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        return Answer(data={"skus": await catalog.list_skus(db)})


@command(app, "show", example="quangate sku show VIP")
async def show(call: Call, sku: Sku) -> Answer:
    """One SKU with its offers and routes."""
    from gateway.flows.administration import catalog

    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        return Answer(data=await catalog.show_sku(db, sku))


@command(app, "price", example="quangate sku price VIP 1790 --partner acme")
async def price_(
    call: Call,
    sku: Sku,
    amount: Amount,
    partner: Annotated[
        str | None, typer.Option("--partner", help="Only this partner's price (offers it, too).")
    ] = None,
) -> Answer:
    """Change the price of one; orders already taken keep theirs."""
    from gateway.flows.administration import catalog

    async with open_desk(call) as desk, desk.transaction() as db:
        return Answer(data=await catalog.set_price(db, sku, amount, partner=partner))


@command(app, "limit", example="quangate sku limit VIP --per-buyer 2 --quantity-max 10")
async def limit(
    call: Call,
    sku: Sku,
    per_buyer: Annotated[
        int | None, typer.Option("--per-buyer", min=0, help="How many one buyer may have; 0: any.")
    ] = None,
    quantity_max: Annotated[
        int | None, typer.Option("--quantity-max", min=0, help="In one order; 0: what there is.")
    ] = None,
) -> Answer:
    """Change what one buyer or one order may have; what is not named stays."""
    from gateway.flows.administration import catalog

    async with open_desk(call) as desk, desk.transaction() as db:
        data = await catalog.set_limits(db, sku, per_buyer=per_buyer, quantity_max=quantity_max)
        return Answer(data=data)


@command(app, "account-rule", example="quangate sku account-rule QQ-100 qq")
async def account_rule_(
    call: Call,
    sku: Sku,
    rule: Annotated[
        str, typer.Argument(metavar="RULE", help="cn-mobile, e164, email, qq, any, or a pattern.")
    ],
) -> Answer:
    """Change what the accounts of a top-up must look like.

    A pattern is matched against the whole account, in time linear in it.
    """
    from gateway.flows.administration import catalog

    async with open_desk(call) as desk, desk.transaction() as db:
        return Answer(data=await catalog.set_account_rule(db, sku, rule))


@command(app, "on-sale", example="quangate sku on-sale VIP")
async def on_sale(call: Call, sku: Sku) -> Answer:
    """Take orders again."""
    return await _set_on_sale(call, sku, on_sale=True)


@command(app, "off-sale", example="quangate sku off-sale VIP")
async def off_sale(call: Call, sku: Sku) -> Answer:
    """Take no more orders; what was sold stays sold."""
    return await _set_on_sale(call, sku, on_sale=False)


async def _set_on_sale(call: Call, sku: str, *, on_sale: bool) -> Answer:
    from gateway.flows.administration import catalog

    async with open_desk(call) as desk, desk.transaction() as db:
        return Answer(data=await catalog.set_on_sale(db, sku, on_sale=on_sale))


def _read_offer(text: str) -> "NewOffer":
    from gateway.flows.administration.catalog import NewOffer

    partner, colon, price = text.partition(":")
    return NewOffer(
        partner=partner, price_minor=read_number(price, "price", "--offer") if colon else None
    )


def _read_route(text: str) -> "NewRoute":
    from gateway.flows.administration.catalog import NewRoute

    parts = text.split(":")
    if not 2 <= len(parts) <= 4 or not parts[0] or not parts[1]:
        raise typer.BadParameter(
            f"{text!r} is not UPSTREAM:PRODUCT_ID[:PRIORITY[:COST]]", param_hint="--route"
        )
    upstream, product_id, priority, cost = (*parts, "", "")[:4]
    return NewRoute(
        upstream=upstream,
        product_id=product_id,
        priority=read_number(priority or "0", "priority", "--route"),
        cost_minor=read_number(cost, "cost", "--route") if cost else None,
    )
