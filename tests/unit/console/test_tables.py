"""What a table shows beside each other, and where what stands in it leads."""

import pytest

from gateway.ground.desk.all_declared import all_declared, known_permissions
from gateway.ground.desk.html.address import Addresses
from gateway.ground.desk.html.cells import Cell, Showing
from gateway.ground.desk.html.widths import MORE_PX, WIDE_PX, fitting
from gateway.ground.desk.html.wording import Wording

SHOWING = Showing(Wording("en"), Addresses(all_declared()), known_permissions())


def cells(count: int, letters: int) -> list[Cell]:
    """A row of ids."""
    return [Cell(text="8" * letters, kind="id") for _ in range(count)]


@pytest.mark.parametrize(
    ("columns", "letters", "wide", "behind"),
    [(4, 18, 4, "none"), (5, 3, 5, "narrow"), (7, 18, 5, "all"), (17, 18, 5, "all")],
)
def test_what_does_not_fit_is_behind_more(
    columns: int, letters: int, wide: int, behind: str
) -> None:
    """On a screen what fits into its width, on a telephone three and the state; nothing is lost.

    Seen red with all of them beside each other.
    """
    row = cells(columns, letters)
    fits = fitting([row], ["No."] * columns)
    assert (fits.wide, fits.behind) == (wide, behind)
    shown = {*range(wide)} & fits.narrow
    assert shown | {*fits.behind_of(row)} == {*range(columns)}
    assert WIDE_PX - MORE_PX > 0


def test_how_it_stands_is_seen_on_a_telephone() -> None:
    """A state stays in the card, wherever it is; what is empty is not behind "More"."""
    row = [*cells(5, 3), Cell(text="failed", kind="state"), Cell(text="—", kind="none")]
    fits = fitting([row], ["No."] * 7)
    assert fits.narrow == {0, 1, 2, 5}
    assert list(fits.behind_of(row)) == [3, 4]


@pytest.mark.parametrize(
    ("row", "member", "href"),
    [
        ({"action": "order.resolve", "subject": "17"}, "subject", "/console/orders/17"),
        ({"action": "account.adjust", "subject": "acme"}, "subject", "/console/accounts/acme"),
        ({"action": "codes.import", "subject": "vip"}, "subject", "/console/pools/vip"),
        ({"action": "codes.reveal", "subject": "17"}, "subject", "/console/orders/17"),
        ({"action": "webhook.test", "subject": "acme"}, "subject", "/console/partners/acme"),
        ({"action": "shelf.close", "subject": "vip/app"}, "subject",
         "/console/shelves/app?pool=vip"),
        ({"action": "key.create", "subject": "qk_1"}, "subject", "/console/keys/qk_1"),
        ({"action": "approval.ask", "subject": "9"}, "subject", "/console/approvals/9"),
        ({"action": "quota.delete", "subject": "q"}, "subject", None),
        ({"action": "session.start", "subject": "ses_1"}, "subject", None),
        ({"actor": "ann", "via": "console"}, "actor", "/console/operators/ann"),
        ({"actor": "qk_1", "via": "order"}, "actor", "/console/keys/qk_1"),
        ({"actor": "os:root@here", "via": "cli"}, "actor", None),
        ({"batch": "7"}, "batch", "/console/batches/7"),
        ({"assigned_to": "ann"}, "assigned_to", "/console/operators/ann"),
        ({"decided_by": "quangate"}, "decided_by", None),
        ({"kind": "stock-low", "subject": "A"}, "subject", "/console/skus/A"),
        ({"kind": "cover-low", "subject": "vip"}, "subject", "/console/pools/vip"),
        ({"kind": "upstream-down", "subject": "u/p/1"}, "subject", "/console/upstreams/u"),
        ({"kind": "webhooks-dead", "subject": "acme"}, "subject", "/console/partners/acme"),
        ({"kind": "channel-held", "subject": "house"}, "subject", "/console/channels/house"),
        ({"kind": "reveal-freeze", "subject": "ann"}, "subject", "/console/operators/ann"),
        ({"kind": "alone", "subject": "17"}, "subject", "/console/changes/17"),
        ({"kind": "parked", "subject": "orders"}, "subject", None),
        ({"kind": "gone-since", "subject": "A"}, "subject", None),
    ],
)  # fmt: skip
def test_what_names_a_thing_leads_to_it(row: dict[str, str], member: str, href: str | None) -> None:
    """Also where another member says of what it is the name. Seen red without what a row
    says, without what else operators are called, and without columns' `names`.
    """
    (found,) = [
        cell for label, cell in SHOWING.pairs(row) if label == member.replace("_", " ").capitalize()
    ]
    assert found.href == href


def test_each_of_a_list_leads_to_its_own() -> None:
    """The SKUs of a pool; what no page shows stays text."""
    cell = SHOWING.cell("skus", ["A", "B"])
    assert list(cell.items) == [("A", "/console/skus/A"), ("B", "/console/skus/B")]
    assert SHOWING.cell("scopes", ["orders:read"]).items == ()


@pytest.mark.parametrize(("language", "said"), [("en", "in review"), ("zh", "审核中")])
def test_values_of_ours_are_words(language: str, said: str) -> None:
    """In both languages. Seen red in English: `in_review`."""
    showing = Showing(Wording(language), Addresses(all_declared()), known_permissions())
    assert showing.cell("state", "in_review").text == said
