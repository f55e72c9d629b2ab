"""Partners and their money."""

from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import available_timezones

from gateway.ground.desk.port import (
    AMOUNT_MAX,
    BALANCE_MAX,
    Row,
    Secrecy,
    Transaction,
    already_exists,
    check_name,
    not_found,
    partner_id,
)
from gateway.ground.desk.refusal import DeskRefusedError, refused, wrong
from gateway.partners.administration import SQL, LockedAccount

REFERENCE_LENGTH_MAX: Final = 128
REASON_LENGTH_MAX: Final = 500


async def create_partner(
    db: Transaction, secrecy: Secrecy, name: str, *, zone: str | None = None
) -> dict[str, Any]:
    """Make a partner with an empty account and the secret that signs its webhooks.

    `zone` (AREA/CITY; None: UTC) is whose days and hours count in windows of quotas.
    """
    check_name("partner", name)
    if zone is not None:
        await _check_zone(db, zone)
    secret = secrecy.wrap("webhook", secrecy.new_webhook_secret().encode())
    made = await SQL.insert_partner.one(db, name, secret)
    if made is None:
        raise already_exists("partner", name)
    await SQL.insert_account.run(db, made)
    if zone is not None:
        await SQL.insert_zone.run(db, made, zone)
    return {"partner": name}


async def change_partner(db: Transaction, name: str, *, zone: str) -> dict[str, Any]:
    """Another zone, from now on; what was counted until now stays counted in its windows."""
    await _check_zone(db, zone)
    await SQL.change_zone.run(db, await partner_id(db, name), zone)
    return {"partner": name, "zone": zone}


async def _check_zone(db: Transaction, zone: str) -> None:
    """Python tells partners when a window ends, PostgreSQL counts in it: both have to know it."""
    if zone not in available_timezones() or not await SQL.zone_is_known.only(db, zone):
        raise wrong("time-zone", "zone", value=zone)


async def list_partners(db: Transaction) -> Sequence[Row]:
    """All partners by name, with their money."""
    return await SQL.list_partners.all(db)


async def show_partner(db: Transaction, name: str) -> dict[str, Any]:
    """One partner: money, keys, endpoint, offers."""
    row = await SQL.show_partner.one(db, name)
    if row is None:
        raise not_found("partner", name)
    return {**row, "keys": await SQL.list_keys.all(db, name)}


async def deposit(db: Transaction, partner: str, amount: int, reference: str) -> dict[str, Any]:
    """Add money, minor units. The same reference twice changes nothing."""
    if not 1 <= amount <= AMOUNT_MAX:
        raise wrong("amount", "amount", least=1, most=AMOUNT_MAX, value=amount)
    account = await _lock_account(db, partner)
    moved = await _move(db, account, "deposit", amount, reference)
    return {"partner": partner, "currency": account["currency"], **moved}


async def adjust(
    db: Transaction, partner: str, amount: int, *, reference: str, reason: str, made_by: str
) -> dict[str, Any]:
    """Put an account right, minor units, signed: takes a mistyped deposit back, for instance.

    Done at once; `made_by` and the reason are kept beside the entry. The same reference twice
    changes nothing.
    """
    if not 1 <= abs(amount) <= AMOUNT_MAX:
        raise wrong("adjustment", "amount", most=AMOUNT_MAX, value=amount)
    reason = reason.strip()
    if not (1 <= len(reason) <= REASON_LENGTH_MAX and reason.isprintable()):
        facts = {"shortest": 1, "longest": REASON_LENGTH_MAX, "printable": True}
        raise DeskRefusedError("invalid-argument", "reason", facts)
    account = await _lock_account(db, partner)
    available = account["balance"] + account["credit_limit"]
    moved = await _move(db, account, "adjustment", amount, reference, reason=reason)
    seq = moved.pop("seq", None)
    if seq is not None:
        await SQL.insert_adjustment.run(db, account["partner_id"], seq, reason, made_by)
        if _fell_low(available, available + amount, account["low"]):
            await SQL.tell_balance_low.run(db, account["partner_id"])
    return {"partner": partner, "currency": account["currency"], **moved}


async def _move(
    db: Transaction,
    account: LockedAccount,
    kind: str,
    amount: int,
    reference: str,
    *,
    reason: str = "",
) -> dict[str, Any]:
    """Make an entry unless its reference is known; the account is locked.

    `seq` is its number, missing with `replayed`.
    """
    if not (1 <= len(reference) <= REFERENCE_LENGTH_MAX and reference.isprintable()):
        raise wrong("reference", "reference", shortest=1, longest=REFERENCE_LENGTH_MAX)
    known = await SQL.entry_by_reference.one(db, account["partner_id"], kind, reference)
    if known is not None:
        if known["amount"] != amount or (known["reason"] or "") != reason:
            facts = {
                "reference": reference, "kind": kind, "amount": amount, "known": known["amount"],
            }  # fmt: skip
            if known["reason"]:
                raise refused(
                    "reference-conflict", "reference-because", "reference",
                    because=known["reason"], **facts,
                )  # fmt: skip
            raise refused("reference-conflict", "reference-conflict", "reference", **facts)
        return {"balance": account["balance"], "replayed": True}
    if account["balance"] + amount > BALANCE_MAX:
        raise wrong("balance-too-large", "amount", most=BALANCE_MAX)
    if account["balance"] + amount + account["credit_limit"] < 0:
        available = account["balance"] + account["credit_limit"]
        raise refused(
            "insufficient-balance", "insufficient-balance", "amount",
            available=available, amount=-amount,
        )  # fmt: skip
    row = await SQL.insert_entry.only(db, account["partner_id"], kind, amount, reference)
    await SQL.announce_money.run(db, account["partner_id"])
    return dict(row) if kind == "adjustment" else {"balance": row["balance"]}


async def set_credit_limit(db: Transaction, partner: str, amount: int) -> dict[str, Any]:
    """Set how far below zero the balance may go, minor units."""
    if not 0 <= amount <= AMOUNT_MAX:
        raise wrong("credit-limit", "amount", least=0, most=AMOUNT_MAX, value=amount)
    account = await _lock_account(db, partner)
    if account["balance"] + amount < 0:
        owes = -account["balance"]
        raise refused(
            "credit-in-use", "credit-in-use", "amount", partner=partner, owes=owes, amount=amount
        )
    await SQL.set_credit_limit.run(db, account["partner_id"], amount)
    await SQL.announce_money.run(db, account["partner_id"])
    available = account["balance"] + account["credit_limit"]
    if _fell_low(available, account["balance"] + amount, account["low"]):
        await SQL.tell_balance_low.run(db, account["partner_id"])
    return {"partner": partner, "credit_limit": amount}


async def set_low(db: Transaction, partner: str, amount: int) -> dict[str, Any]:
    """Set below what a partner is told that its money runs low, minor units; 0: when none is left.

    It is told when that happens next, not that it is so already.
    """
    if not 0 <= amount <= AMOUNT_MAX:
        raise wrong("amount", "low", least=0, most=AMOUNT_MAX, value=amount)
    account = await _lock_account(db, partner)
    await SQL.set_low.run(db, account["partner_id"], amount or None)
    return {"partner": partner, "low": amount}


def _fell_low(before: int, after: int, low: int | None) -> bool:
    """Whether what is available fell below what is set, or to nothing: SQL's fell_low."""
    most = 0 if low is None else low - 1
    return after <= most < before


async def show_account(db: Transaction, partner: str, *, entries: int) -> dict[str, Any]:
    """A partner's money and its newest entries."""
    row = await SQL.show_account.one(db, partner)
    if row is None:
        raise not_found("partner", partner)
    return {**row, "entries": await SQL.newest_entries.all(db, partner, entries)}


async def _lock_account(db: Transaction, partner: str) -> LockedAccount:
    row = await SQL.lock_account.one(db, partner)
    if row is None:
        raise not_found("partner", partner)
    return row
