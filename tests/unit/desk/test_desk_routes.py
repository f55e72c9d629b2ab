"""Where declarations stand in the admin API (shared contract `admin.md`)."""

from collections import Counter

import pytest

from gateway.ground.desk.given import members
from gateway.ground.desk.route import Route, route_of
from gateway.nouns import DECLARED

BY_NAME = {f"{one.noun.name} {one.verb}": one for one in DECLARED}
# What the contract says by name; the rest follows the same rules.
SAID = {
    "sku list": "GET skus",
    "sku show": "GET skus/{sku}",
    "sku create": "POST skus",
    "sku price": "POST skus/{sku}/price",
    "account deposit": "POST accounts/{partner}/deposit",
    "order show": "GET orders/{order_no}",
    "order cancel": "POST orders/{order_no}/cancel",
    "key create": "POST keys",
    "key revoke": "POST keys/{key_id}/revoke",
    "keys retire": "POST master-keys/{kek}/retire",
    "keys show": "GET master-keys",
    "codes generate": "POST codes/generate",
    "codes import": "POST codes/import",
    "codes stats": "GET codes/stats",
    "codes void": "POST codes/void",
    "codes batches": "GET batches",
    "webhook replay": "POST webhooks/{id}/replay",
    "webhook test": "POST partners/{partner}/webhook/test",
    "upstream pause": "POST upstreams/{upstream}/pause",
    "change list": "GET changes",
    "codes reveal": "POST orders/{order_no}/reveal",
    "reveals list": "GET reveals",
    "approval approve": "POST approvals/{id}/approve",
}


@pytest.mark.parametrize(("name", "said"), SAID.items(), ids=SAID)
def test_it_stands_where_the_contract_says(name: str, said: str) -> None:
    """Seen red without the key of accounts, and without the route of batches."""
    route = route_of(BY_NAME[name])
    assert f"{route.method} {route.path}" == said


def test_no_two_share_a_place() -> None:
    """One thing at each method and path."""
    counted = Counter(route_of(one) for one in DECLARED)
    assert [route for route, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("name", BY_NAME)
def test_what_stands_in_the_path_is_a_member(name: str) -> None:
    """And has to be given, so that there is always a path."""
    one = BY_NAME[name]
    given = {member.name: member for member in members(one.given)}
    for part in route_of(one).named:
        assert given[part].required
        assert given[part].kind is str


def test_the_members_of_a_path() -> None:
    """In their order."""
    assert Route(method="POST", path="a/{b}/c/{d}").named == ("b", "d")
