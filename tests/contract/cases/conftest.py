"""A partner with orders, and those who work at its cases."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import Cli
from tests.world.admin import Answered, Operator, client_of, in_force, make_operator
from tests.world.gateway_process import Gateway
from tests.world.partner import Partner, Reply
from tests.world.shop import Shop, unique

WHY = {"reason": "looked at it"}


@dataclass(frozen=True)
class Counter:
    """A partner, and two of support, one of finance and an admin at the desk."""

    shop: Shop
    partner: Partner
    sue: Operator
    sam: Operator
    fay: Operator
    root: Operator

    async def order(self, codes: int = 2, quantity: int = 1, price: int = 100) -> dict[str, Any]:
        """One that was just delivered, of a pool with so many codes."""
        sku = await self.shop.sku(codes=codes, price=price)
        placed = await self.partner.order(out_order_no=unique("C"), sku=sku, quantity=quantity)
        assert placed.status == 201, placed
        return dict(placed.json)

    async def ask(self, order: Mapping[str, Any], kind: str, **more: Any) -> Reply:
        """The partner opens a case."""
        body = {"kind": kind, "reason": "it does not work", "out_case_no": unique("K"), **more}
        return await self.partner.send("POST", f"/v1/orders/{order['order_no']}/cases", body)

    async def opened(self, order: Mapping[str, Any], kind: str, **more: Any) -> str:
        """Its number."""
        answer = await self.ask(order, kind, **more)
        assert answer.status == 201, answer
        return str(answer.json["case_no"])

    async def approve(self, case_no: str, who: Operator | None = None, **more: Any) -> Answered:
        """Support approves."""
        return await (who or self.sue).post(f"cases/{case_no}/approve", {**WHY, **more})

    async def read(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """The order as it is now."""
        return dict((await self.partner.get(f"/v1/orders/{order['order_no']}")).json)

    async def case(self, case_no: str) -> dict[str, Any]:
        """The case as the partner sees it."""
        return dict((await self.partner.get(f"/v1/cases/{case_no}")).json)

    async def balance(self) -> int:
        """Of the partner."""
        return int((await self.partner.get("/v1/account")).json["balance"])


@pytest.fixture(scope="module")
def tokens(gateway: Gateway, command: Cli) -> Mapping[str, str]:
    """By name."""
    assert gateway.url
    made = {name: make_operator(command, name, "support") for name in ("sue", "sam")}
    made |= {"fay": make_operator(command, "fay", "finance")}
    return made | {"root": make_operator(command, "root", "admin")}


@pytest.fixture
async def counter(shop: Shop, tokens: Mapping[str, str]) -> AsyncIterator[Counter]:
    """Everybody is there."""
    partner = await shop.partner()
    async with client_of(shop.url) as client:
        people = {name: Operator(client, token) for name, token in tokens.items()}
        for one in people.values():
            await in_force(one)
        yield Counter(shop=shop, partner=partner, **people)
