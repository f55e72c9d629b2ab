"""`quangate account`: a partner's money."""

from typing import Annotated

import typer

from gateway.cli.command import Call, command, room
from gateway.cli.desk import open_desk
from gateway.cli.output import Answer
from gateway.cli.parameters import Amount, Partner

app = room("A partner's money, in minor units.")


@command(app, "deposit", example="quangate account deposit acme 100000 --reference bank-20260101-7")
async def deposit(
    call: Call,
    partner: Partner,
    amount: Amount,
    reference: Annotated[
        str, typer.Option("--reference", help="Your proof of the payment; counts once per partner.")
    ],
) -> Answer:
    """Add money to a partner's account. The same reference twice changes nothing."""
    from gateway.flows.administration import partners

    async with open_desk(call) as desk, desk.transaction() as db:
        data = await partners.deposit(db, partner, amount, reference)
    note = "That reference was deposited before: nothing changed." if "replayed" in data else None
    return Answer(data=data, note=note)


@command(app, "credit-limit", example="quangate account credit-limit acme 500000")
async def credit_limit(call: Call, partner: Partner, amount: Amount) -> Answer:
    """Set how far below zero a partner's balance may go."""
    from gateway.flows.administration import partners

    async with open_desk(call) as desk, desk.transaction() as db:
        return Answer(data=await partners.set_credit_limit(db, partner, amount))


@command(app, "show", example="quangate account show acme --entries 20")
async def show(
    call: Call,
    partner: Partner,
    entries: Annotated[
        int, typer.Option("--entries", min=0, max=1000, help="How many of the newest movements.")
    ] = 10,
) -> Answer:
    """A partner's balance and its newest movements."""
    from gateway.flows.administration import partners

    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        return Answer(data=await partners.show_account(db, partner, entries=entries))
