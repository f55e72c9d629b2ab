"""How many connections there may be, and the proxy that nobody named."""

import ipaddress
import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ground.http import places as room
from gateway.ground.http.address import Address
from gateway.ground.http.places import Places, places_by_descriptors

ONE, OTHER, PROXY = (ipaddress.ip_address(f"203.0.113.{n}") for n in (1, 2, 3))
PRIVATE = ipaddress.ip_address("10.1.2.3")


def test_one_address_gets_half() -> None:
    """And the other half is for others, until all is taken; what is given back is free again."""
    places = Places(in_all=10)
    assert [places.take(ONE) for _ in range(6)] == [True] * 5 + [False]
    assert [places.take(OTHER) for _ in range(5)] == [True] * 5
    assert places.free == 0
    assert not places.take(PROXY)
    places.leave(ONE)
    assert places.take(PROXY)


def test_a_proxy_of_ours_brings_many() -> None:
    """Its connections are those of many clients."""
    places = Places(in_all=10, trusted=(ipaddress.ip_network(PROXY),))
    assert all(places.take(PROXY) for _ in range(10))
    assert not places.take(PROXY)


def test_a_client_of_ipv6_is_a_network() -> None:
    """Whoever has one address of IPv6 has 2⁶⁴ of them."""
    places = Places(in_all=4)
    own = [ipaddress.ip_address(f"2001:db8::{n}") for n in range(1, 4)]
    assert [places.take(each) for each in own] == [True, True, False]
    assert places.take(ipaddress.ip_address("2001:db8:0:1::1"))


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([ONE, OTHER, None])), max_size=60))
def test_no_place_is_lost(steps: list[tuple[bool, Address | None]]) -> None:
    """Whatever comes and goes: what is taken and what is free add up."""
    places = Places(in_all=8)
    held: list[Address | None] = []
    for comes, address in steps:
        if comes and places.take(address):
            held.append(address)
        elif not comes and held:
            places.leave(held.pop(0))
        assert places.free == 8 - len(held)


@pytest.mark.parametrize(("limit", "places"), [(1024, 896), (65_536, 57_344), (256, 128), (64, 16)])
def test_descriptors_are_kept_for_ourselves(
    monkeypatch: pytest.MonkeyPatch, limit: int, places: int
) -> None:
    """The database, upstreams and webhooks are not starved by clients."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert places_by_descriptors() == places


class Told:
    """Whom the watch pointed at."""

    def __init__(self) -> None:
        self.peers: list[str] = []
        self.places = Places(told=lambda peer, _why: self.peers.append(str(peer)))


def test_a_private_address_that_names_clients_is_pointed_at() -> None:
    """Once; a public one may say what it likes."""
    told = Told()
    assert not told.places.watches(ONE)
    assert not told.places.watches(None)
    assert told.places.watches(PRIVATE)
    told.places.look(PRIVATE, {"Host"})
    assert told.peers == []
    told.places.look(PRIVATE, {"X-Forwarded-For"})
    told.places.look(PRIVATE, {"Forwarded"})
    assert told.peers == [str(PRIVATE)]
    assert not told.places.watches(PRIVATE)


def test_all_requests_from_one_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that names nobody is pointed at when nobody else comes."""
    monkeypatch.setattr(room, "ALONE_AFTER", 5)
    told = Told()
    for peer in [PRIVATE] * 4 + [ONE] + [PRIVATE] * 4:
        told.places.watches(peer)
    assert told.peers == []
    told.places.watches(PRIVATE)
    assert told.peers == [str(PRIVATE)]


def test_loopback_alone_is_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever tries things out on one machine is left in peace."""
    monkeypatch.setattr(room, "ALONE_AFTER", 5)
    told = Told()
    for _ in range(20):
        told.places.watches(ipaddress.ip_address("127.0.0.1"))
    assert told.peers == []


def test_a_trusted_proxy_is_not() -> None:
    """Whoever was named is not pointed at."""
    places = Places(
        trusted=(ipaddress.ip_network("10.0.0.0/8"),), told=lambda peer, _: pytest.fail(str(peer))
    )
    assert not places.watches(PRIVATE)
