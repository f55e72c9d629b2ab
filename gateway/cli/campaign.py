"""`quangate campaign`: flash sales."""

from typing import Annotated

import typer

from gateway.cli.command import Call, command, room
from gateway.cli.desk import open_desk
from gateway.cli.output import Answer
from gateway.cli.parameters import NewName, read_time

app = room("Flash sales.")


@command(
    app,
    "create",
    example="quangate campaign create 1111 --sku VIP --from 2026-11-11T00:00:00+08:00"
    " --to 2026-11-12T00:00:00+08:00 --per-buyer 1",
)
async def create(
    call: Call,
    *,
    name: NewName,
    sku: Annotated[str, typer.Option("--sku", help="What is sold in it.")],
    starts: Annotated[str, typer.Option("--from", metavar="TIME", help="RFC 3339; inclusive.")],
    ends: Annotated[str, typer.Option("--to", metavar="TIME", help="RFC 3339; exclusive.")],
    per_buyer: Annotated[
        int | None, typer.Option("--per-buyer", min=1, help="Tighter than the SKU's own limit.")
    ] = None,
) -> Answer:
    """Make a flash sale: orders that name it are taken only within its window."""
    from gateway.flows.administration import catalog

    starts_at, ends_at = read_time(starts, "--from"), read_time(ends, "--to")
    async with open_desk(call) as desk, desk.transaction() as db:
        data = await catalog.create_campaign(
            db, name, sku=sku, starts_at=starts_at, ends_at=ends_at, per_buyer=per_buyer
        )
    return Answer(data=data)


@command(app, "list", example="quangate campaign list")
async def list_(call: Call) -> Answer:
    """All campaigns, the latest first."""
    from gateway.flows.administration import catalog

    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        return Answer(data={"campaigns": await catalog.list_campaigns(db)})
