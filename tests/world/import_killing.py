"""Imports that are killed on their way."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from gateway.ground.config import Config

KILL_DEADLINE_S = 300.0
CHUNKED_ROWS = 150_000  # several transactions, so that a kill can come between them


def numbered(path: Path, rows: int, prefix: str) -> Path:
    """A file of that many different codes."""
    path.write_text("".join(f"{prefix}-{n:08}\n" for n in range(rows)))
    return path


def environment(config: Config) -> dict[str, str]:
    """The environment of a process that works on this module's database."""
    assert config.database_url is not None
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("QUANGATE_")}
    return {
        **inherited,
        "QUANGATE_DATA": str(config.data),
        "QUANGATE_DATABASE_URL": config.database_url,
    }


def start_import(config: Config, pool: str, file: Path) -> subprocess.Popen[bytes]:
    """A `codes import` in the background."""
    return subprocess.Popen(
        [sys.executable, "-m", "gateway", "codes", "import", str(file), "--pool", pool],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(config),
    )  # fmt: skip


async def kill_in_mid_import(config: Config, connection: Any, pool: str, file: Path) -> None:
    """Start an import and SIGKILL it as soon as a part of it, not all, is committed."""
    process = start_import(config, pool, file)
    progress = (
        "SELECT lines_done FROM batch b JOIN pool p ON p.id = b.pool_id"
        " WHERE p.name = $1 AND b.state = 'staged'"
    )
    async with asyncio.timeout(KILL_DEADLINE_S):
        while not await connection.fetchval(progress, pool):
            assert process.poll() is None, "it ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    lines_done = await connection.fetchval(progress, pool)
    assert lines_done is not None, "it was too fast to be killed"
    assert 0 < lines_done < CHUNKED_ROWS
    await wait_for_backends(connection, pool)


async def wait_for_backends(connection: Any, pool: str) -> None:
    """Until the server has noticed that the killed process is gone and its lock is free."""
    pool_id = await connection.fetchval("SELECT id FROM pool WHERE name = $1", pool)
    async with asyncio.timeout(KILL_DEADLINE_S):
        await connection.execute("SELECT pg_advisory_lock(20809, hashint8($1))", pool_id)
    await connection.execute("SELECT pg_advisory_unlock_all()")


async def whole(connection: Any, pool: str, size: int) -> None:
    """The pool's codes are numbered without gaps, each with one fingerprint, nothing is staged."""
    row = await connection.fetchrow(
        """
        SELECT p.size, count(c.seq) AS codes, min(c.seq) AS lo, max(c.seq) AS hi,
               (SELECT count(*) FROM code_fingerprint f WHERE f.pool_id = p.id) AS fingerprints,
               (SELECT count(*) FROM batch b
                WHERE b.pool_id = p.id AND b.state = 'staged') AS staged
        FROM pool p LEFT JOIN code c ON c.pool_id = p.id WHERE p.name = $1 GROUP BY p.id
        """,
        pool,
    )
    assert dict(row) == {
        "size": size, "codes": size, "lo": 0, "hi": size - 1, "fingerprints": size, "staged": 0,
    }  # fmt: skip
