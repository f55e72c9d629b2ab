"""Names that partners chose are looked up in shares: slow ones are their users' trouble alone."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from connectors.http1 import AddressInfo
from gateway.webhooks import resolver
from gateway.webhooks.resolver import ASKING, NameTooSlowError, Resolver, domain_of
from tests.clock import LONG_S, put_forward, turns

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

    async def until_stuck(self, count: int) -> None:
        """So many threads wait, and no more of them come."""
        while len(self.stuck) < count:  # noqa: ASYNC110  threads have no event of the loop
            await asyncio.sleep(0.001)
        await turns()
        assert len(self.stuck) == count

    async def all_back(self) -> None:
        """No thread looks anything up any more."""
        while any(each.name == "resolve" for each in threading.enumerate()):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        await turns()


@pytest.fixture
async def names(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Names]:
    """Slow names, until the end."""
    monkeypatch.setattr(resolver, "LOOK_UP_S", LONG_S)
    names = Names()
    yield names
    names.answer.set()
    await names.all_back()


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
    await names.until_stuck(resolver.OF_A_PARTNER)
    assert await asked(of, 2, "fast.example") == FOUND
    assert len(names.stuck) == resolver.OF_A_PARTNER
    put_forward(LONG_S + 1)
    results = await asyncio.gather(*slow, return_exceptions=True)
    assert {type(result) for result in results} == {NameTooSlowError}


async def test_one_domain_cannot_take_all_threads(names: Names) -> None:
    """However many partners use a slow domain, it has its few threads."""
    of = Resolver(names)
    slow = [asked(of, partner, f"p{partner}.slow.example") for partner in range(1, 101)]
    await names.until_stuck(resolver.OF_A_DOMAIN)
    assert await asked(of, 500, "fast.example") == FOUND
    put_forward(LONG_S + 1)
    results = await asyncio.gather(*slow, return_exceptions=True)
    assert {type(result) for result in results} == {NameTooSlowError}


async def test_threads_that_are_stuck_count_until_they_are_back(names: Names) -> None:
    """Giving up frees no thread: that partner's next look-up waits in vain, and later works."""
    of = Resolver(names)
    slow = [asked(of, 1, f"slow{n}.d{n}.example") for n in range(resolver.OF_A_PARTNER)]
    await names.until_stuck(resolver.OF_A_PARTNER)
    put_forward(LONG_S + 1)
    await asyncio.gather(*slow, return_exceptions=True)
    in_vain = asked(of, 1, "fast.example")
    await turns()
    put_forward(LONG_S + 1)
    with pytest.raises(NameTooSlowError):
        await in_vain
    names.answer.set()
    await names.all_back()
    assert await asked(of, 1, "fast.example") == FOUND


async def test_a_number_needs_no_thread(names: Names) -> None:
    """Addresses are understood while every thread of the partner is stuck."""
    of = Resolver(names)
    slow = [asked(of, 1, f"slow{n}.d{n}.example") for n in range(9)]
    await names.until_stuck(resolver.OF_A_PARTNER)
    for host in ("192.0.2.1", "2001:db8::1"):
        assert await asked(of, 1, host) == FOUND
    put_forward(LONG_S + 1)
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
