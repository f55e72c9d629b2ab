"""`quangate channel`: platforms that order from us."""

from typing import Annotated

import typer

from gateway.cli.command import Call, command, room
from gateway.cli.desk import open_desk, open_secrecy
from gateway.cli.output import Answer
from gateway.cli.parameters import NewName, read_settings

app = room("Platforms that order from us.")


@command(
    app,
    "add",
    example="quangate channel add xianyu --adapter goofish --partner acme --set app_id=…"
    " --set app_secret=@FILE --set mch_id=… --set mch_secret=@FILE",
)
async def add(
    call: Call,
    *,
    name: NewName,
    adapter: Annotated[str, typer.Option("--adapter", help="Its protocol: goofish.")],
    partner: Annotated[
        str, typer.Option("--partner", help="Whose account and prices it orders with.")
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A setting; NAME=@FILE reads it. Repeat it."
        ),
    ] = None,
) -> Answer:
    """Let a platform order for a partner. Settings are stored encrypted and never shown."""
    from gateway.flows.administration import channels

    values = read_settings(settings or ())
    async with open_desk(call) as desk, desk.transaction() as db:
        secrecy = await open_secrecy(desk.config, db)
        data = await channels.add_channel(
            db, secrecy, name, adapter=adapter, partner=partner, settings=values
        )
    return Answer(data=data, note=f"Give the platform the address URL/channels/{name}/")


@command(app, "list", example="quangate channel list")
async def list_(call: Call) -> Answer:
    """All channels."""
    from gateway.flows.administration import channels

    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        return Answer(data={"channels": await channels.list_channels(db)})
