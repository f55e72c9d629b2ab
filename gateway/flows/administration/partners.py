"""Partners and their money."""

from collections.abc import Sequence
from typing import Any

from gateway.domain.errors import RefusedError
from gateway.flows.administration.port import (
    AMOUNT_MAX,
    BALANCE_MAX,
    Row,
    Secrecy,
    Statements,
    already_exists,
    check_name,
    invalid,
    not_found,
)


async def create_partner(db: Statements, secrecy: Secrecy, name: str) -> dict[str, Any]:
    """Make a partner with an empty account and the secret that signs its webhooks."""
    check_name("partner", name)
    secret = secrecy.wrap("webhook", secrecy.new_webhook_secret().encode())
    row = await db.one("insert_partner", name, secret)
    if row is None:
        raise already_exists("partner", name)
    await db.one("insert_account", row["id"])
    return {"partner": name}


async def list_partners(db: Statements) -> Sequence[Row]:
    """All partners by name, with their money."""
    return await db.all("list_partners")


async def show_partner(db: Statements, name: str) -> dict[str, Any]:
    """One partner: money, keys, endpoint, offers."""
    row = await db.one("show_partner", name)
    if row is None:
        raise not_found("partner", name)
    return {**row, "keys": await db.all("list_keys", name)}


async def deposit(db: Statements, partner: str, amount: int, reference: str) -> dict[str, Any]:
    """Add money, minor units. The same reference twice changes nothing."""
    if not 1 <= amount <= AMOUNT_MAX:
        raise invalid(f"the amount must be 1 to {AMOUNT_MAX}, in minor units, not {amount}")
    if not (1 <= len(reference) <= 128 and reference.isprintable()):
        raise invalid("the reference must be 1 to 128 printable characters")
    account = await _lock_account(db, partner)
    answer = {"partner": partner, "balance": account["balance"], "currency": account["currency"]}
    known = await db.one("deposit_by_reference", account["partner_id"], reference)
    if known is not None:
        if known["amount"] != amount:
            raise RefusedError(
                "reference-conflict",
                f"the reference {reference!r} stands for a deposit of {known['amount']}, not "
                f"{amount}; nothing was changed. Use a new reference for a new deposit.",
            )
        return {**answer, "replayed": True}
    if account["balance"] + amount > BALANCE_MAX:
        raise invalid("the balance would become larger than an account may hold")
    row = await db.one("insert_deposit", account["partner_id"], amount, reference)
    assert row is not None
    await db.one("announce_money", account["partner_id"])
    return {**answer, "balance": row["balance"]}


async def set_credit_limit(db: Statements, partner: str, amount: int) -> dict[str, Any]:
    """Set how far below zero the balance may go, minor units."""
    if not 0 <= amount <= AMOUNT_MAX:
        raise invalid(f"the credit limit must be 0 to {AMOUNT_MAX}, in minor units, not {amount}")
    account = await _lock_account(db, partner)
    if account["balance"] + amount < 0:
        raise RefusedError(
            "credit-in-use",
            f"{partner} already owes {-account['balance']}; a credit limit of {amount} is below "
            "that. Deposit first, or choose a higher limit.",
        )
    await db.one("set_credit_limit", account["partner_id"], amount)
    await db.one("announce_money", account["partner_id"])
    return {"partner": partner, "credit_limit": amount}


async def show_account(db: Statements, partner: str, *, entries: int) -> dict[str, Any]:
    """A partner's money and its newest entries."""
    row = await db.one("show_account", partner)
    if row is None:
        raise not_found("partner", partner)
    return {**row, "entries": await db.all("newest_entries", partner, entries)}


async def _lock_account(db: Statements, partner: str) -> Row:
    row = await db.one("lock_account", partner)
    if row is None:
        raise not_found("partner", partner)
    return row
