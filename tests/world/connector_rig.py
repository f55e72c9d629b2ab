"""A connector, its simulator and a callback receiver wired together, for the conformance suite.

A new connector adds one row to `SAMPLES` beside it; everything else is the same for all of them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from aiohttp import web

from connectors import registry
from connectors.contract import (
    Answer,
    AnswerKind,
    CallbackEvent,
    CallbackRefused,
    CallbackRequest,
    Connector,
    QueryRequest,
    SubmitRequest,
)
from connectors.entry import shipped
from connectors.exchange import HttpRequest, HttpResponse
from connectors.simulation import running
from connectors.simulation.behaviour import read_script
from connectors.simulation.ledger import Order
from connectors.simulation.market import Market
from connectors.transport import HttpTransport, MakeClient, TransportLimits, lean_client
from connectors.upstream import Upstream
from tests.clock import LONG_S, PATIENCE_S
from tests.world.connector_samples import SAMPLES, Sample

LIMITS = TransportLimits(connect_timeout_s=LONG_S, resend_wait_s=0.001)


FAST: Mapping[str, str] = {
    "settle_s": "0.02",
    "reversal_delay_s": "60",
    "time_scale": "0.0002",
    "retry_after_s": "1",
}


@dataclass(slots=True)
class PatientTransport:
    """The real transport with one deadline for all, that comes when a test puts it forward."""

    inner: HttpTransport
    sent: list[HttpRequest] = field(default_factory=list)

    async def exchange(self, request: HttpRequest) -> HttpResponse:
        """Remember the request and execute it under the other deadline."""
        self.sent.append(request)
        return await self.inner.exchange(replace(request, deadline_s=LONG_S))


@dataclass(slots=True)
class Inbox:
    """Everything that came to the callback URL, as received and as parsed."""

    calls: list[CallbackRequest] = field(default_factory=list)
    events: list[CallbackEvent] = field(default_factory=list)
    refused: list[CallbackRefused] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def receive(self, upstream: Upstream, call: CallbackRequest) -> web.Response:
        """Parse one callback and answer what the connector says."""
        self.calls.append(call)
        try:
            event = upstream.parse_callback(call)
            self.events.append(event)
            ack = event.ack
        except CallbackRefused as refusal:
            self.refused.append(refusal)
            ack = refusal.ack
        self.changed.set()
        headers = {"Content-Type": ack.content_type}
        return web.Response(status=ack.status, body=ack.body, headers=headers)

    async def wait_for(self, condition: Callable[["Inbox"], bool]) -> None:
        """Wait until enough has come."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition(self):
                self.changed.clear()
                await self.changed.wait()


@dataclass(slots=True, kw_only=True)
class Rig:
    """One connector against its simulator."""

    name: str
    connector: str
    settings: Mapping[str, str]
    sample: Sample
    upstream: Upstream
    transport: PatientTransport
    market: Market
    inbox: Inbox
    notify_url: str
    url: str

    def account(self, tail: str) -> str:
        """An account that makes the simulator behave as the row `tail` of api.md says."""
        return self.sample.account_prefix + tail

    def request(self, tail: str, attempt_no: str, *, quantity: int = 1) -> SubmitRequest:
        """A top-up for such an account."""
        return SubmitRequest(
            attempt_no=attempt_no,
            product_id=self.sample.product,
            account=self.account(tail),
            quantity=quantity,
            face_minor=self.sample.face_minor,
            max_cost_minor=self.sample.max_cost_minor * quantity,
            notify_url=self.notify_url,
        )

    async def submit(self, tail: str, attempt_no: str = "T1") -> Answer:
        """Submit a top-up."""
        return await self.upstream.submit(self.request(tail, attempt_no))

    def query_request(
        self, tail: str, attempt_no: str = "T1", *, succeeded_before: bool = False
    ) -> QueryRequest:
        """A query that knows what was ordered, and what a callback told."""
        orders = self.market.ledger.with_our_no(attempt_no) if self.sample.asked_by_theirs else []
        return QueryRequest(
            attempt_no=attempt_no,
            upstream_no=orders[0].upstream_no if orders else None,
            product_id=self.sample.product,
            account=self.account(tail),
            face_minor=self.sample.face_minor,
            succeeded_before=succeeded_before,
        )

    def code_query(self, attempt_no: str, quantity: int, upstream_no: str | None) -> QueryRequest:
        """A query for codes that were bought."""
        return QueryRequest(
            attempt_no=attempt_no,
            product_id=self.sample.code_product,
            quantity=quantity,
            upstream_no=upstream_no,
        )

    async def query(self, tail: str, attempt_no: str = "T1") -> Answer:
        """Ask for it."""
        return await self.upstream.query(self.query_request(tail, attempt_no))

    async def until(
        self, kind: AnswerKind, tail: str, attempt_no: str = "T1", *, succeeded_before: bool = False
    ) -> Answer:
        """Ask until the answer is `kind`."""
        request = self.query_request(tail, attempt_no, succeeded_before=succeeded_before)
        return await self.ask_until(kind, request)

    async def ask_until(self, kind: AnswerKind, request: QueryRequest) -> Answer:
        """Ask until the answer is `kind`, as a poller would."""
        async with asyncio.timeout(PATIENCE_S):
            state = await self.upstream.query(request)
            while state.kind is not kind:
                await asyncio.sleep(0.01)
                state = await self.upstream.query(request)
            return state

    def executions(self, attempt_no: str = "T1") -> list[Order]:
        """What the platform really did under a number."""
        return self.market.ledger.executions(our_no=attempt_no)

    def play(self, *behaviours: str) -> None:
        """Make every purchase behave as named."""
        rules = [{"account": ".*", "do": behaviour} for behaviour in behaviours]
        self.market.play(read_script({"rules": rules}))


@asynccontextmanager
async def rig_for(
    name: str,
    settings: Mapping[str, str] | None = None,
    connector_settings: Mapping[str, str] | None = None,
    client: MakeClient = lean_client,
) -> AsyncIterator[Rig]:
    """Wire one connector to its simulator for the length of the block."""
    inbox = Inbox()
    holder: list[Upstream] = []

    async def receive(request: web.BaseRequest) -> web.StreamResponse:
        call = CallbackRequest(
            method=request.method,
            path=request.rel_url.raw_path,
            headers={key.lower(): value for key, value in request.headers.items()},
            query=request.rel_url.raw_query_string,
            body=await request.read(),
        )
        return inbox.receive(holder[0], call)

    runner = web.ServerRunner(web.Server(receive))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    platform, sample = name.partition(" ")[0], SAMPLES[name]
    notify_url = f"http://127.0.0.1:{runner.addresses[0][1]}/callbacks/{platform}"
    played = {**FAST, **(settings or {})}
    try:
        async with (
            running(platform, settings=played, callback_url=notify_url) as peer,
            HttpTransport(LIMITS, client=client) as inner,
        ):
            keys = {**peer.market.platform.DEFAULTS, **(connector_settings or {})}
            keys |= {} if sample.file is None else {"protocol": shipped(sample.file)}
            kind = platform if sample.file is None else "generic"
            connector = registry.create(kind, peer.url, keys)
            transport = PatientTransport(inner)
            holder.append(Upstream(connector=connector, transport=transport))
            yield Rig(
                name=name,
                connector=kind,
                settings=keys,
                sample=sample,
                upstream=holder[0],
                transport=transport,
                market=peer.market,
                inbox=inbox,
                notify_url=notify_url,
                url=peer.url,
            )
    finally:
        await runner.cleanup()


def changed(call: CallbackRequest, old: bytes, new: bytes) -> CallbackRequest:
    """A callback whose body says something else under the same signature."""
    assert old in call.body
    return replace(call, body=call.body.replace(old, new))


def stranger_to(rig: Rig) -> Connector:
    """A connector to the same platform that holds other keys."""
    listed = registry.settings_of(rig.connector, rig.settings)
    secret = {setting.name for setting in listed if setting.secret}
    settings = {
        name: value[::-1] if name in secret else value for name, value in rig.settings.items()
    }
    return registry.create(rig.connector, rig.url, settings)
