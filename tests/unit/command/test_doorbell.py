"""How `quangate restart` finds a gateway: by who answers, never by a name or a number in a file."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from gateway.ground.doorbell import answering, ring
from gateway.ground.errors import ConfigError, RefusedError


def place_of(data: Path) -> Path:
    """Where the sockets are."""
    return data / "run" / "gateways"


async def two(told: object) -> int:
    """Replaces two workers."""
    assert callable(told)
    told(1)
    told(2)
    return 2


async def nothing(_told: object) -> int:
    """Cannot."""
    raise RefusedError("restart-failed", "the new worker 0 did not begin")


async def test_all_that_run_there_are_asked(tmp_path: Path) -> None:
    """Two gateways on one directory, however long its name: what both replaced, as it goes.

    Seen red with a socket's own path, which is too long here.
    """
    data = tmp_path / ("d" * 120)
    data.mkdir(mode=0o700)
    seen: list[tuple[int, int]] = []
    async with answering(data, 2, two), answering(data, 2, two):
        assert await ring(data, lambda done, of: seen.append((done, of))) == 4
    assert seen == [(0, 2), (1, 2), (2, 2), (2, 4), (3, 4), (4, 4)]
    assert list(place_of(data).iterdir()) == []
    with pytest.raises(RefusedError) as error:
        await ring(data, lambda *_: None)
    assert error.value.code == "not-running"


async def test_why_nothing_was_replaced_is_told(tmp_path: Path) -> None:
    """The gateway's own words and code."""
    async with answering(tmp_path, 1, nothing):
        with pytest.raises(RefusedError, match="did not begin") as error:
            await ring(tmp_path, lambda *_: None)
    assert error.value.code == "restart-failed"


async def test_what_is_no_socket_is_no_gateway(tmp_path: Path) -> None:
    """Files, links and the socket of one that was killed; that one is removed, others stay.

    Seen red with every name connected to.
    """
    place = place_of(tmp_path)
    place.mkdir(parents=True, mode=0o700)
    (place / "a.sock").write_text("1")
    (place / "b.sock").symlink_to(place / "a.sock")
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(place / "c.sock"))
    with pytest.raises(RefusedError, match="no gateway runs"):
        await ring(tmp_path, lambda *_: None)
    assert sorted(os.listdir(place)) == ["a.sock", "b.sock"]


async def test_a_directory_that_others_may_write_to_is_not_used(tmp_path: Path) -> None:
    """Neither by the gateway, which says so and runs, nor by the command.

    Seen red without the look at its mode.
    """
    place = place_of(tmp_path)
    place.mkdir(parents=True)
    place.chmod(0o777)
    async with answering(tmp_path, 1, two):
        assert list(place.iterdir()) == []
        with pytest.raises(ConfigError, match="can be written to by others"):
            await ring(tmp_path, lambda *_: None)


async def test_whoever_says_something_else_is_hung_up_on(tmp_path: Path) -> None:
    """Nothing is restarted. Seen red with any line taken for the word."""
    asked = []

    async def restart(_told: object) -> int:
        asked.append(1)
        return 1

    async with answering(tmp_path, 1, restart):
        (name,) = place_of(tmp_path).iterdir()
        reader, writer = await asyncio.open_unix_connection(str(name))
        writer.write(b"stop\n")
        assert await reader.read() == b""
        writer.close()
    assert asked == []
