"""Two partners with orders, keys, messages, people; and browsers that know nobody yet."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.ground.config import Config
from tests.conftest import Cli
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.no_script import Browser, Page, Person, browser
from tests.world.partner import Partner, signed_headers
from tests.world.shop import Shop

SESSION = "/portal/session"


@dataclass(frozen=True, kw_only=True)
class Side:
    """A partner as the portal knows it, and everything that names something of its."""

    name: str
    partner: Partner
    person: Person
    order_no: str
    out_order_no: str
    sku: str
    ids: Mapping[str, str]  # by the member that names it in a path

    @property
    def marks(self) -> frozenset[str]:
        """Texts that stand on no page of another partner's."""
        own = {self.name, self.order_no, self.out_order_no, self.person.name}
        return frozenset(own | set(self.ids.values()))


def person_of(command: Cli, name: str, partner: str) -> Person:
    """Invited by the shop."""
    made = command("operator", "create", name, "--partner", partner, "--json")
    assert made.returncode == 0, made.stderr
    told = made.json
    return Person(
        name=name,
        password=told["password"],
        totp_secret=told["totp_secret"],
        recovery_codes=told["recovery_codes"],
    )


async def with_key(tab: Browser, partner: Partner, **changed: str) -> httpx.Response:
    """Sign in by a signed request, as a program does; the browser keeps the cookie."""
    headers = signed_headers(partner.key, "POST", SESSION, b"{}") | changed
    return await tab.client.post(
        SESSION, content=b"{}", headers={**headers, "Content-Type": "application/json"}
    )


async def as_person(tab: Browser, person: Person) -> Page:
    """Through the form."""
    return await tab.sign_in(person, "/portal")


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that may call receivers on loopback."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    with running_gateway(config, log, {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.0/8"}) as gateway:
        yield gateway


@pytest.fixture
async def tab(gateway: Gateway) -> AsyncIterator[Browser]:
    """A browser that knows nobody yet."""
    async with browser(gateway.url) as tab:
        yield tab


@pytest.fixture
def another_tab(gateway: Gateway) -> Any:
    """Opens one more."""

    def opened() -> AbstractAsyncContextManager[Browser]:
        return browser(gateway.url)

    return opened


async def make_side(shop: Shop, command: Cli, name: str) -> Side:
    """A partner that bought a code, is told of it, and has somebody."""
    partner = await shop.partner()
    called = await shop.name_of(partner)
    await shop.set_endpoint(called, "http://127.0.0.1:9/nobody")
    sku = await shop.sku(codes=3)
    number = f"OUT-{name}-7731"
    placed = await partner.order(out_order_no=number, sku=sku)
    assert placed.status == 201, placed.body
    sent = (await partner.get("/v1/webhooks/deliveries")).json["data"]
    order_no = placed.json["order_no"]
    asked = {"kind": "question", "reason": f"what of {number}?", "out_case_no": f"C-{number}"}
    case = await partner.send("POST", f"/v1/orders/{order_no}/cases", asked)
    assert case.status == 201, case.body
    return Side(
        name=called,
        partner=partner,
        person=person_of(command, f"person-{name}", called),
        order_no=order_no,
        out_order_no=number,
        sku=sku,
        ids={
            "order_no": order_no,
            "key_id": partner.key.key_id,
            "id": sent[0]["id"],
            "case_no": case.json["case_no"],
        },
    )
