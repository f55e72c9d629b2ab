"""Orders that are read together are sealed in groups: none holds the loop for long."""

from datetime import UTC, datetime

import pytest

from gateway.orders.finding import CODES_MAX, View, by_codes
from gateway.orders.record import OrderRecord

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def record(id_: int, codes: int) -> OrderRecord:
    """An order with as many codes."""
    return OrderRecord(
        partner_id=1, id=id_, out_order_no=f"A{id_}", content_hash=b"", sku_id=1, quantity=codes,
        amount=0, state="delivered", delivered_quantity=codes, pool_id=1, seqs=range(codes),
        account=None, metadata=None, failure=None, created_at=MOMENT, updated_at=MOMENT,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("codes", "groups"),
    [
        ([], []),
        ([1] * 16, [16]),
        ([500] * 5, [2, 2, 1]),
        ([999, 1, 1], [2, 1]),
        ([400, 400, 400, 1], [3, 1]),
    ],
)
def test_views_are_grouped_by_their_codes(codes: list[int], groups: list[int]) -> None:
    """A group ends with the order that makes it large; every view is in one, in its order."""
    records = {(1, n): record(n, count) for n, count in enumerate(codes)}
    views = [
        View(partner_id=1, order_id=n, key_id="k", with_codes=True, via="read")
        for n in range(len(codes))
    ]
    made = list(by_codes(views, records))
    assert [len(group) for group in made] == groups
    assert [view for group in made for view in group] == views
    assert all(sum(codes[view.order_id] for view in group) < CODES_MAX + 500 for group in made)
