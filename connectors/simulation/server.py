"""The HTTP side of every simulator: the platform's routes, the control routes, the broken answers.

Control routes: `GET /_ledger[?our_no=|account=]`, `POST /_script`, `POST /_release[?our_no=…]`,
`GET /_health`.
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

from connectors import registry
from connectors.settings import load_settings
from connectors.simulation.behaviour import read_script
from connectors.simulation.goods import SimulationOptions
from connectors.simulation.listener import Client
from connectors.simulation.market import Market
from connectors.simulation.platform import Call, Fault, Platform, Reply

log = logging.getLogger(__name__)

BACKLOG: Final = 4096  # connections of a burst that wait to be accepted
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
    handler = _Handler(market)
    clients: set[Client] = set()
    server = await asyncio.get_running_loop().create_server(
        lambda: Client(handler.handle, clients), host, port, backlog=BACKLOG
    )
    try:
        bound = server.sockets[0].getsockname()[1]
        yield RunningSimulator(url=f"http://{host}:{bound}", market=market)
    finally:
        await market.close()
        server.close()
        await asyncio.gather(*(client.stop() for client in list(clients)))


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

    async def handle(self, call: Call, client: Client) -> None:
        """Answer one call; a bug of a simulator is a 500 with a log line, never a hang."""
        control = self._control.get((call.method, call.path))
        if control is not None:
            client.answer(control(call))
            return
        try:
            delay_s = self._market.latency_s()
            if delay_s > 0:
                await asyncio.sleep(delay_s)
            down = self._market.is_down()
            reply = UNAVAILABLE if down else await self._market.platform.handle(call)
        except Exception:
            log.exception("simulator %s failed", self._market.platform.NAME)
            reply = Reply(status=500, body=b"simulator failed", content_type="text/plain")
        if reply.fault is Fault.NONE:
            client.answer(reply)
        else:
            await _FAULTS[reply.fault](client, reply)

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


async def _answer_dropped(client: Client, _reply: Reply) -> None:
    client.cut()


async def _answer_truncated(client: Client, reply: Reply) -> None:
    beginning = reply.body[: max(len(reply.body) // 2, 1)] or b"{"
    client.begin(reply, length=max(len(reply.body), 2), body=beginning)
    client.hang_up()


async def _answer_huge(client: Client, reply: Reply) -> None:
    client.begin(reply, length=HUGE_CHUNKS * len(HUGE_CHUNK))
    for _ in range(HUGE_CHUNKS):
        await client.write(HUGE_CHUNK)


async def _answer_slowly(client: Client, reply: Reply) -> None:
    client.begin(reply, length=len(reply.body))
    for position in range(len(reply.body)):
        await client.write(reply.body[position : position + 1])
        await asyncio.sleep(SLOW_BYTE_S)


_FAULTS: Final[Mapping[Fault, Callable[[Client, Reply], Awaitable[None]]]] = {
    Fault.DROPPED: _answer_dropped,
    Fault.TRUNCATED: _answer_truncated,
    Fault.HUGE: _answer_huge,
    Fault.SLOW: _answer_slowly,
}
