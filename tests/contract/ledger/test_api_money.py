"""Products, the account, its entries and statements (api.md "The rest")."""

import csv
import hashlib
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import msgspec
import pytest

from gateway.ledger import http as account
from gateway.ledger import http_statements as statements
from gateway.partners import administer as partners
from tests.world.partner import Partner, Reply
from tests.world.shop import Shop


def today() -> str:
    """The current UTC day."""
    return datetime.now(UTC).date().isoformat()


# ---------------------------------------------------------------- products


# ---------------------------------------------------------------- money


async def test_the_account(shop: Shop) -> None:
    """available = balance + credit_limit, in minor units."""
    partner = await shop.partner(balance=1_000)
    name = await shop.name_of(partner)
    async with shop.desk() as (db, _):
        await partners.set_credit_limit(db, name, 500)
    assert (await partner.get("/v1/account")).json == {
        "balance": 1_000,
        "credit_limit": 500,
        "available": 1_500,
        "currency": "CNY",
    }
    sku = await shop.sku(codes=2, price=700)
    for number in ("A1", "A2"):
        assert (await partner.order(out_order_no=number, sku=sku)).status == 201
    account = (await partner.get("/v1/account")).json
    assert (account["balance"], account["available"]) == (-400, 100)


async def test_entries_add_up(shop: Shop) -> None:
    """Newest first; the amounts are the balance, and each row says what it was after it.

    Orders of a batch, which are charged in one run, are entries like all others.
    """
    partner = await shop.partner(balance=10_000)
    name = await shop.name_of(partner)
    sku = await shop.sku(codes=40, price=100)  # enough for one lease to serve the batch
    orders = [
        {"out_order_no": f"A{number}", "sku": sku, "quantity": 1 + number % 2}
        for number in range(5)
    ]
    alone = await partner.order(**orders[0])
    together = await partner.send("POST", "/v1/orders/batch", {"orders": orders[1:]})
    placed = [alone.json, *(result["order"] for result in together.json["results"])]
    order_nos = [order["order_no"] for order in placed]
    async with shop.desk() as (db, _):
        await partners.deposit(db, name, 77, "later")
    entries = await partner.everything("/v1/account/entries?limit=2")
    for entry in entries:
        assert set(entry) == {
            "id", "kind", "amount", "balance_after", "order_no", "reference", "created_at",
        }  # fmt: skip
        msgspec.convert(entry, account.Entry)
    balance = (await partner.get("/v1/account")).json["balance"]
    assert sum(entry["amount"] for entry in entries) == balance == 10_000 - 700 + 77
    running = 0
    for entry in reversed(entries):
        running += entry["amount"]
        assert entry["balance_after"] == running
    assert [entry["kind"] for entry in entries] == ["deposit", *["charge"] * 5, "deposit"]
    assert [entry["order_no"] for entry in entries] == [None, *order_nos[::-1], None]
    assert [entries[0]["reference"], entries[-1]["reference"]] == ["later", "start"]
    assert entries == await partner.everything("/v1/account/entries")
    assert entries == await partner.everything("/v1/account/entries?limit=3")


# ---------------------------------------------------------------- statements


async def fetch(url: str, **headers: str) -> Reply:
    """A plain GET, without a signature."""
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        return Reply(response.status, response.headers.copy(), await response.read())


async def statement(partner: Partner, day: str) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """A statement and the rows of its file, whose checksum must be right."""
    reply = await partner.get(f"/v1/statements/{day}")
    assert reply.status == 200, reply
    msgspec.convert(reply.json, statements.Statement)
    file = await fetch(reply.json["url"])
    assert file.status == 200
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert hashlib.sha256(file.body).hexdigest() == reply.json["sha256"]
    rows = list(csv.DictReader(io.StringIO(file.body.decode())))
    assert len(rows) == reply.json["rows"]
    return reply.json, rows


async def test_todays_statement(shop: Shop) -> None:
    """The day's entries with checksum and totals; it says that the day is not over."""
    partner = await shop.partner(balance=10_000)
    sku = await shop.sku(codes=40, price=100)
    orders = [{"out_order_no": number, "sku": sku} for number in ("A1", "A2")]
    await partner.send("POST", "/v1/orders/batch", {"orders": orders})
    made, rows = await statement(partner, today())
    entries = await partner.everything("/v1/account/entries")
    assert made["complete"] is False
    assert made["totals"] == {
        "currency": "CNY",
        "opening_balance": 0,
        "deposit": 10_000,
        "charge": -200,
        "refund": 0,
        "adjustment": 0,
        "closing_balance": 9_800,
    }
    for row, entry in zip(rows, reversed(entries), strict=True):
        assert row["id"] == entry["id"]
        assert int(row["amount"]) == entry["amount"]
        assert int(row["balance_after"]) == entry["balance_after"]
        assert row["created_at"] == entry["created_at"]
        assert (row["order_no"] or None) == entry["order_no"]
    assert [row["out_order_no"] for row in rows] == ["", "A1", "A2"]
    assert [row["sku"] for row in rows] == ["", sku, sku]


async def test_a_statements_file_does_not_change(shop: Shop) -> None:
    """The address shows what the checksum was made of, also after more orders."""
    partner = await shop.partner()
    sku = await shop.sku(codes=3)
    await partner.order(out_order_no="A1", sku=sku)
    made = (await partner.get(f"/v1/statements/{today()}")).json
    await partner.order(out_order_no="A2", sku=sku)
    file = await fetch(made["url"])
    assert hashlib.sha256(file.body).hexdigest() == made["sha256"]
    assert (await partner.get(f"/v1/statements/{today()}")).json["rows"] == made["rows"] + 1


async def test_formulas_are_defused(shop: Shop) -> None:
    """Text a spreadsheet would calculate gets an apostrophe; amounts stay numbers."""
    partner = await shop.partner(balance=0)
    name = await shop.name_of(partner)
    references = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", 'plain, "quoted"', "a=b"]
    async with shop.desk() as (db, _):
        for reference in references:
            await partners.deposit(db, name, 100, reference)
    sku = await shop.sku(codes=1, price=100)
    await partner.order(out_order_no="-A1", sku=sku)
    _, rows = await statement(partner, today())
    assert [row["reference"] for row in rows[:-1]] == [
        "'" + text if text[0] in "=+-@" else text for text in references
    ]
    assert rows[-1]["out_order_no"] == "'-A1"
    assert rows[-1]["amount"] == "-100"


async def test_a_quiet_day(shop: Shop) -> None:
    """A past day without entries is complete, empty, and has the balance it had."""
    partner = await shop.partner()
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    made, rows = await statement(partner, yesterday)
    assert (made["complete"], made["rows"], rows) == (True, 0, [])
    assert made["totals"]["opening_balance"] == made["totals"]["closing_balance"] == 0


async def test_days_are_told_apart(shop: Shop, connection: Any) -> None:
    """Entries of the evening before are in its statement, however the numbers lie."""
    partner = await shop.partner(balance=0)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    moments = [
        midnight - timedelta(days=1),
        midnight - timedelta(microseconds=1),
        midnight,
        midnight - timedelta(seconds=3),  # began earlier, committed later
        midnight + timedelta(microseconds=1),
    ]
    await _plant(connection, partner, moments)
    day_before = (midnight - timedelta(hours=1)).date().isoformat()
    made, rows = await statement(partner, day_before)
    assert [row["id"] for row in rows] == ["1", "2", "4"]
    assert made["totals"]["deposit"] == 30
    _, rows = await statement(partner, today())
    assert [row["id"] for row in rows] == ["3", "5"]


@pytest.mark.parametrize(
    "day",
    ["yesterday", "2026-1-1", "2026-02-30", "20260101", "9999-12-31", "1999-12-31", "2026-W01-1",
     "%2E%2E", "２０２６-01-01"],
)  # fmt: skip
async def test_wrong_days(shop: Shop, day: str) -> None:
    """A day that is none, or is still to come, is 400."""
    partner = await shop.partner()
    reply = await partner.get(f"/v1/statements/{day.replace('２０２６', '%EF%BC%92026')}")
    assert reply.problem == (400, "invalid-request")
    assert [error["pointer"] for error in reply.json["errors"]] == ["/date"]


async def test_the_files_address_is_a_secret(shop: Shop) -> None:
    """Without a ticket it takes a signature; a changed ticket or another day opens nothing."""
    partner = await shop.partner()
    made = (await partner.get(f"/v1/statements/{today()}")).json
    bare, _, ticket = made["url"].partition("?ticket=")
    assert bare == f"{shop.url}/v1/statements/{today()}/csv"
    assert (await fetch(bare)).problem == (401, "unauthenticated")
    middle = len(ticket) // 2
    flipped = "A" if ticket[middle] != "A" else "B"
    changed = ticket[:middle] + flipped + ticket[middle + 1 :]
    for wrong in ("", "x", ticket[:-4], changed, "%00", "%E5%88%B8"):
        assert (await fetch(f"{bare}?ticket={wrong}")).problem == (403, "forbidden")
    other_day = f"{shop.url}/v1/statements/2026-01-01/csv?ticket={ticket}"
    assert (await fetch(other_day)).problem == (403, "forbidden")
    signed = await partner.get(f"/v1/statements/{today()}/csv")
    assert hashlib.sha256(signed.body).hexdigest() == made["sha256"]


async def _plant(connection: Any, partner: Partner, moments: list[datetime]) -> None:
    """Deposits of 10 at given times; the balance agrees."""
    partner_id = await connection.fetchval(
        "SELECT partner_id FROM api_key WHERE key_id = $1", partner.key.key_id
    )
    for number, moment in enumerate(moments, start=1):
        await connection.execute(
            "INSERT INTO entry (partner_id, seq, kind, amount, balance_after, created_at)"
            " VALUES ($1, $2, 'deposit', 10, $3, $4)",
            partner_id,
            number,
            10 * number,
            moment,
        )
    await connection.execute(
        "UPDATE account SET balance = $2, last_entry = $3 WHERE partner_id = $1",
        partner_id,
        10 * len(moments),
        len(moments),
    )
