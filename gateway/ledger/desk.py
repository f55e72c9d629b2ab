"""Accounts: a partner's money, in minor units."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.ground.desk.action import Action, Change, Noun, Reason, SecondPerson, Summed, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Amount, PartnerName
from gateway.ground.desk.port import AMOUNT_MAX, At, Transaction, not_found
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.ledger.administration import SQL
from gateway.partners import administer as partners
from gateway.settings import administer as settings

ACCOUNT: Final = Noun(name="account", plural="accounts", zh="账户", en="Account", key="partner")
TRACE: Final = Trace(
    name="account",
    table="account",
    statement=SQL.trace_account,
    key=lambda given, _: (given.partner,),
)


class Deposit(Given, frozen=True, kw_only=True):
    """Money that came in."""

    partner: PartnerName
    amount: Amount
    reference: Annotated[
        str, Meta(description="Your proof of the payment; counts once per partner.")
    ]


class Adjustment(Given, frozen=True, kw_only=True):
    """What puts an account right."""

    partner: PartnerName
    amount: Annotated[
        Annotated[int, Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)],
        Meta(
            description="Signed minor units; one below zero stands behind --.",
            extra={"argument": True, "either": True, "money": True},
        ),
    ]
    reference: Annotated[str, Meta(description="Your own number for it; counts once per partner.")]
    reason: Annotated[str, Meta(description="Why; kept with who you are.")]


class CreditLimit(Given, frozen=True, kw_only=True):
    """How far below zero."""

    partner: PartnerName
    amount: Amount


class Credit(Given, frozen=True, kw_only=True):
    """When a partner is told that its money runs low."""

    partner: PartnerName
    low: Annotated[
        int,
        Meta(
            ge=0,
            le=AMOUNT_MAX,
            description="The webhook balance.low goes out when what is available falls below it,"
            " in minor units. 0: when nothing is left.",
            extra={"metavar": "AMOUNT"},
        ),
    ]


class Account(Given, frozen=True, kw_only=True):
    """One account."""

    partner: PartnerName
    entries: Annotated[
        int, Meta(ge=0, le=1000, description="How many of the newest movements.")
    ] = 10


async def _deposit(at: At, given: Deposit, _: Change) -> Mapping[str, Any]:
    return await partners.deposit(at.db, given.partner, given.amount, given.reference)


async def _adjust(at: At, given: Adjustment, change: Change) -> Mapping[str, Any]:
    return await partners.adjust(
        at.db,
        given.partner,
        given.amount,
        reference=given.reference,
        reason=given.reason,
        made_by=change.whence,
    )


async def _above(at: At, given: Deposit | Adjustment) -> bool:
    currency = await SQL.currency_of.one(at.db, given.partner)
    if currency is None:
        raise not_found("partner", given.partner)
    what = "deposit" if isinstance(given, Deposit) else "adjustment"
    return await settings.is_above_limit(at.db, what, currency, given.amount)


async def _summed(db: Transaction, given: Deposit | Adjustment) -> Summed:
    return Summed(currency=await SQL.currency_of.only(db, given.partner))


async def _credit_limit(at: At, given: CreditLimit, _: Change) -> Mapping[str, Any]:
    return await partners.set_credit_limit(at.db, given.partner, given.amount)


async def _credit(at: At, given: Credit, _: Change) -> Mapping[str, Any]:
    return await partners.set_low(at.db, given.partner, given.low)


async def _show(at: At, given: Account) -> Mapping[str, Any]:
    return await partners.show_account(at.db, given.partner, entries=given.entries)


def _seen_before(what: str) -> Any:
    def note(_: Given, answer: Mapping[str, Any]) -> str | None:
        replayed = "replayed" in answer
        return f"That reference was {what} before: nothing changed." if replayed else None

    return note


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=ACCOUNT,
        verb="deposit",
        doc="Add money to a partner's account. The same reference twice changes nothing.",
        given=Deposit,
        example="quangate account deposit acme 100000 --reference bank-20260101-7",
        permission="accounts:deposit",
        run=_deposit,
        undo="`quangate account adjust PARTNER --amount=… --reference … --reason …` takes it back.",
        subject=lambda given, _: given.partner,
        traces=(TRACE,),
        kept=("replayed",),
        second_person=SecondPerson.ABOVE_LIMIT,
        limit="deposit",
        beyond=_above,
        summed_up=_summed,
        waits_at_shell=False,
        note=_seen_before("deposited"),
    ),
    Action(
        noun=ACCOUNT,
        verb="adjust",
        doc="Put an account right, up or down. The same reference twice changes nothing.\n\nAbove"
        " `four_eyes.adjustment.CNY` it waits for a second person, if there is one.",
        given=Adjustment,
        example="quangate account adjust acme --amount=-500 --reference fix-7"
        " --reason 'typed twice'",
        permission="accounts:adjust",
        run=_adjust,
        undo="`quangate account adjust PARTNER --amount=… --reference … --reason …`, back.",
        subject=lambda given, _: given.partner,
        traces=(TRACE,),
        kept=("replayed",),
        reason=Reason.MEMBER,
        second_person=SecondPerson.ABOVE_LIMIT,
        limit="adjustment",
        beyond=_above,
        summed_up=_summed,
        note=_seen_before("adjusted"),
    ),
    Action(
        noun=ACCOUNT,
        verb="credit-limit",
        doc="Set how far below zero a partner's balance may go.",
        given=CreditLimit,
        example="quangate account credit-limit acme 500000",
        permission="accounts:credit-limit",
        run=_credit_limit,
        undo="`quangate account credit-limit PARTNER AMOUNT` with the one before it.",
        subject=lambda given, _: given.partner,
        traces=(TRACE,),
    ),
    Action(
        noun=ACCOUNT,
        verb="credit",
        doc="Set when a partner is told that its money runs low.",
        given=Credit,
        example="quangate account credit acme --low 50000",
        permission="accounts:credit",
        run=_credit,
        undo="`quangate account credit PARTNER --low AMOUNT` with the one before it; 0: none.",
        subject=lambda given, _: given.partner,
        traces=(TRACE,),
    ),
    View(
        noun=ACCOUNT,
        verb="list",
        doc="Every partner's money: what there is, and how far below zero it may go.",
        given=Given,
        example="quangate account list",
        permission="accounts:read",
        columns=(
            Column(name="partner", kind="id", zh="合作方", en="Partner"),
            Column(name="balance", kind="money", zh="余额", en="Balance"),
            Column(name="credit_limit", kind="money", zh="信用额度", en="Credit limit"),
            Column(name="low", kind="money", zh="余额提醒线", en="Told below"),
            Column(name="currency", kind="text", zh="币种", en="Currency"),
        ),
        sort=(SortKey(columns=("name",), index="partner_name_key"),),
        statement=SQL.list_accounts,
        rows_as="accounts",
    ),
    Page(
        noun=ACCOUNT,
        verb="show",
        doc="A partner's balance and its newest movements.",
        given=Account,
        example="quangate account show acme --entries 20",
        permission="accounts:read",
        read=_show,
    ),
)
