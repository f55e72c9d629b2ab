"""`quangate order`: where is this order, where did this cent go."""

from typing import Annotated

import typer

from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer
from gateway.ground.desk.commands import add_commands
from gateway.orders.desk import DECLARED

app = room("Orders.")


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
    from gateway.orders.place_command import order

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


add_commands(app, DECLARED)
