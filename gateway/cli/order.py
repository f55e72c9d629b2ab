"""`quangate order`: where is this order, where did this cent go."""

from typing import Annotated, TypeAlias

import typer

from gateway.cli.command import Call, command, room
from gateway.cli.desk import open_desk
from gateway.cli.output import Answer
from gateway.cli.parameters import Limit

app = room("Orders.")

OrderNo: TypeAlias = Annotated[
    str, typer.Argument(metavar="ORDER_NO", help="Our number of the order.")
]


@command(
    app, "place", example="quangate order place --as acme --sku VIP-MONTH --out-no A1 --quantity 2"
)
async def place(
    call: Call,
    *,
    partner: Annotated[str, typer.Option("--as", metavar="PARTNER", help="Who orders and pays.")],
    sku: Annotated[str, typer.Option("--sku", help="What is ordered.")],
    out_no: Annotated[
        str,
        typer.Option("--out-no", help="The partner's own number: the same one is the same order."),
    ],
    quantity: Annotated[int | None, typer.Option("--quantity", help="How many (1).")] = None,
    account: Annotated[
        str | None, typer.Option("--account", help="Of a top-up: what is credited.")
    ] = None,
    campaign: Annotated[str | None, typer.Option("--campaign", help="A flash sale's name.")] = None,
    buyer: Annotated[
        str | None, typer.Option("--buyer", metavar="ID", help="Whose limits count.")
    ] = None,
    max_amount: Annotated[
        int | None, typer.Option("--max-amount", help="Refuse a higher total; minor units.")
    ] = None,
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="The gateway, if it is elsewhere.")
    ] = None,
    curl: Annotated[
        bool, typer.Option("--curl", help="Order nothing; print a script that does.")
    ] = False,
) -> Answer:
    """Order something as a partner would: signed, through the running gateway; opens its codes.

    It signs with a key of its own ("cli" in `quangate key list`), made on first use.
    """
    from gateway.cli.order_place import order

    wanted = {
        "out_order_no": out_no,
        "sku": sku,
        "quantity": quantity,
        "account": account,
        "campaign": campaign,
        "buyer": None if buyer is None else {"id": buyer},
        "max_amount": max_amount,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    return await order(call, partner, given, url=url, curl=curl)


@command(app, "show", example="quangate order show 248123456789012345")
async def show(
    call: Call,
    order_no: OrderNo,
) -> Answer:
    """One order with its attempts, its money and its messages; never its codes."""
    from gateway.flows.administration import orders

    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        return Answer(data=await orders.show_order(db, order_no))


@command(app, "list", example="quangate order list --parked")
async def list_(
    call: Call,
    partner: Annotated[str | None, typer.Option("--partner", help="Only this partner's.")] = None,
    state: Annotated[
        str | None,
        typer.Option(
            "--state", help="processing, uncertain, delivered, partial, failed, reversed."
        ),
    ] = None,
    parked: Annotated[
        bool, typer.Option("--parked", help="Only contradictions that wait for a person.")
    ] = False,
    limit: Limit = 50,
) -> Answer:
    """The newest orders that match."""
    from gateway.flows.administration import orders

    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        rows = await orders.list_orders(
            db, partner=partner, state=state, parked=parked, limit=limit
        )
    return Answer(data={"orders": rows})


@command(
    app,
    "resolve",
    example='quangate order resolve 248123456789012345 --as failed --by ann --reason "their mail"',
)
async def resolve(
    call: Call,
    order_no: OrderNo,
    *,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides.")] = "",
    verdict: Annotated[
        str | None,
        typer.Option(
            "--as",
            help="succeeded or failed; of a delivered order: reversed; of a parked one: unchanged.",
        ),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the order.")] = "",
    approve: Annotated[
        bool, typer.Option("--approve", help="Carry out what somebody else proposed.")
    ] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the proposal back.")] = False,
) -> Answer:
    """Decide an order that waits for a person. One proposes, another one approves."""
    from gateway.cli.whence import whence
    from gateway.flows.administration import resolutions

    if (verdict is not None) + approve + withdraw != 1:
        raise typer.BadParameter("give one of --as, --approve and --withdraw")
    async with open_desk(call) as desk, desk.transaction() as db:
        if withdraw:
            return Answer(data=await resolutions.withdraw(db, order_no))
        if approve:
            return Answer(data=await resolutions.approve(db, order_no, by=by, whence=whence()))
        data = await resolutions.propose(
            db, order_no, verdict=verdict or "", by=by, reason=reason, whence=whence()
        )
    return Answer(
        data=data, note=f"Next: quangate order resolve {order_no} --approve --by SOMEBODY_ELSE"
    )


@command(app, "cancel", example="quangate order cancel 248123456789012345")
async def cancel(call: Call, order_no: OrderNo) -> Answer:
    """Cancel and refund an order of which nothing was sent to an upstream."""
    from gateway.flows.administration import resolutions

    async with open_desk(call) as desk, desk.transaction() as db:
        return Answer(data=await resolutions.cancel(db, order_no))
