"""What a request says in one line."""

import pytest

from gateway.approvals.rules import SUMMARY_MAX, summary
from gateway.ground.command.tables import MONEY
from gateway.ground.desk.action import Action, SecondPerson, Summed
from gateway.ground.desk.given import members
from gateway.ledger.desk import DECLARED, Adjustment
from gateway.nouns import ACTIONS

ADJUST = next(a for a in DECLARED if isinstance(a, Action) and a.verb == "adjust")


def said(summed: Summed, reference: str = "fix-7") -> str:
    """Of an adjustment."""
    given = Adjustment(partner="acme", amount=-25000, reference=reference, reason="typed twice")
    return summary(ADJUST, given, "acme", summed)


@pytest.mark.parametrize(
    ("currency", "amount"), [("CNY", "-250.00 CNY"), ("JPY", "-25,000 JPY"), (None, "-25000")]
)
def test_money_is_said_as_people_do(currency: str | None, amount: str) -> None:
    """With as many decimals as its currency has. Seen red in minor units."""
    assert said(Summed(currency=currency)) == (
        f"account adjust acme: amount {amount}, reference fix-7"
    )


def test_what_an_action_says_comes_first() -> None:
    """Before what was given, and in its place; a long text does not push it out."""
    text = said(Summed(says={"kind": "refund", "amount": "1.00 CNY", "codes": None}), "x" * 900)
    assert text.startswith("account adjust acme: kind refund, amount 1.00 CNY, reference xx")
    assert len(text) == SUMMARY_MAX


@pytest.mark.parametrize(
    "action",
    [a for a in ACTIONS if a.second_person is not SecondPerson.NEVER],
    ids=lambda action: action.name,
)
def test_whose_money_it_is_is_known(action: Action) -> None:
    """Each action for two that is given money says which is, and of what currency."""
    found = [m for m in members(action.given) if m.kind is int and (m.money or m.name in MONEY)]
    assert all(member.money for member in found)
    assert not found or action.summed_up is not None
