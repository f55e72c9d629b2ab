"""`quangate pool`: stocks of codes."""

from typing import Annotated

import typer

from gateway.cli.command import Call, command, room
from gateway.cli.desk import open_desk
from gateway.cli.output import Answer
from gateway.cli.parameters import NewName

app = room("Stocks of codes.")


@command(app, "create", example="quangate pool create vip-month")
async def create(
    call: Call,
    name: NewName,
    case_insensitive: Annotated[
        bool, typer.Option("--case-insensitive", help="AB and ab are one code.")
    ] = False,
    ignore_spaces: Annotated[
        bool, typer.Option("--ignore-spaces", help="A B and AB are one code.")
    ] = False,
) -> Answer:
    """Make an empty pool. The two rules say which codes count as duplicates."""
    from gateway.flows.administration import catalog

    async with open_desk(call) as desk, desk.transaction() as db:
        data = await catalog.create_pool(
            db, name, case_insensitive=case_insensitive, ignore_spaces=ignore_spaces
        )
    return Answer(data=data, note=f"Next: quangate codes import FILE --pool {name}")


@command(app, "list", example="quangate pool list")
async def list_(call: Call) -> Answer:
    """All pools with what they hold."""
    from gateway.flows.administration import catalog

    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        return Answer(data={"pools": await catalog.list_pools(db)})


@command(app, "show", example="quangate pool show vip-month")
async def show(
    call: Call, name: Annotated[str, typer.Argument(metavar="NAME", help="A pool's name.")]
) -> Answer:
    """One pool with its batches."""
    from gateway.flows.administration import catalog

    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        return Answer(data=await catalog.show_pool(db, name))
