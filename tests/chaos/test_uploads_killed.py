"""A gateway is killed while it imports an uploaded file; another one goes on."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from gateway.ground.config import Config
from tests.clock import PATIENCE_S
from tests.conftest import Cli
from tests.world.admin import Operator, client_of, in_force, make_operator
from tests.world.gateway_process import running_gateway

CODES = 400_000


async def test_a_killed_import_is_gone_on_with(
    config: Config, command: Cli, connection: Any, tmp_path: Path
) -> None:
    """Every code once, counted as if nothing had happened; the file is forgotten, the books are
    right. Seen red with imports of the dead left alone.
    """
    assert command("pool", "create", "killed").returncode == 0
    token = make_operator(command, "root", "admin")
    with suppress(AssertionError), running_gateway(config, tmp_path / "one") as gateway:
        number = await _upload(gateway.url, token)
        async with asyncio.timeout(PATIENCE_S):
            while not await _staged(connection):  # noqa: ASYNC110  another process does it
                await asyncio.sleep(0.01)
        os.kill(gateway.pid, signal.SIGKILL)  # so it does not end well
    assert await _staged(connection) < CODES
    with running_gateway(config, tmp_path / "two") as gateway:
        async with client_of(gateway.url) as client, asyncio.timeout(PATIENCE_S):
            operator = Operator(client, token)
            await in_force(operator)
            while (found := (await operator.get(f"imports/{number}")).json)["state"] != "done":
                assert found["state"] != "failed", found
                await asyncio.sleep(0.2)
            stats = (await operator.get("codes/stats", pool="killed")).json
    assert (found["imported"], found["duplicates"], stats["imported"]) == (CODES, 0, CODES)
    tries = await connection.fetchval("SELECT tries FROM code_import WHERE id = $1", int(number))
    assert tries == 2
    assert await connection.fetchval("SELECT count(*) FROM code_import_piece") == 0
    assert command("audit", "--json").json["ok"]


async def _upload(url: str, token: str) -> str:
    async with client_of(url) as client:
        operator = Operator(client, token)
        await in_force(operator)
        answer = await client.post(
            "/admin/v1/codes/import",
            headers={"Authorization": f"Bearer {token}"},
            params={"pool": "killed", "yes": "true"},
            content="".join(f"K{n:09}\n" for n in range(CODES)).encode(),
        )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["import"])


async def _staged(connection: Any) -> int:
    """How many codes are committed, not yet on sale."""
    found = await connection.fetchval(
        "SELECT coalesce(max(imported), 0) FROM batch WHERE state = 'staged'"
    )
    return int(found)
