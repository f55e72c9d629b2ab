"""`quangate partner`: who orders."""

from gateway.cli.command import Call, command, room
from gateway.cli.desk import open_desk, open_secrecy
from gateway.cli.output import Answer
from gateway.cli.parameters import NewName, Partner

app = room("Who orders.")


@command(app, "create", example="quangate partner create acme")
async def create(
    call: Call,
    name: NewName,
) -> Answer:
    """Make a partner with an empty account."""
    from gateway.flows.administration import partners

    async with open_desk(call) as desk, desk.transaction() as db:
        secrecy = await open_secrecy(desk.config, db)
        data = await partners.create_partner(db, secrecy, name)
    return Answer(
        data=data,
        note=f"Next: quangate account deposit {name} 100000 --reference first, "
        f"and quangate key create {name}",
    )


@command(app, "list", example="quangate partner list")
async def list_(call: Call) -> Answer:
    """All partners with their money."""
    from gateway.flows.administration import partners

    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        return Answer(data={"partners": await partners.list_partners(db)})


@command(app, "show", example="quangate partner show acme")
async def show(call: Call, partner: Partner) -> Answer:
    """One partner: money, keys and webhook endpoint."""
    from gateway.flows.administration import partners

    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        return Answer(data=await partners.show_partner(db, partner))
