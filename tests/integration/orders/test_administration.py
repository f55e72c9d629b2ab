"""Administrative changes: exact under concurrency, and whole or not at all."""

import asyncio
from typing import Any

import pytest

from gateway.audit.run import audit
from gateway.audit.store import audit_snapshot
from gateway.ground.desk.port import Secrecy
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.desk.transaction import administration
from gateway.ground.desk.words import in_words
from gateway.ground.errors import RefusedError
from gateway.ground.sql.database import Database
from gateway.partners import administer as partners
from tests.conftest import unguarded

# Stands in for the vault where only rows matter.
SECRECY = Secrecy(
    wrap=lambda _purpose, plaintext: plaintext,
    open=lambda _purpose, blob: blob,
    new_partner_secrets=lambda key_id: ("qs_", "qd_", key_id.encode(), key_id.encode()),
    new_webhook_secret=lambda: "whsec_",
)
AT_ONCE = 20


async def make_partner(database: Database, name: str) -> bool:
    """Whether this call made the partner."""
    try:
        async with administration(database) as db:
            await partners.create_partner(db, SECRECY, name)
    except RefusedError:
        return False
    return True


async def deposit(database: Database, partner: str, amount: int, reference: str) -> Any:
    """One deposit in a transaction of its own."""
    async with administration(database) as db:
        return await partners.deposit(db, partner, amount, reference)


async def test_one_of_many_makes_a_name(database: Database) -> None:
    """Of equal creations at once exactly one succeeds, the others are refused."""
    made = await asyncio.gather(*(make_partner(database, "raced") for _ in range(AT_ONCE)))
    assert made.count(True) == 1


async def test_one_of_many_deposits_counts(database: Database) -> None:
    """The same reference many times at once is one entry; all see the same balance."""
    await make_partner(database, "once")
    answers = await asyncio.gather(*(deposit(database, "once", 7, "r") for _ in range(AT_ONCE)))
    assert {answer["balance"] for answer in answers} == {7}
    assert sum("replayed" not in answer for answer in answers) == 1


async def test_deposits_at_once_all_count(database: Database) -> None:
    """Different references at once all count, and their entries are numbered without gaps."""
    await make_partner(database, "many")
    await asyncio.gather(*(deposit(database, "many", 1, f"r{n}") for n in range(AT_ONCE)))
    async with administration(database, read_only=True) as db:
        account = await partners.show_account(db, "many", entries=AT_ONCE)
    assert account["balance"] == AT_ONCE
    assert [int(e["id"]) for e in account["entries"]] == list(range(AT_ONCE, 0, -1))
    assert [e["balance_after"] for e in account["entries"]] == list(range(AT_ONCE, 0, -1))
    async with audit_snapshot(database) as snapshot:
        assert [finding for finding in await audit(snapshot) if not finding.ok] == []


async def test_a_change_takes_effect_whole(database: Database) -> None:
    """What fails half-way leaves nothing behind."""

    async def fail_half_way() -> None:
        async with administration(database) as db:
            await partners.create_partner(db, SECRECY, "half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_half_way()
    async with administration(database, read_only=True) as db:
        assert "half" not in {row["partner"] for row in await partners.list_partners(db)}


@pytest.mark.parametrize("amount", [10**15, 10**15 - 1])
async def test_a_balance_stays_within_its_type(database: Database, amount: int) -> None:
    """The largest deposits fit; the sum has a bound far inside the database's integers."""
    await make_partner(database, f"rich{amount}")
    answer = await deposit(database, f"rich{amount}", amount, "r")
    assert answer["balance"] == amount
    with pytest.raises(RefusedError):
        await deposit(database, f"rich{amount}", 10**15 + 1, "s")


async def test_a_credit_limit_that_is_used_stays(database: Database, connection: Any) -> None:
    """A limit below what is owed is refused; paying first makes it possible."""
    await make_partner(database, "debtor")

    async def limit(amount: int) -> Any:
        async with administration(database) as db:
            return await partners.set_credit_limit(db, "debtor", amount)

    await limit(100)
    async with unguarded(connection):
        await connection.execute(
            "UPDATE account SET balance = -60 WHERE partner_id IN"
            " (SELECT id FROM partner WHERE name = 'debtor')"
        )
    with pytest.raises(DeskRefusedError) as caught:
        await limit(59)
    assert (caught.value.code, caught.value.facts["owes"]) == ("credit-in-use", 60)
    assert "owes 60" in in_words(caught.value)
    assert (await limit(60))["credit_limit"] == 60
