"""`quangate key`: what partners sign with. (`quangate keys` is about the master key.)"""

from typing import Annotated

import typer

from gateway.cli.command import Call, command, room
from gateway.cli.desk import open_desk, open_secrecy
from gateway.cli.output import Answer
from gateway.cli.parameters import Partner

app = room("API keys. Their secrets are shown once.")

KEEP_THEM = "Keep secret and delivery key now: they are not shown again."

KeyId = Annotated[str, typer.Argument(metavar="KEY_ID", help="qk_…, as `quangate key list` shows.")]


@command(app, "create", example="quangate key create acme --scope orders:write --rate 1000")
async def create(
    call: Call,
    partner: Partner,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            help="orders:write, orders:read, codes:read, account:read; repeat it. None: all.",
        ),
    ] = None,
    rate: Annotated[
        int | None,
        typer.Option("--rate", help="Requests a second, burst of one second. None: unlimited."),
    ] = None,
    allow_ip: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-ip",
            metavar="CIDR",
            help="Only from this network; repeat it. None: from anywhere.",
        ),
    ] = None,
) -> Answer:
    """Make a key for a partner; prints its id, secret and delivery key."""
    from gateway.flows.administration import keys

    async with open_desk(call) as desk, desk.transaction() as db:
        secrecy = await open_secrecy(desk.config, db)
        data = await keys.create_key(
            db,
            secrecy,
            partner=partner,
            scopes=scope or (),
            allow_ips=allow_ip or (),
            rate_per_s=rate,
        )
    return Answer(data=data, note=KEEP_THEM)


@command(app, "rotate", example="quangate key rotate qk_0123456789abcdef0123 --overlap 3600")
async def rotate(
    call: Call,
    key_id: KeyId,
    overlap: Annotated[
        int, typer.Option("--overlap", metavar="SECONDS", help="How long the old key works on.")
    ] = 3600,
) -> Answer:
    """Make a successor with the same rights; the old key ends after the overlap."""
    from gateway.flows.administration import keys

    async with open_desk(call) as desk, desk.transaction() as db:
        secrecy = await open_secrecy(desk.config, db)
        data = await keys.rotate_key(db, secrecy, key_id, overlap_s=overlap)
    return Answer(data=data, note=KEEP_THEM)


@command(app, "revoke", example="quangate key revoke qk_0123456789abcdef0123")
async def revoke(call: Call, key_id: KeyId) -> Answer:
    """End a key at once; running gateways refuse it within a second."""
    from gateway.flows.administration import keys

    async with open_desk(call) as desk, desk.transaction() as db:
        return Answer(data=await keys.revoke_key(db, key_id))


@command(app, "list", example="quangate key list acme")
async def list_(
    call: Call,
    partner: Annotated[
        str | None, typer.Argument(metavar="[PARTNER]", help="Only this partner's.")
    ] = None,
) -> Answer:
    """Keys and what they may do, without their secrets."""
    from gateway.flows.administration import keys

    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        return Answer(data={"keys": await keys.list_keys(db, partner)})
