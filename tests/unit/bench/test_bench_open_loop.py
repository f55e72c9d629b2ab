"""The loader that does not wait, the database that is made slow, and the loader that ends."""

import asyncio
import json
import re
import shutil
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bench.histogram import Histogram
from bench.load import run_load
from bench.loader_pool import Pool
from bench.open_loop import Saturating, Saturation
from bench.presign import Credentials, confirms, single_orders, write_requests
from bench.servers import Talk, talking
from bench.slow_database import Delay, ToServer
from tests.clock import PATIENCE_S

OVERLOADED = b'{"status":503,"code":"overloaded"}'
CREDENTIALS = Credentials(key_id="qk_test", secret="qs_AAAA", delivery_key="qd_AAAA")


@asynccontextmanager
async def serving(handler: Any) -> AsyncIterator[int]:
    """A server whose every request is the handler's; its port."""
    runner = web.ServerRunner(web.Server(handler, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def send(talk: Talk, directory: Path, due: list[float], **more: Any) -> dict[str, Any]:
    """Let the loader send one stream; its report."""
    requests, moments = directory / "requests", directory / "moments"
    write_requests(requests, CREDENTIALS, single_orders("S"), prefix="p", count=len(due), slices=1)
    moments.write_bytes(array("d", due).tobytes())
    command = {
        "streams": {"one": (f"{requests}.0", str(moments))}, "slice_s": 0.5,
        "phases": [("first", 0.05), ("second", 0.05)],
    }  # fmt: skip
    assert await talk.ask(PATIENCE_S, command | more) == {"began": True}
    return await talk.hear(PATIENCE_S)


async def test_requests_are_sent_when_due_whatever_became_of_those_before(tmp_path: Path) -> None:
    """A server that answers nothing before all hundred are there gets all hundred.

    Seen red: with no more connections than the 64 of the beginning the loader waits, as a closed
    loop does, and nothing is ever answered. How long the first waited is in its figure.
    """
    came, all_there = 0, asyncio.Event()

    async def hold_back(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal came
        await request.read()
        came += 1
        if came == 100:
            all_there.set()
        await all_there.wait()
        return web.json_response({}, status=201)

    due = [n / 1000 for n in range(100)]
    async with (
        serving(hold_back) as port,
        talking(["bench.open_loop", str(port)], "the loader", tmp_path / "log") as talk,
    ):
        report = await send(talk, tmp_path, due)
    first, second = (report["phases"][name]["one"] for name in ("first", "second"))
    assert (first["due"], second["due"]) == (50, 50)
    assert first["answers"] == second["answers"] == {"201": 50}
    assert Histogram(first["took"]).quantile_ms(1.0) >= 99
    assert report["dry"] == 0


async def test_a_refusal_that_does_not_say_when_is_counted(tmp_path: Path) -> None:
    """Of two 503s the one without Retry-After is told; neither is in the times of what was taken.

    A connection that is cut with a request on it is broken, not forgotten.
    """
    answers = iter(
        [
            web.Response(body=OVERLOADED, status=503),
            web.Response(body=OVERLOADED, status=503, headers={"Retry-After": "1"}),
            None,
            web.json_response({}, status=201),
        ]
    )

    async def refuse(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        answer = next(answers)
        if answer is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return answer

    async with (
        serving(refuse) as port,
        talking(["bench.open_loop", str(port)], "the loader", tmp_path / "log") as talk,
    ):
        report = await send(talk, tmp_path, [0.0, 0.001, 0.002, 0.003])
    told = report["phases"]["first"]["one"]
    assert told["answers"] == {"503 overloaded": 2, "broken": 1, "201": 1}
    assert told["without_retry_after"] == 1
    assert Histogram(told["took"]).count == 1


async def test_who_has_no_connection_in_time_gives_up() -> None:
    """It is told so, and what came later is sent: a backlog is no load of its own.

    Seen red: without it the connection is used for what nobody waits for.
    """
    told: list[str] = []
    pool = Pool(0, patience_s=0.0)
    pool.send(b"late", lambda key, _: told.append(key))
    connection: Any = object()  # nothing is sent on it
    pool.is_idle(connection)
    assert told == ["given up"]


class Held:
    """A pool whose answers come when the test gives them."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.sent = 0
        self.under_way = 0

    def send(self, _request: bytes, told: Any) -> None:
        """Keep it."""
        self.sent += 1
        self.under_way += 1
        self.told.append(told)

    async def rest(self, _deadline_s: float) -> None:
        """Nothing is waited for."""


async def test_a_window_is_kept_full_and_who_is_refused_pauses(tmp_path: Path) -> None:
    """An accepted one is followed at once; a refused one only after its pause, but it is.

    Seen red: a refusal that is followed at once is a loop that only measures refusals.
    """
    path = tmp_path / "requests"
    write_requests(path, CREDENTIALS, single_orders("S"), prefix="p", count=9, slices=1)
    given = Saturating(
        requests=f"{path}.0", window=2, ramp_s=0.0, seconds=10 * PATIENCE_S, pause_s=0.001
    )
    pool = Held()
    saturation = Saturation(given, pool)  # type: ignore[arg-type]
    running = asyncio.create_task(saturation.run())
    async with asyncio.timeout(PATIENCE_S):
        while pool.sent < 2 or not saturation.counts:  # noqa: ASYNC110  one turn of the loop
            await asyncio.sleep(0)
        pool.told.pop()("201", False)
        assert pool.sent == 3
        pool.told.pop()("503 overloaded", True)
        assert pool.sent == 3
        while pool.sent < 4:  # noqa: ASYNC110
            await asyncio.sleep(0)
    running.cancel()
    assert saturation.answers == {"201": 1, "503 overloaded": 1}


class Client:
    """The gateway's end."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.has_all = asyncio.Event()

    def write(self, data: bytes) -> None:
        """An answer."""
        self.got.append(data)
        if len(self.got) == 2:
            self.has_all.set()


async def test_late_answers_of_the_database_come_in_order() -> None:
    """What was answered while it was slow is not overtaken by what came when it was quick again.

    Seen red: written at once as soon as there is no delay, the last comes first.
    """
    client, delay = Client(), Delay()
    answers = ToServer(client, delay)  # type: ignore[arg-type]
    delay.seconds = 0.01
    answers.data_received(b"late")
    delay.seconds = 0.0
    answers.data_received(b"quick")
    assert client.got == []
    await asyncio.wait_for(client.has_all.wait(), PATIENCE_S)
    assert client.got == [b"late", b"quick"]
    answers.data_received(b"at once")
    assert client.got[-1] == b"at once"


async def test_what_stands_before_the_database_changes_nothing_but_time(tmp_path: Path) -> None:
    """Slow and quick, all that is said goes both ways, and the end of one end is the other's."""
    server_socket, socket = str(tmp_path / "server"), str(tmp_path / "slow")

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (line := await reader.readline()) != b"end\n":
            writer.write(line)
        writer.close()

    server = await asyncio.start_unix_server(echo, server_socket)
    arguments = ["bench.slow_database", socket, server_socket]
    async with server, talking(arguments, "the slow database", tmp_path / "log") as talk:
        reader, writer = await asyncio.open_unix_connection(socket)
        for delay_s in (0.0, 0.01, 0.0):
            assert await talk.ask(PATIENCE_S, delay_s) == {}
            writer.write(b"told\n")
            assert await asyncio.wait_for(reader.readline(), PATIENCE_S) == b"told\n"
        writer.write(b"end\n")
        assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b""
        writer.close()


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
@pytest.mark.parametrize("connections", [1, 8])
async def test_the_loader_sends_each_once_and_keeps_what_is_answered(
    tmp_path: Path, connections: int
) -> None:
    """With `once` it ends by itself when each request was answered; `keep` has every number.

    Seen red: without the end it repeats nothing, and waits for its two minutes.
    """
    numbers = iter([f"{n:03d}" for n in range(51)])

    async def hold(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        return web.json_response({"hold_no": next(numbers), "state": "held"}, status=201)

    path = tmp_path / "load"
    write_requests(path, CREDENTIALS, single_orders("S"), prefix="p", count=50, slices=1)
    async with serving(hold) as port:
        load = await asyncio.wait_for(
            run_load(
                port=port, requests=path, seconds=2 * PATIENCE_S,
                connections=connections, threads=1, once=True, keep="hold_no",
            ),
            PATIENCE_S,
        )  # fmt: skip
    kept = kept_of(path)
    assert load.answers == {"201": 50}
    assert sorted(kept) == [f"{n:03d}" for n in range(50)]


def kept_of(path: Path) -> list[str]:
    """What the loader kept."""
    return Path(f"{path}.0.kept").read_text(encoding="ascii").split()


def test_a_confirm_goes_to_its_hold_and_is_signed_for_it(tmp_path: Path) -> None:
    """Each of the requests has a target of its own, and there are no more than holds."""
    path = tmp_path / "confirms"
    write_requests(path, CREDENTIALS, confirms(["17", "4"]), prefix="p", count=99, slices=1)
    text = Path(f"{path}.0").read_bytes()
    assert re.findall(rb"POST (\S+) HTTP", text) == [
        b"/v1/holds/17/confirm", b"/v1/holds/4/confirm"
    ]  # fmt: skip
    bodies = [json.loads(body) for body in re.findall(rb"\{[^}]*\}", text)]
    assert [body["out_order_no"] for body in bodies] == ["p-c-0000000", "p-c-0000001"]
    signatures = re.findall(rb"v1=([0-9a-f]{64})", text)
    assert len(set(signatures)) == 2
