"""`quangate webhook`: our messages to partners."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.cli.command import Call, command, room
from gateway.cli.desk import open_desk, open_secrecy
from gateway.cli.output import Answer
from gateway.cli.parameters import Limit, Partner

app = room("Messages to partners.")


@command(app, "set", example="quangate webhook set acme https://acme.example/quangate")
async def set_(
    call: Call,
    partner: Partner,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the partner is told.")],
) -> Answer:
    """Set where a partner is told, and show the secret it checks our signature with."""
    from gateway.flows.administration import webhooks

    async with open_desk(call) as desk, desk.transaction() as db:
        secrecy = await open_secrecy(desk.config, db)
        return Answer(data=await webhooks.set_endpoint(db, secrecy, partner, url))


@command(app, "secret", example="quangate webhook secret acme --rotate")
async def secret(
    call: Call,
    partner: Partner,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Make a new one; for a day both sign.")
    ] = False,
) -> Answer:
    """Show the secret a partner checks our signature with."""
    from gateway.flows.administration import webhooks

    async with open_desk(call) as desk, desk.transaction() as db:
        secrecy = await open_secrecy(desk.config, db)
        return Answer(data=await webhooks.show_secret(db, secrecy, partner, rotate=rotate))


@command(app, "list", example="quangate webhook list --state dead")
async def list_(
    call: Call,
    partner: Annotated[str | None, typer.Option("--partner", help="Only this partner's.")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="pending, delivered or dead (dead letters).")
    ] = None,
    limit: Limit = 50,
) -> Answer:
    """Messages and what became of them."""
    from gateway.flows.administration import webhooks

    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        rows = await webhooks.list_webhooks(db, partner=partner, state=state, limit=limit)
    return Answer(data={"webhooks": rows})


@command(app, "replay", example="quangate webhook replay 48123456789")
async def replay(
    call: Call,
    webhook_id: Annotated[str, typer.Argument(metavar="ID", help="As `webhook list` shows it.")],
) -> Answer:
    """Send a message again under its old id."""
    from gateway.flows.administration import webhooks

    async with open_desk(call) as desk, desk.transaction() as db:
        return Answer(data=await webhooks.replay_webhook(db, webhook_id))


@command(app, "replay-dead", example="quangate webhook replay-dead acme --limit 1000")
async def replay_dead(call: Call, partner: Partner, limit: Limit = 1000) -> Answer:
    """Send a partner's dead letters again, the oldest first."""
    from gateway.flows.administration import webhooks

    async with open_desk(call) as desk, desk.transaction() as db:
        return Answer(data=await webhooks.replay_dead_letters(db, partner, limit))


@command(app, "test", example="quangate webhook test acme")
async def test(call: Call, partner: Partner) -> Answer:
    """Send a partner's endpoint a message of type `test`."""
    from gateway.flows.administration import webhooks

    async with open_desk(call) as desk, desk.transaction() as db:
        return Answer(data=await webhooks.send_test(db, partner, datetime.now(UTC)))
