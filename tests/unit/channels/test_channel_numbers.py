"""What a channel calls our SKUs, and what follows where an order of a house is refused. Pure."""

from collections.abc import Mapping

import pytest

from connectors.channels.followed import Wish
from gateway.channels.adapters import ADAPTERS
from gateway.channels.content import OUT_ORDER_NO, number_of_request
from gateway.channels.desk import ADAPTER_NAMES
from gateway.channels.rules import ChannelAccount
from gateway.channels.task_rules import AFTER, After, read, sku_of, written
from gateway.ground.http.problems import KINDS
from gateway.orders.problems import WORDS
from gateway.orders.refusal import Reason


def account(products: Mapping[str, int]) -> ChannelAccount:
    """A channel with these numbers of its own."""
    return ChannelAccount(
        id=1, name="c", adapter="kasushou", partner_id=1, key_id="k", delivery_key="d",
        settings=None, products=products,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("products", "sku_id", "number"),
    [
        ({}, 5, "5"),
        ({"77": 5}, 5, "77"),
        ({"77": 5, "66": 5}, 5, "66"),  # one of them, always the same
        ({"5": 9}, 5, None),  # that number is another SKU there
        ({"5": 9}, 9, "5"),
        ({"5": 9, "77": 5}, 5, "77"),
    ],
)
def test_a_number_is_one_sku(products: Mapping[str, int], sku_id: int, number: str | None) -> None:
    """No number a channel sees stands for two SKUs.

    Seen red without the look at numbers that are taken.
    """
    assert account(products).number_of(sku_id, str(sku_id)) == number


@pytest.mark.parametrize(
    ("product", "sku_id"),
    [("aldsjd:1", 5), ("aldskwai:1", 6), ("2", 7), ("aldsjd:2", 7), ("aldsjd:3", None), ("", None)],
)
def test_a_product_is_found_as_it_was_mapped(product: str, sku_id: int | None) -> None:
    """By platform and number, whatever the case; else by the bare number."""
    assert sku_of({"AldsJd:1": 5, "AldsKwai:1": 6, "2": 7}, product) == sku_id


def test_every_reason_has_what_follows_for_followed_orders() -> None:
    """What may pass by itself is tried again, and nothing else is."""
    assert set(AFTER) == set(Reason)
    passing = {reason for reason, word in WORDS.items() if KINDS[word.code].status >= 500}
    assert {reason for reason, after in AFTER.items() if after is After.AGAIN} == passing


def test_a_request_without_a_number_is_one_order() -> None:
    """The same request has the same number, another one another; both are numbers of ours."""
    one, other = number_of_request("t\ns"), number_of_request("t\nt")
    assert one == number_of_request("t\ns") != other
    assert OUT_ORDER_NO.fullmatch(one)


def test_every_protocol_is_named_where_it_is_chosen() -> None:
    """The help of `channel add`, and the filter of the list."""
    assert set(ADAPTER_NAMES) == set(ADAPTERS)


def test_a_wish_is_kept_as_it_is() -> None:
    """To the member."""
    wish = Wish(
        number="1", product="aldsjd:1", quantity=2, recipient=None, amount_minor=998,
        reference="1", kind="jd-game",
    )  # fmt: skip
    assert read(written(wish)) == wish
