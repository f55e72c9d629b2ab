"""`quangate account`: a partner's money."""

from typing import Annotated

import typer

from gateway.cli.command import Call, command, room
from gateway.cli.desk import open_desk
from gateway.cli.output import Answer
from gateway.cli.parameters import Amount, Partner
from gateway.cli.person import this_person

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


@command(
    app,
    "adjust",
    example="quangate account adjust acme --amount=-500 --reference fix-7 --reason 'typed twice'",
)
async def adjust(
    call: Call,
    partner: Partner,
    amount: Annotated[
        int | None,
        typer.Argument(
            metavar="AMOUNT", help="Signed minor units; one below zero stands behind --."
        ),
    ] = None,
    *,
    signed: Annotated[
        int | None, typer.Option("--amount", metavar="AMOUNT", help="The same as an option.")
    ] = None,
    reference: Annotated[
        str, typer.Option("--reference", help="Your own number for it; counts once per partner.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with your user id.")],
) -> Answer:
    """Put an account right, up or down, at once. The same reference twice changes nothing."""
    from gateway.flows.administration import partners

    if (amount is None) == (signed is None):
        raise typer.BadParameter("give the amount once: as argument or as --amount=…")
    value = amount if amount is not None else signed
    assert value is not None
    async with open_desk(call) as desk, desk.transaction() as db:
        data = await partners.adjust(
            db, partner, value, reference=reference, reason=reason, made_by=this_person()
        )
    note = "That reference was adjusted before: nothing changed." if "replayed" in data else None
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
