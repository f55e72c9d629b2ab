"""The HTTP side of every simulator: the platform's routes, the control routes, the broken answers.

Control routes: `GET /_ledger[?our_no=|account=]`, `POST /_script`, `POST /_release[?our_no=…]`,
`GET /_health`. A low-level handler without an application: it must outrun what it tests.
"""

import asyncio
import dataclasses
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

import orjson
from aiohttp import web

from connectors import registry
from connectors.settings import load_settings
from connectors.simulation.behaviour import read_script
from connectors.simulation.market import Market, SimulationOptions
from connectors.simulation.platform import Call, Fault, Platform, Reply

log = logging.getLogger(__name__)

BODY_BYTES_MAX: Final = 1_048_576
HUGE_CHUNK: Final = b" " * 65_536
HUGE_CHUNKS: Final = 1024  # 64 MiB in all
SLOW_BYTE_S: Final = 1.0
UNAVAILABLE: Final = Reply(
    status=503, body=b"Service Unavailable", content_type="text/html", headers={"Retry-After": "1"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSimulator:
    """A simulator that listens; `market` is for tests in the same process."""

    url: str
    market: Market


def build(
    connector: str,
    *,
    settings: Mapping[str, str] | None = None,
    callback_url: str | None = None,
    script: object = None,
) -> Market:
    """Make a simulated platform; `settings` are the platform's and `SimulationOptions`' names."""
    option_names = {field.name for field in dataclasses.fields(SimulationOptions)}
    given = dict(settings or {})
    options = {name: given.pop(name) for name in list(given) if name in option_names}
    if callback_url:
        options["callback_url"] = callback_url
    platform: Platform = registry.create_simulator(connector, given)
    market = Market(platform, load_settings(SimulationOptions, options), read_script(script or {}))
    platform.script_changed(script if isinstance(script, dict) else {})
    return market


@asynccontextmanager
async def running(
    connector: str,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    settings: Mapping[str, str] | None = None,
    callback_url: str | None = None,
    script: object = None,
) -> AsyncIterator[RunningSimulator]:
    """Serve a simulated platform for the length of the block; port 0 takes a free one."""
    market = build(connector, settings=settings, callback_url=callback_url, script=script)
    runner = web.ServerRunner(
        web.Server(_Handler(market).handle, access_log=None, keepalive_timeout=75),
        shutdown_timeout=1.0,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=4096)
        await site.start()
        bound = runner.addresses[0][1]
        yield RunningSimulator(url=f"http://{host}:{bound}", market=market)
    finally:
        await market.close()
        await runner.cleanup()


async def run(
    connector: str,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    settings: Mapping[str, str] | None = None,
    callback_url: str | None = None,
    script: object = None,
    started: Callable[[str], None] = lambda _url: None,
) -> None:
    """Serve until cancelled; `started` is called once with the URL."""
    async with running(
        connector,
        host=host,
        port=port,
        settings=settings,
        callback_url=callback_url,
        script=script,
    ) as simulator:
        started(simulator.url)
        await asyncio.Event().wait()


class _Handler:
    """Turns HTTP requests into calls, and replies into answers or into broken ones."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._control: dict[tuple[str, str], Callable[[Call], Reply]] = {
            ("GET", "/_ledger"): self._ledger,
            ("POST", "/_script"): self._script,
            ("POST", "/_release"): self._release,
            ("GET", "/_health"): lambda _call: _json_reply({"ok": True}),
        }

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; a bug of a simulator is a 500 with a log line, never a hang."""
        try:
            call = await _read_call(request)
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413, text="body too large")
        control = self._control.get((call.method, call.path))
        if control is not None:
            return _plain(control(call))
        try:
            delay_s = self._market.latency_s()
            if delay_s > 0:
                await asyncio.sleep(delay_s)
            down = self._market.is_down()
            reply = UNAVAILABLE if down else await self._market.platform.handle(call)
        except Exception:
            log.exception("simulator %s failed", self._market.platform.NAME)
            reply = Reply(status=500, body=b"simulator failed", content_type="text/plain")
        return await _FAULTS[reply.fault](request, reply)

    def _ledger(self, call: Call) -> Reply:
        fields = _fields(call)
        orders = self._market.ledger.executions(
            our_no=fields.get("our_no"), account=fields.get("account")
        )
        return _json_reply({"executions": [order.execution() for order in orders]})

    def _script(self, call: Call) -> Reply:
        try:
            value = json.loads(call.body or b"{}")
            script = read_script(value)
        except (ValueError, RecursionError) as error:
            return _json_reply({"error": str(error)}, status=400)
        self._market.play(script)
        self._market.platform.script_changed(value)
        return _json_reply({"rules": len(script.rules), "seed": script.seed})

    def _release(self, call: Call) -> Reply:
        fields = _fields(call)
        released = self._market.release(our_no=fields.get("our_no"), account=fields.get("account"))
        return _json_reply({"released": released})


async def _read_call(request: web.BaseRequest) -> Call:
    body = await request.read()
    return Call(
        method=request.method,
        path=request.rel_url.raw_path,
        query=request.rel_url.raw_query_string,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        base_url=f"{request.scheme}://{request.host}",
    )


def _fields(call: Call) -> dict[str, str]:
    """A control request's members, from the query string or a JSON body."""
    fields = {name: values[-1] for name, values in parse_qs(call.query).items()}
    try:
        body = json.loads(call.body or b"{}")
    except ValueError:
        body = {}
    if isinstance(body, dict):
        fields |= {str(name): str(value) for name, value in body.items() if value is not None}
    return fields


def _json_reply(value: Any, status: int = 200) -> Reply:
    return Reply(status=status, body=orjson.dumps(value))


def _plain(reply: Reply) -> web.Response:
    return web.Response(
        status=reply.status,
        body=reply.body,
        headers={"Content-Type": reply.content_type, **reply.headers},
    )


async def _answer_whole(_request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    return _plain(reply)


async def _answer_dropped(request: web.BaseRequest, _reply: Reply) -> web.StreamResponse:
    _cut(request)
    return web.Response()


async def _answer_truncated(request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    response = await _announce(request, reply, length=max(len(reply.body), 2))
    await response.write(reply.body[: max(len(reply.body) // 2, 1)] or b"{")
    _cut(request)
    return response


async def _answer_huge(request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    response = await _announce(request, reply, length=HUGE_CHUNKS * len(HUGE_CHUNK))
    try:
        for _ in range(HUGE_CHUNKS):
            await response.write(HUGE_CHUNK)
    except ConnectionError:
        _cut(request)
    return response


async def _answer_slowly(request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    response = await _announce(request, reply, length=len(reply.body))
    try:
        for position in range(len(reply.body)):
            await response.write(reply.body[position : position + 1])
            await asyncio.sleep(SLOW_BYTE_S)
    except ConnectionError:
        _cut(request)
    return response


async def _announce(request: web.BaseRequest, reply: Reply, length: int) -> web.StreamResponse:
    response = web.StreamResponse(
        status=reply.status, headers={"Content-Type": reply.content_type, **reply.headers}
    )
    response.content_length = length
    await response.prepare(request)
    return response


def _cut(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.abort()


_Answerer = Callable[[web.BaseRequest, Reply], Awaitable[web.StreamResponse]]
_FAULTS: Final[Mapping[Fault, _Answerer]] = {
    Fault.NONE: _answer_whole,
    Fault.DROPPED: _answer_dropped,
    Fault.TRUNCATED: _answer_truncated,
    Fault.HUGE: _answer_huge,
    Fault.SLOW: _answer_slowly,
}
