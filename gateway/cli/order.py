"""`quangate order`: where is this order, where did this cent go."""

from typing import Annotated

import typer

from gateway.cli.command import Call, command, room
from gateway.cli.desk import open_desk
from gateway.cli.output import Answer
from gateway.cli.parameters import Limit

app = room("Orders.")


@command(app, "show", example="quangate order show 248123456789012345")
async def show(
    call: Call,
    order_no: Annotated[str, typer.Argument(metavar="ORDER_NO", help="Our number of the order.")],
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
