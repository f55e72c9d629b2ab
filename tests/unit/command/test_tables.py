"""What people see: nothing that is copied is cut, money has decimals and a currency."""

from datetime import UTC, datetime

import pytest

from gateway.ground.command import tables

NUMBER = "248123456789012345"
ORDERS = {
    "orders": [
        {
            "order_no": NUMBER, "out_order_no": "A" * 64, "partner": "acme", "amount": 1990,
            "currency": "CNY", "state": "delivered", "created_at": datetime(2026, 1, 2, tzinfo=UTC),
        },
    ]
}  # fmt: skip


@pytest.mark.parametrize("width", [None, 40, 80, 119, 200])
def test_nothing_is_cut_or_broken(width: int | None) -> None:
    """On any screen each value stands whole on one line. Seen red with lines cut at its edge."""
    shown = tables.render(ORDERS, width).splitlines()
    for value in (NUMBER, "A" * 64, "19.90 CNY", "2026-01-02 00:00:00Z"):
        assert any(value in line for line in shown), value


def test_what_does_not_fit_is_shown_row_by_row() -> None:
    """A table where there is room, or where `--wide` asks for it; else names and values."""
    assert len(tables.render(ORDERS, None).splitlines()) == 2
    assert len(tables.render(ORDERS, 200).splitlines()) == 2
    narrow = tables.render(ORDERS, 80).splitlines()
    assert narrow[0].split() == ["order", "no", NUMBER]
    assert len(narrow) == 6  # the currency stands beside the amount


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (0, "CNY", "0.00 CNY"),
        (5, "CNY", "0.05 CNY"),
        (-5, "CNY", "-0.05 CNY"),
        (-100, "CNY", "-1.00 CNY"),
        (100_000_000, "CNY", "1,000,000.00 CNY"),
        (1990, "JPY", "1,990 JPY"),
        (1990, "KWD", "1.990 KWD"),
        (10**18, "USD", "10,000,000,000,000,000.00 USD"),
    ],
)
def test_money(minor: int, currency: str, text: str) -> None:
    """With as many decimals as the currency has."""
    assert tables.money(minor, currency) == text


def test_money_is_known_by_its_name() -> None:
    """The row's currency, else the answer's, else the accounts'; a yes or no is none."""
    assert tables.render({"balance": 1990}, None) == "balance  19.90 CNY"
    assert tables.render({"balance": 1990, "currency": "USD"}, None) == "balance  19.90 USD"
    assert tables.render({"available": True}, None) == "available  yes"
    rows = {"currency": "USD", "entries": [{"amount": 1}, {"amount": -2, "currency": "EUR"}]}
    assert [line.strip() for line in tables.render(rows, None).splitlines()] == [
        "currency  USD", "", "amount", "0.01 USD", "-0.02 EUR",
    ]  # fmt: skip


def test_chinese_columns_line_up() -> None:
    """A character that takes two columns counts as two."""
    shown = tables.render({"skus": [{"a": "一个月", "b": "x"}, {"a": "ab", "b": "y"}]}, None)
    assert [line.rstrip() for line in shown.splitlines()] == ["a       b", "一个月  x", "ab      y"]


def test_rows_may_have_different_members() -> None:
    """What a row does not have is empty; control characters are shown as what they are not."""
    shown = tables.render({"rows": [{"n": 1, "a": "1\x1b[31m"}, {"b": "2"}]}, None).splitlines()
    assert shown == ["n  a       b", "1  1\ufffd[31m", "           2"]
