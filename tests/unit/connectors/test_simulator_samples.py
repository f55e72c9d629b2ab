"""Every simulator answers in exactly the members and types of its platform's documents:
`tests/fixtures/wire`. In one process, without sockets: the conformance suite has those.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors import registry
from connectors.contract import CancelRequest, QueryRequest, SubmitRequest
from connectors.exchange import HttpRequest, HttpResponse
from connectors.simulation.behaviour import Ending, read_script
from connectors.simulation.ledger import Order
from connectors.simulation.market import Market
from connectors.simulation.platform import Call
from connectors.simulation.server import build
from connectors.upstream import Upstream
from tests.wire_samples import Sample, Wire, differences, load, names
from tests.world.platform_calls import call_of

ACCOUNT = "13800138"
NOTIFY_URL = "http://127.0.0.1:9/cb"
CODE_PRODUCTS = {"reloadly": "giftcard-910005@5"}
PLAYED = [
    pytest.param(load(name), sample, id=f"{name}-{sample.name}")
    for name in names()
    if load(name).platform in registry.names()
    for sample in load(name).samples.values()
    if sample.made is not None
]


@dataclass(slots=True)
class InProcess:
    """A transport that hands requests to the simulated platform and remembers its answers."""

    market: Market
    answers: list[HttpResponse] = field(default_factory=list)

    async def exchange(self, request: HttpRequest) -> HttpResponse:
        """One request, as the server would have passed it on."""
        url = urlsplit(request.url)
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = await self.market.platform.handle(
            Call(method=request.method, path=url.path, query=url.query, headers=headers,
                 body=request.body)
        )  # fmt: skip
        answer = HttpResponse(status=reply.status, headers=reply.headers, body=reply.body)
        self.answers.append(answer)
        return answer


@dataclass(slots=True)
class Stage:
    """A connector before its simulated platform, and what is asked of them."""

    wire: Wire
    made: Mapping[str, Any]
    market: Market
    transport: InProcess
    upstream: Upstream

    def request(self, what: str) -> SubmitRequest:
        """`what` is a tail of api.md, or `codes`."""
        codes = what == "codes"
        product = CODE_PRODUCTS.get(self.wire.platform, "910005") if codes else "25"
        return SubmitRequest(
            attempt_no="T1",
            product_id=self.made.get("product", product),
            account=None if codes else ACCOUNT + what,
            face_minor=None if codes else 1000,
            max_cost_minor=None if codes else 2000,
            notify_url=NOTIFY_URL,
        )

    async def submit(self, what: str) -> None:
        """Buy, as often as `times` says."""
        for _ in range(self.made.get("times", 1)):
            await self.upstream.submit(self.request(what))

    async def query(self, what: str) -> None:
        """Ask for what was bought, once it has ended; `unknown` was never bought."""
        if what == "unknown":
            await self.upstream.query(QueryRequest(attempt_no="T1", product_id="25"))
            return
        await self.submit(what)
        self.finish()
        bought = self.request(what)
        await self.upstream.query(
            QueryRequest(attempt_no="T1", product_id=bought.product_id, account=bought.account)
        )

    async def cancel(self, what: str) -> None:
        """Buy, and ask to stop it."""
        await self.submit(what)
        self.finish()
        number = self.market.ledger.orders[0].upstream_no
        await self.upstream.cancel(CancelRequest(attempt_no="T1", upstream_no=number))

    def finish(self) -> list[Order]:
        """End what is not held."""
        orders = self.market.ledger.orders
        for order in orders:
            if order.behaviour.ending is not Ending.HELD:
                self.market.finish(order, tell=False)
        return orders


def stage_for(wire: Wire, sample: Sample) -> Stage:
    """A fresh platform, scripted as the sample wants it."""
    made = sample.made or {}
    script = {"rules": [{"account": "", "do": made["play"]}]} if "play" in made else {}
    own = made.get("settings", {})
    market = build(wire.platform, settings={"settle_s": "60", **own}, callback_url=NOTIFY_URL)
    market.play(read_script(script))
    keys = {**market.platform.DEFAULTS, **wire.settings}
    connector = registry.create(wire.platform, "http://platform.example", keys)
    transport = InProcess(market)
    return Stage(wire, made, market, transport, Upstream(connector=connector, transport=transport))


async def perform(stage: Stage) -> HttpResponse:
    """Make the platform give the answer; the last one, or the one that `at` points to."""
    made = stage.made
    if "callback" in made:
        await stage.submit(made["callback"])
        [order] = stage.finish()
        message = stage.market.platform.callback(order, order.state, forged=False)
        assert message is not None
        if "urlencoded" in message.content_type:
            fields = dict(parse_qsl(message.body.decode(), keep_blank_values=True))
            return HttpResponse(status=200, headers={}, body=json.dumps(fields).encode())
        return HttpResponse(status=200, headers={}, body=message.body)
    for operation in ("submit", "query", "cancel"):
        if operation in made:
            await getattr(stage, operation)(made[operation])
    if "balance" in made:
        await stage.upstream.balance()
    if "catalog" in made:
        await stage.upstream.catalog()
    if "get" in made:
        await stage.submit(made["get"])
        [order] = stage.finish()
        await send(stage, ["GET", f"/transactions/{order.upstream_no}"])
    if "confirm" in made:
        await confirm(stage)
    if "call" in made:
        await send(stage, made["call"])
    return stage.transport.answers[made.get("at", -1)]


async def send(stage: Stage, what: list[Any]) -> None:
    """A call that the connector never makes, signed as the platform wants it."""
    signed = not stage.made.get("unsigned", False)
    request = call_of(stage.wire.platform, stage.upstream.connector, what, signed=signed)
    if stage.wire.platform == "reloadly" and signed and "/oauth/" not in request.url:
        await stage.upstream.balance()
        [token] = stage.upstream.session.tokens.values()
        request.headers["authorization"] = f"Bearer {token.value.reveal()}"  # type: ignore[index]
    await stage.transport.exchange(request)


async def confirm(stage: Stage) -> None:
    """DT One in two steps: created, then confirmed or cancelled, how often and after what."""
    party = {"mobile_number": ACCOUNT + "000"}
    body = {"external_id": "T1", "product_id": 25, "credit_party_identifier": party}
    await send(stage, ["POST", "/async/transactions", body])
    number = stage.market.ledger.orders[0].upstream_no
    paths = {
        "async": f"/async/transactions/{number}/confirm",
        "cancel": f"/transactions/{number}/cancel",
    }
    if "after" in stage.made:
        await send(stage, ["POST", paths[stage.made["after"]], {}])
    for _ in range(stage.made.get("times", 1)):
        await send(stage, ["POST", paths[stage.made["confirm"]], {}])


def unpacked(wire: Wire, body: bytes) -> Any:
    """An answer as the fixture writes it: Fulu's `result` is what its text holds."""
    value = json.loads(body)
    if wire.platform == "fulu" and isinstance(value, dict) and value.get("result"):
        value["result"] = json.loads(value["result"])
    return value


@pytest.mark.parametrize(("wire", "sample"), PLAYED)
async def test_the_simulator_answers_as_the_document_says(wire: Wire, sample: Sample) -> None:
    """Exactly the sample's members, of its types; null only where the vendor's schema knows it."""
    stage = stage_for(wire, sample)
    try:
        answer = await perform(stage)
    finally:
        await stage.market.close()
    assert (answer.status, differences(sample, unpacked(wire, answer.body))) == (sample.status, [])
