"""Names that partners chose are looked up in shares: slow ones are their users' trouble alone."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from connectors.http1 import AddressInfo
from gateway.flows.notify import resolver
from gateway.flows.notify.resolver import ASKING, NameTooSlowError, Resolver, domain_of

FOUND: Sequence[AddressInfo] = [(2, 1, 6, "", ("192.0.2.1", 443))]


@dataclass
class Names:
    """A system resolver whose slow domains answer when the test lets them."""

    answer: threading.Event = field(default_factory=threading.Event)
    stuck: list[str] = field(default_factory=list)

    def __call__(self, host: str, _port: int) -> Sequence[AddressInfo]:
        """At once, but for names that begin with `slow`."""
        if "slow" in host:
            self.stuck.append(host)
            self.answer.wait()
        return FOUND


@pytest.fixture
async def names(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Names]:
    """Slow names, until the end."""
    monkeypatch.setattr(resolver, "LOOK_UP_S", 0.2)
    names = Names()
    yield names
    names.answer.set()
    await asyncio.sleep(0.05)


async def resolve(of: Resolver, partner: int, host: str) -> Sequence[AddressInfo]:
    """Look a host up for a partner."""
    ASKING.set(partner)
    return await of(host, 443)


def asked(of: Resolver, partner: int, host: str) -> "asyncio.Task[Sequence[AddressInfo]]":
    """The same, under way."""
    return asyncio.create_task(resolve(of, partner, host))


async def test_one_partner_cannot_take_all_threads(names: Names) -> None:
    """A thousand slow names of one partner occupy its few threads; another is served at once."""
    of = Resolver(names)
    slow = [asked(of, 1, f"slow{n}.d{n}.example") for n in range(1000)]
    await asyncio.sleep(0.05)
    assert await asked(of, 2, "fast.example") == FOUND
    assert len(names.stuck) == resolver.OF_A_PARTNER
    results = await asyncio.gather(*slow, return_exceptions=True)
    assert {type(result) for result in results} == {NameTooSlowError}


async def test_one_domain_cannot_take_all_threads(names: Names) -> None:
    """However many partners use a slow domain, it has its few threads."""
    of = Resolver(names)
    slow = [asked(of, partner, f"p{partner}.slow.example") for partner in range(1, 101)]
    await asyncio.sleep(0.05)
    assert len(names.stuck) == resolver.OF_A_DOMAIN
    assert await asked(of, 500, "fast.example") == FOUND
    results = await asyncio.gather(*slow, return_exceptions=True)
    assert {type(result) for result in results} == {NameTooSlowError}


async def test_threads_that_are_stuck_count_until_they_are_back(names: Names) -> None:
    """Giving up frees no thread: that partner's next look-up waits in vain, and later works."""
    of = Resolver(names)
    slow = [asked(of, 1, f"slow{n}.d{n}.example") for n in range(resolver.OF_A_PARTNER)]
    await asyncio.gather(*slow, return_exceptions=True)
    with pytest.raises(NameTooSlowError):
        await asked(of, 1, "fast.example")
    names.answer.set()
    await asyncio.sleep(0.05)
    assert await asked(of, 1, "fast.example") == FOUND


async def test_a_number_needs_no_thread(names: Names) -> None:
    """Addresses are understood while every thread of the partner is stuck."""
    of = Resolver(names)
    slow = [asked(of, 1, f"slow{n}.d{n}.example") for n in range(9)]
    await asyncio.sleep(0.05)
    for host in ("192.0.2.1", "2001:db8::1"):
        assert await asked(of, 1, host) == FOUND
    await asyncio.gather(*slow, return_exceptions=True)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("example.com", "example.com"),
        ("A.b.Example.com.", "example.com"),
        ("x.shop.co.uk", "shop.co.uk"),
        ("x.shop.com.cn", "shop.com.cn"),
        ("localhost", "localhost"),
    ],
)
def test_names_of_one_domain(host: str, domain: str) -> None:
    """What lies under one registered name counts as one."""
    assert domain_of(host) == domain
